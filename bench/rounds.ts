/** The rounds of a run: every measurement in turn, again and again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadPlan, LoadResult } from './load/closed-loop.ts'
import type { Generator } from './load/start-generator.ts'
import type { Measure, Options } from './options.ts'
import { cpuSeconds, type Process, type Use } from './processes.ts'
import { openPage } from './watcher.ts'

/** A system under load: where it listens, whom it knows, and which processes it is made of. */
export type System = { port: number; userIds: number[]; processes: Process[] }

/** One measurement. `cpu` are the seconds that each process used while it counted, the load generator's included. */
export type Measured = { measure: Measure; connections: number; round: number; load: LoadResult; cpu: Use }

/** Between two measurements, so that the one does not pay for what the other left behind, ms. */
const REST_MS = 100
const WARM_UP = { seconds: 1.5, connections: 64 }
/** More than wait at any time in an open loop that keeps up. */
const OPEN_CONNECTIONS = 256
/** Reads are measured at one number of connections: this one, where it is among those asked for. */
const READ_CONNECTIONS = 64

export type Bench = { generator: Generator; kassa: System; plain: System }

/** Loads each system for a moment, so that the first round meets compiled code. */
export const warmUp = async (bench: Bench, { measures }: Options): Promise<void> => {
  for (const measure of measures) await measureOnce(bench, measure, WARM_UP.connections, WARM_UP.seconds)
}

/** Measures everything once; rounds go forwards and backwards by turns. */
export const runRound = async (bench: Bench, options: Options, round: number): Promise<Measured[]> => {
  const found: Measured[] = []
  for (const [measure, connections] of inTurn(planOf(options), round)) {
    const { load, cpu } = await measureOnce(bench, measure, connections, options.seconds)
    found.push({ measure, connections, round, load, cpu })
  }
  return found
}

const planOf = ({ measures, connections }: Options): [Measure, number][] => {
  const isRead = (measure: Measure) => measure === 'history' || measure === 'balance'
  const readsAt = connections.includes(READ_CONNECTIONS) ? READ_CONNECTIONS : connections[0]
  return connections.flatMap(count =>
    measures
      .filter(measure => !isRead(measure) || count === readsAt)
      .map((measure): [Measure, number] => [measure, count]),
  )
}

/** Orders in an open loop, as many a second as are given, in one stretch as long as all rounds together. */
export const measureOpen = (
  { generator, kassa: { port, userIds } }: Bench,
  { seconds, rounds }: Options,
  perSecond: number,
): Promise<LoadResult> =>
  generator.run(
    { kind: 'open', port, perSecond, connections: OPEN_CONNECTIONS, seconds: seconds * rounds, userIds },
    () => {},
  )

const inTurn = <T>(plan: T[], round: number): T[] => (round % 2 === 0 ? plan : plan.toReversed())

const measureOnce = async (bench: Bench, measure: Measure, connections: number, seconds: number) => {
  const system = measure === 'plain' ? bench.plain : bench.kassa
  const kind = measure === 'plain' || measure === 'watched' ? 'orders' : measure
  const page = measure === 'watched' ? await openPage(system.port) : undefined
  const measured = await loadOnce(bench.generator, system, { kind, connections, seconds })
  await page?.close()
  return measured
}

/** One load on a system, and the CPU that its processes and the load generator used for it. */
export const loadOnce = async (
  generator: Generator,
  { port, userIds, processes }: System,
  how: Pick<LoadPlan, 'kind' | 'connections' | 'seconds' | 'keys'>,
): Promise<{ load: LoadResult; cpu: Use }> => {
  const all: Process[] = [...processes, { pid: generator.pid, role: 'load generator' }]
  let before: Use = {}
  let after: Use = {}

  await sleep(REST_MS)
  const load = await generator.run({ ...how, port, userIds }, isOpen => {
    if (isOpen) before = cpuSeconds(all)
    else after = cpuSeconds(all)
  })
  return { load, cpu: Object.fromEntries(Object.entries(after).map(([role, used]) => [role, used - before[role]!])) }
}
