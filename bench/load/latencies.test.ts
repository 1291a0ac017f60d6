/** How near a quantile comes to the times that were noted. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addLatencies, latencyAt, noLatencies, noteLatency } from './latencies.ts'

const noted = (...times: number[]) => {
  const latencies = noLatencies()
  for (const ms of times) noteLatency(latencies, ms)
  return latencies
}
const isNear = (actual: number, expected: number) =>
  assert.ok(actual >= expected * 0.999 && actual <= expected * 1.03, `${actual} should be ${expected} or 3 % more`)

describe('latencies', () => {
  it('give the median, the tail and the longest', () => {
    const latencies = noted(...Array.from({ length: 1000 }, (_, index) => index + 1))

    isNear(latencyAt(latencies, 0.5), 500)
    isNear(latencyAt(latencies, 0.99), 990)
    isNear(latencyAt(latencies, 1), 1000)
  })

  for (const ms of [0.05, 1, 29, 3_000]) {
    it(`tell ${ms} ms to within 3 %`, () => isNear(latencyAt(noted(ms), 0.5), ms))
  }

  it('can be added up', () => {
    isNear(latencyAt(addLatencies(noted(1, 1, 1), noted(9)), 1), 9)
    isNear(latencyAt(addLatencies(noted(1, 1, 1), noted(9)), 0.75), 1)
  })

  it('are 0 where nothing was noted', () => {
    assert.equal(latencyAt(noLatencies(), 0.5), 0)
  })
})
