/** What is said of how little Kassa needs. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SmallFigures } from './small.ts'
import { smallReport } from './small-report.ts'

const figures: SmallFigures = {
  memory: [
    { orders: 0, memory: { supervisor: 40, gateway: 60 } },
    { orders: 2_000, memory: { supervisor: 41, gateway: 109 } },
  ],
  orders: 2_000,
  perSecond: 400,
  cpu: { supervisor: 0.1, gateway: 0.7 },
  idle: { supervisor: 0.001, gateway: 0.004 },
  disk: { stores: 11, broker: 8 },
  start: { cold: 3.2, warm: 1.4 },
  clean: true,
}

describe('the report of how little it needs', () => {
  const lines = smallReport(figures)
  const lineOf = (label: string) => lines.find(line => line.startsWith(label))?.split(/\s{2,}/)

  it('tells the memory together and by process, before and after', () => {
    assert.deepEqual(lineOf('MB (PSS), 0 orders'), ['MB (PSS), 0 orders', '100', '40', '60'])
    assert.deepEqual(lineOf('MB (PSS), 2000'), ['MB (PSS), 2000 orders, rest', '150', '41', '109'])
  })

  it('tells CPU and disk by order, and the CPU at rest as a share of one core', () => {
    assert.deepEqual(lineOf('CPU ms an order'), ['CPU ms an order', '0.400', '0.050', '0.350'])
    assert.deepEqual(lineOf('CPU at rest'), ['CPU at rest', '0.50 %', '0.10 %', '0.40 %'])
    assert.match(lines.join('\n'), /5\.50 MB in the stores and 4\.00 MB in the broker/)
  })

  it('says when the books do not agree', () => {
    assert.equal(lines.at(-1), 'verify: clean')
    assert.equal(smallReport({ ...figures, clean: false }).at(-1), 'verify: NOT CLEAN')
  })
})
