/** What a plot shows of latencies that are known. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLatencies, noteLatency } from './load/latencies.ts'
import { latencyPlot } from './plot.ts'

describe('a plot of latencies', () => {
  const latencies = noLatencies()
  for (let count = 0; count < 100; count++) noteLatency(latencies, 10)
  noteLatency(latencies, 1_000)
  const svg = latencyPlot('orders <64>', [{ label: 'half & half', latencies }])

  it('draws each series from the left to the right and up, the median where it is', () => {
    const points = /points="([^"]+)"/
      .exec(svg)![1]!
      .split(' ')
      .map(point => point.split(',').map(Number) as [number, number])
    // 10 ms is a quarter of the way from 1 ms to 10 s.
    assert.ok(Math.abs(points[0]![0] - (60 + 640 / 4)) < 4, `${points[0]}`)
    assert.ok(points.at(-1)![0] > 60 + (640 * 3) / 4 - 4, 'the slowest is in the tail')
    for (const [at, [x, y]] of points.entries())
      if (at > 0) assert.ok(x >= points[at - 1]![0] && y <= points[at - 1]![1])
  })

  it('writes what it is told as text', () => {
    assert.match(svg, />orders &lt;64></)
    assert.match(svg, />half &amp; half</)
  })
})
