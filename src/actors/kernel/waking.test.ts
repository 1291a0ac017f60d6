/** Waking: a command whose waiting is over goes to the mailbox, in time or late, and once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Item } from './mailbox.ts'
import { createTestCore } from './test-core.ts'
import { createToyActor } from './test-toy.ts'
import { createWaking } from './waking.ts'

const PARK_MS = 300_000

/** A toy whose waking pushes into `woken`; `settle` runs what was woken, as the actor does. */
const createBench = () => {
  const bench = createTestCore(createToyActor())
  const woken: Item[] = []
  const waking = createWaking(bench.core, bench.clock, item => void woken.push(item))
  const park = (id: string, name = 'a') => {
    bench.turn([bench.queued('Expect', { name, least: 5 }, { id })])
    waking.check()
  }
  const settle = () => {
    bench.turn(woken.splice(0))
    waking.check()
  }
  return {
    ...bench,
    woken,
    waking,
    park,
    settle,
    ids: () => woken.map(item => (item.kind === 'waiting' ? item.id : '?')),
  }
}

describe('waking', () => {
  it('wakes a command when its time is up, not before', async () => {
    const { clock, park, ids } = createBench()
    park('q1')
    await clock.advance(PARK_MS - 1)
    assert.deepEqual(ids(), [])
    await clock.advance(1)
    assert.deepEqual(ids(), ['q1'])
  })

  it('wakes each in its own time', async () => {
    const { clock, park, ids, settle } = createBench()
    park('q1')
    await clock.advance(1000)
    park('q2')
    await clock.advance(PARK_MS - 1000)
    assert.deepEqual(ids(), ['q1'])
    settle()
    await clock.advance(1000)
    assert.deepEqual(ids(), ['q2'])
  })

  it('wakes a command at once when what it waits for happens, and only that one', () => {
    const { run, waking, park, ids } = createBench()
    park('q1', 'a')
    park('q2', 'b')
    run('Add', { name: 'a', by: 9 })
    waking.check()
    assert.deepEqual(ids(), ['q1'])
  })

  it('wakes a command once, however often it looks', () => {
    const { run, waking, park, ids } = createBench()
    park('q1')
    run('Add', { name: 'a', by: 9 })
    for (let time = 0; time < 3; time++) waking.check()
    assert.deepEqual(ids(), ['q1'])
  })

  it('wakes a command again that was woken in vain', () => {
    const { run, waking, park, ids, settle, types } = createBench()
    park('q1')
    run('Add', { name: 'a', by: 1 })
    waking.check()
    settle()
    assert.deepEqual(ids(), [])

    run('Add', { name: 'a', by: 8 })
    waking.check()
    assert.deepEqual(ids(), ['q1'])
    settle()
    assert.equal(types().at(-1), 'Met')
  })

  it('wakes a command whose time was up long before, as after a night without power', async () => {
    const bench = createBench()
    bench.park('q1')
    bench.waking.stop()
    await bench.clock.advance(10 * PARK_MS)

    const late: Item[] = []
    createWaking(bench.core, bench.clock, item => void late.push(item)).check()
    assert.deepEqual(late, [{ kind: 'waiting', id: 'q1' }])
  })

  it('wakes nobody once it is stopped', async () => {
    const { clock, park, waking, ids } = createBench()
    park('q1')
    waking.stop()
    waking.check()
    await clock.advance(2 * PARK_MS)
    assert.deepEqual(ids(), [])
  })
})
