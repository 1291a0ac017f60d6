/** What becomes of measurements that are known. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cpuPerThousand, missesOf, percentilesOf, ratesOf, ratioOf, settledShare, spreadOf } from './figures.ts'
import { noLatencies, noteLatency } from './load/latencies.ts'
import type { Measure } from './options.ts'
import type { Measured } from './rounds.ts'

const measured = (
  measure: Measure,
  round: number,
  ok: number,
  more: { pending?: number; ms?: number } = {},
): Measured => {
  const latencies = noLatencies()
  noteLatency(latencies, more.ms ?? 1)
  const other: Record<string, number> = more.pending ? { 503: 1 } : {}
  const load = { seconds: 2, ok, pending: more.pending ?? 0, other, latencies }
  return { measure, connections: 64, round, load, cpu: { order: 1 } }
}

describe('figures', () => {
  // Rounds go forwards and backwards, so they do not come in the order of their pairs.
  const run = [
    measured('orders', 0, 2000),
    measured('plain', 0, 1000),
    measured('plain', 1, 2000),
    measured('orders', 1, 1000, { pending: 1000, ms: 8 }),
  ]

  it('give the rate of each round', () => {
    assert.deepEqual(ratesOf(run, 'orders', 64), [1000, 500])
    assert.deepEqual(ratesOf(run, 'orders', 16), [])
  })

  it('compare within a round, not across', () => {
    const ratio = ratioOf(ratesOf(run, 'orders', 64), ratesOf(run, 'plain', 64))
    assert.deepEqual(ratio, { median: 1.25, least: 0.5, most: 2 })
  })

  it('compare nothing with what was not measured', () => {
    assert.equal(ratioOf(ratesOf(run, 'orders', 64), ratesOf(run, 'livez', 64)), undefined)
  })

  it('take the middle of an odd number of rounds', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 })
  })

  it('tell what was not settled and what was refused', () => {
    assert.deepEqual(missesOf(run, 'orders', 64), { pending: 1000, other: { 503: 1 } })
  })

  it('tell how many orders were settled within the reply', () => {
    assert.equal(settledShare(run, 'orders', 64), 0.75)
    assert.equal(settledShare(run, 'orders', 16), undefined)
  })

  it('share the CPU among all orders, settled or not', () => {
    assert.deepEqual(cpuPerThousand(run, 'orders', 64), { order: 0.5 })
  })

  it('take percentiles over all rounds', () => {
    const { p50, max } = percentilesOf(run, 'orders', 64)
    assert.ok(p50 < 1.1 && max > 7.9, `${p50} and ${max}`)
  })
})
