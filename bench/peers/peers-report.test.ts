/** What is said of the peers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noLatencies } from '../load/latencies.ts'
import { readOptions } from '../options.ts'
import { cellsOf } from '../test-cells.ts'
import { isRight, type PeerRound, type PeersFigures } from './peers.ts'
import { peersReport } from './peers-report.ts'

const round = (ok: number, cpu: Record<string, number>): PeerRound => ({
  load: { seconds: 1, ok, pending: 0, other: {}, latencies: noLatencies() },
  cpu: { ...cpu, 'load generator': 1 },
})
const figures: PeersFigures = {
  options: readOptions(['--peers', '--rounds', '2']),
  connections: 64,
  restate: { version: '1.7.12', partitions: 2 },
  rounds: {
    kassa: [round(200, { gateway: 0.1, order: 0.1 }), round(100, { gateway: 0.05, order: 0.05 })],
    plain: [round(400, { plain: 0.1 }), round(400, { plain: 0.1 })],
    restate: [round(100, { 'restate-server': 0.2 }), round(100, { 'restate-server': 0.2 })],
    tuned: [round(200, { 'restate-server': 0.2 }), round(200, { 'restate-server': 0.2 })],
  },
  memory: { kassa: { gateway: 60, order: 70 }, plain: { plain: 50 }, restate: { a: 1 }, tuned: { a: 1 } },
  rawCommits: 300,
  clean: { kassa: true, restate: true },
}

describe('the report of the peers', () => {
  const lines = peersReport(figures)

  it('tells the rates, and what Kassa is to each within a round', () => {
    assert.deepEqual(cellsOf(lines, 'orders/s'), ['150', '400', '100', '200'])
    assert.deepEqual(cellsOf(lines, 'Kassa : it'), ['0.38 (0.25–0.50)', '1.50 (1.00–2.00)', '0.75 (0.50–1.00)'])
  })

  it('tells the CPU of an order without that of the load generator, together and by process', () => {
    assert.deepEqual(cellsOf(lines, 'CPU ms an order'), ['1.00', '0.25', '2.00', '1.00'])
    assert.deepEqual(cellsOf(lines, 'gateway'), ['0.50'])
  })

  it('tells the memory', () => {
    assert.deepEqual(cellsOf(lines, 'memory, MB (PSS)'), ['130', '50', '1', '1'])
  })

  it('says when somebody did not do the whole job', () => {
    assert.equal(isRight(figures), true)
    const wrong = { ...figures, clean: { kassa: true, restate: false } }
    assert.equal(isRight(wrong), false)
    assert.match(peersReport(wrong).at(-1) ?? '', /DO NOT AGREE/)
  })
})
