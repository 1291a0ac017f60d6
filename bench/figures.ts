/** From what was measured to the figures that are shown: medians over the rounds, ratios within each. */

import { addLatencies, type Latencies, latencyAt, noLatencies } from './load/latencies.ts'
import type { Measure } from './options.ts'
import type { Use } from './processes.ts'
import type { Measured } from './rounds.ts'

/** A median and, in its rounds, the least and the most. */
export type Spread = { median: number; least: number; most: number }

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, max: 1 } as const

/** Milliseconds. */
export type Percentiles = Record<keyof typeof PERCENTILES, number>

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2
  return { median, least: sorted[0]!, most: sorted.at(-1)! }
}

/** Answers a second as wished, round by round; empty where it was not measured. */
export const ratesOf = (measured: readonly Measured[], measure: Measure, connections: number): number[] =>
  select(measured, measure, connections).map(({ load }) => load.ok / load.seconds)

/** How the rates of two measures compare within each round. */
export const ratioOf = (numerators: readonly number[], denominators: readonly number[]): Spread | undefined => {
  if (numerators.length === 0 || numerators.length !== denominators.length) return undefined
  return spreadOf(numerators.map((rate, round) => rate / denominators[round]!))
}

/** Of all rounds together. */
export const latenciesOf = (measured: readonly Measured[], measure: Measure, connections: number): Latencies =>
  select(measured, measure, connections).reduce((sum, { load }) => addLatencies(sum, load.latencies), noLatencies())

/** Of all rounds together. */
export const percentilesOf = (measured: readonly Measured[], measure: Measure, connections: number): Percentiles => {
  const all = latenciesOf(measured, measure, connections)
  const entries = Object.entries(PERCENTILES).map(([name, share]) => [name, latencyAt(all, share)])
  return Object.fromEntries(entries) as Percentiles
}

/** What was not answered as wished, of all rounds together: orders left pending, and other answers by status. */
export const missesOf = (measured: readonly Measured[], measure: Measure, connections: number) => {
  const loads = select(measured, measure, connections)
  const other: Record<string, number> = {}
  for (const { load } of loads)
    for (const [status, count] of Object.entries(load.other)) other[status] = (other[status] ?? 0) + count
  return { pending: loads.reduce((sum, { load }) => sum + load.pending, 0), other }
}

/** The share of orders whose outcome was in the reply, of all rounds together; `undefined` where none was taken. */
export const settledShare = (measured: readonly Measured[], measure: Measure, connections: number) => {
  const loads = select(measured, measure, connections)
  const settled = loads.reduce((sum, { load }) => sum + load.ok, 0)
  const { pending } = missesOf(measured, measure, connections)
  return settled + pending === 0 ? undefined : settled / (settled + pending)
}

/** Seconds of CPU a thousand answers, by process, of all rounds together. */
export const cpuPerThousand = (measured: readonly Measured[], measure: Measure, connections: number): Use => {
  const loads = select(measured, measure, connections)
  const answers = loads.reduce((sum, { load }) => sum + load.ok + load.pending, 0)
  const use: Use = {}
  for (const { cpu } of loads)
    for (const [role, seconds] of Object.entries(cpu)) use[role] = (use[role] ?? 0) + (seconds * 1000) / answers
  return use
}

const select = (measured: readonly Measured[], measure: Measure, connections: number): Measured[] =>
  measured
    .filter(one => one.measure === measure && one.connections === connections)
    .toSorted((a, b) => a.round - b.round)
