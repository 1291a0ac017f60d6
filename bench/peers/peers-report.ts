/** The report of the comparison, as lines to read. */
import { ratioOf, type Spread, spreadOf } from '../figures.ts'
import { addLatencies, latencyAt, noLatencies } from '../load/latencies.ts'
import type { Use } from '../processes.ts'
import { PEERS, type Peer, type PeerRound, type PeersFigures } from './peers.ts'

const LABEL_WIDTH = 30
const CELL_WIDTH = 24
const PERCENTILES = [0.5, 0.9, 0.99]

/** The lines of the report. */
export const peersReport = (figures: PeersFigures): string[] => {
  const { options, connections, restate, rounds, memory, clean } = figures
  const names = {
    kassa: 'Kassa',
    plain: 'plain design',
    restate: 'Restate',
    tuned: `Restate, ${restate.partitions} partitions`,
  }
  const each = (show: (peer: Peer) => string): string[] => PEERS.map(show)
  const againstKassa = (peer: Peer) => ratioOf(ratesOf(rounds.kassa), ratesOf(rounds[peer]))
  return [
    `${options.rounds} rounds of ${options.seconds} s, ${connections} connections, ${options.users} users; Restate ${restate.version}`,
    `SQLite here commits ${whole(figures.rawCommits)} one-row FULL transactions a second`,
    'A rate is the median of the rounds; a ratio is taken within each round: median (least–most).',
    '',
    row(
      '',
      each(peer => names[peer]),
    ),
    row(
      'orders/s',
      each(peer => whole(spreadOf(ratesOf(rounds[peer])).median)),
    ),
    row(
      '  p50 / p90 / p99 ms',
      each(peer => latencies(rounds[peer])),
    ),
    row(
      '  pending; other answers',
      each(peer => misses(rounds[peer])),
    ),
    row(
      'Kassa : it',
      each(peer => (peer === 'kassa' ? '' : ratio(againstKassa(peer)))),
    ),
    row(
      'CPU ms an order',
      each(peer => (totalOf(cpuOf(rounds[peer])) * 1000).toFixed(2)),
    ),
    ...byProcess(
      peer => cpuOf(rounds[peer]),
      seconds => (seconds * 1000).toFixed(2),
    ),
    row(
      'memory, MB (PSS)',
      each(peer => whole(totalOf(memory[peer]))),
    ),
    ...byProcess(peer => memory[peer], whole),
    clean.kassa ? "Kassa's books: verify is clean" : "Kassa's books: verify is NOT CLEAN",
    clean.restate
      ? 'Restate: every order was charged once and told of in two letters'
      : 'Restate: orders, charges and letters DO NOT AGREE',
  ]
}

const ratesOf = (rounds: readonly PeerRound[]): number[] => rounds.map(({ load }) => load.ok / load.seconds)

/** Seconds an order, by process; the load generator's own left out. */
const cpuOf = (rounds: readonly PeerRound[]): Use => {
  const orders = rounds.reduce((sum, { load }) => sum + load.ok + load.pending, 0)
  const use: Use = {}
  for (const { cpu } of rounds)
    for (const [role, seconds] of Object.entries(cpu))
      if (role !== 'load generator') use[role] = (use[role] ?? 0) + seconds / orders
  return use
}

/** A line a process, in the column of whom it belongs to. */
const byProcess = (useOf: (peer: Peer) => Use, show: (value: number) => string): string[] =>
  PEERS.flatMap(peer => {
    const roles = Object.entries(useOf(peer))
    return roles.length < 2
      ? []
      : roles.map(([role, value]) =>
          row(
            `  ${role}`,
            PEERS.map(other => (other === peer ? show(value) : '')),
          ),
        )
  })

const latencies = (rounds: readonly PeerRound[]): string => {
  const all = rounds.reduce((sum, { load }) => addLatencies(sum, load.latencies), noLatencies())
  return PERCENTILES.map(share => latencyAt(all, share).toFixed(0)).join(' / ')
}

const misses = (rounds: readonly PeerRound[]): string => {
  const pending = rounds.reduce((sum, { load }) => sum + load.pending, 0)
  const others = rounds.flatMap(({ load }) =>
    Object.entries(load.other).map(([status, count]) => `${count} × ${status}`),
  )
  return `${pending}; ${others.join(', ') || '0'}`
}

const ratio = (spread: Spread | undefined): string =>
  spread ? `${spread.median.toFixed(2)} (${spread.least.toFixed(2)}–${spread.most.toFixed(2)})` : '-'

const totalOf = (use: Use): number => Object.values(use).reduce((sum, value) => sum + value, 0)

const row = (label: string, cells: string[]): string =>
  `${label.padEnd(LABEL_WIDTH)}${cells.map(cell => cell.padStart(CELL_WIDTH)).join('')}`.trimEnd()

const whole = (value: number): string => Math.round(value).toLocaleString('en')
