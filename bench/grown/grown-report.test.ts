/** What is said of a shop that has grown. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cellsOf } from '../test-cells.ts'
import type { GrownFigures } from './grown.ts'
import { grownReport } from './grown-report.ts'

const figures: GrownFigures = {
  orders: [10_000, 1_000_000],
  disk: [
    { megabytes: 80, byTable: { 'order log': 13, 'order copies': 6 } },
    { megabytes: 5_030, byTable: { 'order log': 1_300, 'order copies': 6 } },
  ],
  paces: {
    'turns of 8': [
      [
        { perSecond: 1_000, cpuMs: 1 },
        { perSecond: 900, cpuMs: 1.1 },
      ],
      [
        { perSecond: 500, cpuMs: 1 },
        { perSecond: 500, cpuMs: 1.3 },
      ],
    ],
  },
  starts: { order: [[0.2, 1.4]], billing: [[0.2, 0.9]], notification: [[0.3, 0.2]] },
}

describe('the report of a grown shop', () => {
  const lines = grownReport(figures)

  it('compares rates and CPU within each round', () => {
    assert.deepEqual(cellsOf(lines, 'turns of 8/s'), ['750', '700', '0.95 (0.90–1.00)'])
    assert.deepEqual(cellsOf(lines, 'CPU ms each'), ['1.000', '1.200', '1.20 (1.10–1.30)'])
  })

  it('tells by how many seconds a start has become longer', () => {
    assert.deepEqual(cellsOf(lines, 'start of order'), ['0.20', '1.40', '+1.20 (+1.20–+1.20)'])
    assert.deepEqual(cellsOf(lines, 'start of notification'), ['0.30', '0.20', '-0.10 (-0.10–-0.10)'])
  })

  it('tells the disk by table, the largest first, and what each further thousand of orders takes', () => {
    assert.deepEqual(cellsOf(lines, 'all stores'), ['8.00', '5.03', '5.00'])
    assert.deepEqual(cellsOf(lines, 'order log'), ['1.30', '1.30', '1.30'])
    assert.deepEqual(cellsOf(lines, 'order copies'), ['0.60', '0.01', '0.00'])
    assert.ok(lines.findIndex(line => line.includes('order log')) < lines.findIndex(line => line.includes('copies')))
  })
})
