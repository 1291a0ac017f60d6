/** Cutting a stream: how far, and when not at all. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Unavailable } from '../../bus/unavailable.ts'
import { startCutting } from './cutting.ts'
import { createTestCore } from './test-core.ts'
import { createToyActor } from './test-toy.ts'

const HOUR_MS = 3_600_000
const KEEP_MS = 24 * HOUR_MS

/** A log with an entry an hour, `entries` of them, the last one now; `cursors` are where its readers stand. */
const createBench = async (entries: number, cursors: Record<string, number | undefined>) => {
  const { core, clock, run } = createTestCore(createToyActor())
  for (let at = 1; at < entries; at++) {
    run('Add', { name: `counter-${at}`, by: 1 })
    await clock.advance(HOUR_MS)
  }
  run('Add', { name: 'last', by: 1 })
  const cuts: number[] = []
  const warnings: string[] = []
  const cutting = startCutting({
    stream: { cut: async before => void cuts.push(before) },
    clock,
    keepMs: KEEP_MS,
    readers: Object.keys(cursors),
    askCursor: async reader => {
      const seq = cursors[reader]
      if (seq === undefined) throw new Unavailable('it is down')
      return { seq }
    },
    readLog: async (from, limit) => ({
      head: core.log.head(),
      chainBefore: undefined,
      entries: core.log.read(from, limit),
    }),
    warn: text => void warnings.push(text),
  })
  await clock.advance(0)
  return { core, clock, cursors, cuts, warnings, cutting }
}

describe('cutting a stream', () => {
  it('keeps what is younger than the days that are set', async () => {
    // Entry 30 is of this moment, entry 6 of a day ago: that one is not older than a day.
    const { cuts, core } = await createBench(30, { billing: 30, webhook: 30 })
    assert.equal(core.log.head(), 30)
    assert.deepEqual(cuts, [6])
  })

  it('keeps what the slowest reader has not read', async () => {
    const { cuts } = await createBench(30, { billing: 30, webhook: 2 })
    assert.deepEqual(cuts, [3])
  })

  it('cuts nothing while a reader has read nothing', async () =>
    assert.deepEqual((await createBench(30, { billing: 30, webhook: 0 })).cuts, []))

  it('cuts nothing while a reader does not answer, and goes on when it does', async () => {
    const bench = await createBench(30, { billing: 30, webhook: undefined })
    assert.deepEqual(bench.cuts, [])
    assert.deepEqual(bench.warnings, [])
    bench.cursors.webhook = 30
    await bench.clock.advance(HOUR_MS)
    assert.deepEqual(bench.cuts, [7])
  })

  it('keeps the last entry, however old: by it the stream is known', async () => {
    const { clock, cuts } = await createBench(3, { billing: 3 })
    await clock.advance(3 * KEEP_MS)
    assert.equal(cuts.at(-1), 3)
  })

  it('keeps all of a log in which nothing is old', async () =>
    assert.deepEqual((await createBench(3, { billing: 3 })).cuts, []))

  it('cuts nothing after the clock has leapt, and says so', async () => {
    const { clock, cuts, warnings } = await createBench(3, { billing: 3 })
    clock.leap(3 * KEEP_MS)
    await clock.advance(HOUR_MS)
    assert.deepEqual(cuts, [])
    assert.match(warnings[0] ?? '', /^the clock has leapt/)
  })

  it('ends when it is stopped', async () => {
    const { clock, cuts, cutting } = await createBench(30, { billing: 30 })
    cutting.stop()
    await clock.advance(5 * HOUR_MS)
    assert.deepEqual(cuts, [6])
  })
})
