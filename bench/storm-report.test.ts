/** What is said of a storm whose figures are known. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLatencies } from './load/latencies.ts'
import type { StormFigures } from './storm.ts'
import { goodputOf, isWhole, stormReport } from './storm-report.ts'

const storm = {
  seconds: 10,
  sent: 40_000,
  acknowledged: 8_000,
  pending: 5,
  refused: 30_000,
  timeouts: 2_000,
  other: { broken: 3 },
  latencies: noLatencies(),
  refusals: noLatencies(),
}
const plan = { kind: 'storm', port: 1, clients: 2560, perSecond: 10_000, timeoutMs: 1000, seconds: 10 } as const
const figures: StormFigures = {
  peak: { perSecond: 1_000, p50: 250 },
  before: { perSecond: 500, p50: 20 },
  plan: { ...plan, keys: 'storm' },
  storm,
  recoveredS: 1.5,
  memory: { before: 400, most: 600, after: 500 },
  changed: 0,
  lost: 0,
  keys: 9_000,
  made: 9_000,
  paid: 9_000,
  clean: true,
}

describe('the report of a storm', () => {
  it('compares what was acknowledged with the peak', () => {
    assert.equal(goodputOf(figures), 0.8)
    assert.match(stormReport(figures).join('\n'), /acknowledged +800 orders\/s .*: 80 % of the peak/)
    assert.match(stormReport(figures).join('\n'), /refused early +75 % /)
    assert.match(stormReport(figures).join('\n'), /other answers: 3 × broken/)
  })

  it('says when the way back took too long', () => {
    assert.match(stormReport({ ...figures, recoveredS: undefined }).join('\n'), /not within a minute/)
  })

  it('calls it whole when each key is one order, paid once and answered the same', () => {
    assert.ok(isWhole(figures))
    for (const fault of [
      { keys: 0, made: 0, paid: 0 },
      { lost: 1 },
      { changed: 1 },
      { made: 8_999 },
      { paid: 9_001 },
      { clean: false },
    ])
      assert.ok(!isWhole({ ...figures, ...fault }), JSON.stringify(fault))
  })
})
