/** What many seeds came to: how many, what broke, what was reached, how long it took. */
import { missed, RARE_PATHS, type RarePath } from '../../test/simulation/rare-paths.ts'
import type { SeedResult } from '../../test/simulation/run-seeds.ts'

export type Tally = {
  /** The first seed, and the one after the last. */
  from: number
  next: number
  failing: { seed: number; rates: string; violations: string[] }[]
  /** How many ended with a person being asked. */
  loud: number
  requests: number
  orders: number
  /** Of CPU. */
  ms: number
  counts: Partial<Record<RarePath, number>>
}

/** Nothing yet, from seed `from` on. */
export const emptyTally = (from: number): Tally => ({
  from,
  next: from,
  failing: [],
  loud: 0,
  requests: 0,
  orders: 0,
  ms: 0,
  counts: {},
})

/** Adds the next seed. */
export const addRun = (tally: Tally, run: SeedResult, ms: number): void => {
  tally.next = run.seed + 1
  if (run.violations.length > 0)
    tally.failing.push({ seed: run.seed, rates: run.rates, violations: run.violations.slice(0, MOST_VIOLATIONS_KEPT) })
  if (run.loud) tally.loud++
  tally.requests += run.requests
  tally.orders += run.orders
  tally.ms += ms
  for (const [path, count] of run.counts) tally.counts[path] = (tally.counts[path] ?? 0) + count
}

/** No more of one seed's violations than this: the first one tells the most. */
const MOST_VIOLATIONS_KEPT = 5

/** The rare paths that nothing has reached. */
export const unreached = ({ counts }: Tally): RarePath[] =>
  missed(new Map(Object.entries(counts) as [RarePath, number][]))

/** The tally as lines for a person. */
export const tell = (tally: Tally): string[] => {
  const seeds = tally.next - tally.from
  const paths = (Object.keys(RARE_PATHS) as RarePath[]).map(
    path => `${String(tally.counts[path] ?? 0).padStart(9)}  ${path}: ${RARE_PATHS[path]}`,
  )
  const perMinute = Math.round((seeds * 60_000) / Math.max(tally.ms, 1))
  return [
    ...paths,
    `${seeds} seeds from ${tally.from}, ${tally.requests} requests, ${tally.orders} orders: ${tally.failing.length} broke a ` +
      `promise, ${tally.loud} ended with a person being asked; ${perMinute} seeds a minute of one core`,
  ]
}
