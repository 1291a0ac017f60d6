/** How often the small faults of a run strike: drawn from its seed, none in a quarter of the runs. */
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import { type Faults, noFaults } from '../../src/bus/memory-faults.ts'
import type { SeededRandom } from '../../src/world/seeded-random.ts'

export type Rates = {
  bus: Faults
  /** How many of the big faults (`faults.ts`) happen. */
  faults: number
  /** How long clients and faults go on. */
  loadMs: number
  /** How long the ids of commands are kept. */
  memoryMs: number
  /** How long the gateway asks for one request. */
  deadlineMs: number
  /** Actors that are of a newer version than those who read them. */
  newer: readonly ActorName[]
}

const QUIET_ONE_IN = 4
const NEWER = 0.15
/** In some runs ids are forgotten before the end, in the others they outlive it. */
const SHORT_MEMORY_MS = 25_000
const LONG_MEMORY_MS = 168 * 3_600_000
/** Shorter than what a client's key outlives its last request by (`clients.ts`). */
const SHORT_DEADLINE_MS = 2000
const LONG_DEADLINE_MS = 10_000

/** The rates of a run. */
export const drawRates = (random: SeededRandom): Rates => {
  const memoryMs = random.fraction() < 0.15 ? SHORT_MEMORY_MS : LONG_MEMORY_MS
  const loadMs = 5_000 + random.integer(9_000) + (memoryMs === SHORT_MEMORY_MS ? SHORT_MEMORY_MS : 0)
  const isShort = memoryMs === SHORT_MEMORY_MS || random.fraction() < 0.5
  const deadlineMs = isShort ? SHORT_DEADLINE_MS : LONG_DEADLINE_MS
  const newer = ACTOR_NAMES.filter(() => random.fraction() < NEWER)
  const quiet: Rates = { bus: { ...noFaults }, faults: 0, loadMs, memoryMs, deadlineMs, newer }
  if (random.integer(QUIET_ONE_IN) === 0) return quiet
  const sometimes = (most: number): number => (random.fraction() < 0.5 ? 0 : rounded(random.fraction() * most))
  return {
    ...quiet,
    bus: {
      loseRequest: sometimes(0.05),
      loseReply: sometimes(0.1),
      loseAck: sometimes(0.1),
      delay: sometimes(0.9),
      delayMaxMs: 1 + random.integer(60),
      redeliver: sometimes(0.3),
      breakFollow: sometimes(0.05),
      disconnect: sometimes(0.02),
      lateMaxMs: 100 + random.integer(2000),
    },
    faults: 1 + random.integer(6),
  }
}

/** Whether nothing goes wrong by these rates. */
export const isCalm = ({ bus, faults }: Rates): boolean =>
  faults === 0 && Object.entries(bus).every(([name, rate]) => name.endsWith('MaxMs') || rate === 0)

/** `loseReply 0.03, delay 0.7 up to 12 ms`: the rates as they are printed. */
export const describeRates = ({ bus, faults, newer }: Rates): string =>
  [
    `${faults} faults`,
    ...newer.map(actor => `newer ${actor}`),
    ...Object.entries(bus)
      .filter(([name, rate]) => rate > 0 && !name.endsWith('MaxMs'))
      .map(([name, rate]) => `${name} ${rate}`),
    `delays to ${bus.delayMaxMs} ms, late to ${bus.lateMaxMs} ms`,
  ].join(', ')

const rounded = (rate: number): number => Math.round(rate * 1000) / 1000
