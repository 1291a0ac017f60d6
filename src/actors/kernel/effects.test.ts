/** Effects: what rows ask for is done, and again and again until it succeeds. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryBroker } from '../../bus/memory.ts'
import { createSeededRandom } from '../../world/seeded-random.ts'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import type { Effect } from './actor.ts'
import { createEffects } from './effects.ts'

/** One effect; the attempts on a key fail so often as `failures` says. */
const createBench = (
  more: {
    failures?: Record<string, number>
    againWithStream?: boolean
    waitFor?: Promise<undefined>
    tells?: boolean
  } = {},
) => {
  const clock = createVirtualClock({ start: 0 })
  const random = createSeededRandom(1)
  const wanted: string[] = []
  const attempts: { key: string; at: number }[] = []
  const failed: string[] = []
  const told: string[] = []
  const failures = { ...more.failures }
  const effect: Effect = {
    name: 'mail',
    due: () => ({ keys: wanted }),
    atOnce: 10,
    carryOut: async key => {
      attempts.push({ key, at: clock.monotonic() })
      const left = failures[key] ?? 0
      failures[key] = left - 1
      if (left > 0) throw new Error('no mail server')
      await more.waitFor
      return more.tells ? { name: 'Done', body: { key } } : undefined
    },
    againWithStream: more.againWithStream ?? false,
  }
  const effects = createEffects([effect], {
    bus: createMemoryBroker({ clock, random }).connect('toy'),
    clock,
    random,
    now: clock.now,
    traceAfter: () => undefined,
    tell: ({ body }) => void told.push(String(body.key)),
    failed: (name, error) => void failed.push(`${name}: ${String(error)}`),
  })
  return { clock, effects, wanted, attempts, failed, told, keys: () => attempts.map(({ key }) => key) }
}

describe('effects', () => {
  it('are carried out once for each key that the rows ask for', async () => {
    const { clock, effects, wanted, keys } = createBench()
    wanted.push('a', 'b')
    effects.check()
    await clock.advance(0)
    wanted.push('c')
    effects.check()
    effects.check()
    await clock.advance(3_600_000)
    assert.deepEqual(keys(), ['a', 'b', 'c'])
  })

  it('that fail are tried again, ever later, until they succeed, and each failure is told', async () => {
    const { clock, effects, wanted, attempts, failed } = createBench({ failures: { a: 4 } })
    wanted.push('a')
    effects.check()
    await clock.advance(60_000)

    assert.equal(attempts.length, 5)
    assert.deepEqual(failed, Array(4).fill('mail: Error: no mail server'))
    const pauses = attempts.slice(1).map(({ at }, index) => at - attempts[index]!.at)
    // 250 ms, doubled each time, between half and one and a half of it.
    for (const [index, pause] of pauses.entries()) {
      const meant = 250 * 2 ** index
      assert.ok(pause >= meant / 2 && pause <= meant * 1.5, `pause ${index + 1} is ${pause} ms`)
    }
  })

  it('that never succeed are tried at least every minute and a half, for ever', async () => {
    const { clock, effects, wanted, attempts } = createBench({ failures: { a: Number.POSITIVE_INFINITY } })
    wanted.push('a')
    effects.check()
    await clock.advance(3_600_000)
    const before = attempts.length
    await clock.advance(900_000)
    assert.ok(attempts.length - before >= 10)
  })

  it('that fail hold up no others', async () => {
    const { clock, effects, wanted, keys } = createBench({ failures: { a: 1 } })
    wanted.push('a', 'b')
    effects.check()
    await clock.advance(0)
    assert.deepEqual(keys(), ['a', 'b'])
  })

  it('are all carried out again when the stream was made anew, where that matters', async () => {
    const { clock, effects, wanted, keys } = createBench({ againWithStream: true })
    wanted.push('a', 'b')
    effects.check()
    effects.streamMade()
    await clock.advance(0)
    assert.deepEqual(keys(), ['a', 'b', 'a', 'b'])
  })

  it('are not carried out again with the stream where it does not matter: a letter is sent once', async () => {
    const { clock, effects, wanted, keys } = createBench()
    wanted.push('a')
    effects.check()
    effects.streamMade()
    await clock.advance(0)
    assert.deepEqual(keys(), ['a'])
  })

  it('that are under way when they are stopped may come to their end, and tell it', async () => {
    const letter = Promise.withResolvers<undefined>()
    const { clock, effects, wanted, told } = createBench({ waitFor: letter.promise, tells: true })
    wanted.push('a')
    effects.check()
    let isOver = false
    const over = effects.stop().then(() => {
      isOver = true
    })
    await clock.advance(1000)
    assert.equal(isOver, false)
    letter.resolve(undefined)
    await over
    assert.deepEqual(told, ['a'])
  })

  it('that do not end are waited for two seconds when they are stopped, and not heard of afterwards', async () => {
    const letter = Promise.withResolvers<undefined>()
    const { clock, effects, wanted, told } = createBench({ waitFor: letter.promise, tells: true })
    wanted.push('a')
    effects.check()
    const over = effects.stop()
    await clock.advance(2000)
    await over
    letter.resolve(undefined)
    await clock.advance(0)
    assert.deepEqual(told, [])
  })

  it('are left to the next start once they are stopped', async () => {
    const { clock, effects, wanted, keys, failed } = createBench({ failures: { a: 1 } })
    wanted.push('a')
    effects.check()
    void effects.stop()
    wanted.push('b')
    effects.check()
    await clock.advance(60_000)
    assert.deepEqual(keys(), ['a'])
    assert.deepEqual(failed, [])
  })
})
