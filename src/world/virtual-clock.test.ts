/** Time that moves only when told to. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pause } from './clock.ts'
import { createVirtualClock } from './virtual-clock.ts'

describe('the virtual clock', () => {
  test('stands still until it is told', async () => {
    const clock = createVirtualClock({ start: 1_000 })
    let ran = false
    clock.soon(() => {
      ran = true
    })
    await new Promise(setImmediate)
    assert.equal(ran, false)
    assert.equal(clock.now(), 1_000)
    assert.equal(clock.monotonic(), 0)
  })

  test('runs what falls due by its time, then by the order of planning', async () => {
    const clock = createVirtualClock({ start: 0 })
    const ran: string[] = []
    clock.after(20, () => ran.push(`late at ${clock.now()}`))
    clock.after(10, () => ran.push(`first at ${clock.now()}`))
    clock.after(10, () => ran.push(`second at ${clock.now()}`))
    clock.after(30, () => ran.push('too late'))
    await clock.advance(25)
    assert.deepEqual(ran, ['first at 10', 'second at 10', 'late at 20'])
    assert.equal(clock.now(), 25)
  })

  test('lets promises go on between two moments', async () => {
    const clock = createVirtualClock({ start: 0 })
    const woke: number[] = []
    const sleeper = async () => {
      for (let night = 0; night < 3; night++) {
        await pause(clock, 10)
        await Promise.resolve()
        woke.push(clock.now())
      }
    }
    const done = sleeper()
    await clock.advance(100)
    await done
    assert.deepEqual(woke, [10, 20, 30])
  })

  test('forgets what is cancelled', async () => {
    const clock = createVirtualClock({ start: 0 })
    const cancel = clock.after(10, () => assert.fail('was cancelled'))
    cancel()
    cancel()
    await clock.runUntilIdle({ limitMs: 100 })
  })

  test('says when it does not come to rest', async () => {
    const clock = createVirtualClock({ start: 0 })
    const again = () => void clock.after(10, again)
    again()
    await assert.rejects(clock.runUntilIdle({ limitMs: 100 }), /1 things are still planned after 100 ms/)
  })

  test('leaps without waking anybody', async () => {
    const clock = createVirtualClock({ start: 0 })
    let ran = false
    clock.after(10, () => {
      ran = true
    })
    clock.leap(-5_000)
    await clock.advance(5)
    assert.equal(clock.now(), -4_995)
    assert.equal(clock.monotonic(), 5)
    assert.equal(ran, false)
  })
})
