/** Trimming: how far back ids are forgotten, and when they are not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CommandQueue } from '../../bus/bus.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Item } from './mailbox.ts'
import { createTestCore, START } from './test-core.ts'
import { createToyActor } from './test-toy.ts'
import { createTrimming } from './trimming.ts'

const HOUR_MS = 3_600_000
const REMEMBERED_MS = 168 * HOUR_MS

/** A toy whose trimming starts now; `oldest` is what the queue says of its oldest command. */
const createBench = (oldest: () => number | undefined) => {
  const { core, clock, turn, run, types } = createTestCore(createToyActor())
  const pushed: Item[] = []
  const warnings: string[] = []
  const queue: Pick<CommandQueue, 'oldest'> = { oldest: async () => oldest() }
  const trimming = createTrimming(core, queue as CommandQueue, clock, {
    push: item => pushed.push(item) > 0,
    warn: text => void warnings.push(text),
  })
  return { core, clock, turn, run, types, pushed, warnings, trimming }
}

describe('trimming', () => {
  it('forgets what is older than the hours that ids are kept, at the start and every hour', async () => {
    const { clock, pushed, trimming } = createBench(() => undefined)
    trimming.start()
    await clock.advance(2 * HOUR_MS)
    assert.deepEqual(
      pushed,
      [0, 1, 2].map(hours => ({ kind: 'trim', until: START + hours * HOUR_MS - REMEMBERED_MS })),
    )
  })

  it('never passes the oldest command that still waits in the queue', async () => {
    const waitsSince = START - 2 * REMEMBERED_MS
    const { clock, pushed, trimming } = createBench(() => waitsSince)
    trimming.start()
    await clock.advance(0)
    assert.deepEqual(pushed, [{ kind: 'trim', until: waitsSince - 1 }])
  })

  it('does not wait for a queued command that is younger than the horizon', async () => {
    const { clock, pushed, trimming } = createBench(() => START)
    trimming.start()
    await clock.advance(0)
    assert.deepEqual(pushed, [{ kind: 'trim', until: START - REMEMBERED_MS }])
  })

  it('is put off when the queue can’t be asked', async () => {
    let reachable = false
    const { clock, pushed, warnings, trimming } = createBench(() => {
      if (!reachable) throw new Unavailable('no broker')
      return undefined
    })
    trimming.start()
    await clock.advance(0)
    assert.deepEqual(pushed, [])

    reachable = true
    await clock.advance(HOUR_MS)
    assert.equal(pushed.length, 1)
    assert.deepEqual(warnings, [])
  })

  for (const [what, leap] of [
    ['forward', HOUR_MS + 1],
    ['back', -HOUR_MS - 1],
  ] as const)
    it(`stops, and says so, when the machine’s clock leaps ${what} by more than an hour`, async () => {
      const { clock, pushed, warnings, trimming } = createBench(() => undefined)
      clock.leap(leap)
      trimming.start()
      await clock.advance(0)
      assert.deepEqual(pushed, [])
      assert.match(warnings[0]!, /clock has leapt by more than an hour; no command ids are forgotten/)
    })

  it('takes a clock for good that is set by less than an hour', async () => {
    const { clock, pushed, warnings, trimming } = createBench(() => undefined)
    clock.leap(HOUR_MS)
    trimming.start()
    await clock.advance(0)
    assert.equal(pushed.length, 1)
    assert.deepEqual(warnings, [])
  })

  it('ends when it is stopped', async () => {
    const { clock, pushed, trimming } = createBench(() => undefined)
    trimming.start()
    await clock.advance(0)
    trimming.stop()
    await clock.advance(10 * HOUR_MS)
    assert.equal(pushed.length, 1)
  })

  it('and the turn together forget an old id and keep a young one', async () => {
    const bench = createBench(() => undefined)
    bench.run('Add', { name: 'a', by: 1 }, { key: 'old' })
    await bench.clock.advance(REMEMBERED_MS)
    bench.run('Add', { name: 'a', by: 1 }, { key: 'young' })
    bench.trimming.start()
    await bench.clock.advance(0)
    bench.turn(bench.pushed)

    assert.deepEqual(bench.types(), ['Added', 'Added', 'InboxTrimmed'])
    assert.equal(bench.core.tables.inbox.find('-/Add/old'), undefined)
    assert.equal(bench.core.tables.inbox.find('-/Add/young'), 2)
  })
})
