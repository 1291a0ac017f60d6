/** One run: load and faults, healing, rest, and then what must be true. */

import type { Settings } from '../../src/actors/kernel/actor.ts'
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { type Faults, noFaults } from '../../src/bus/memory-faults.ts'
import { createSeededRandom } from '../../src/world/seeded-random.ts'
import { adoptRefused } from './adopting.ts'
import { checkAlarms } from './check-alarms.ts'
import { checkBooks } from './check-books.ts'
import { checkErasure } from './check-erasure.ts'
import { checkLogs } from './check-logs.ts'
import { checkMail } from './check-mail.ts'
import { checkOrders } from './check-orders.ts'
import { checkPromises } from './check-promises.ts'
import { checkSeen } from './check-seen.ts'
import { checkWaking } from './check-waking.ts'
import { CATALOG, LEAST_REQUESTS, startClients } from './clients.ts'
import { startErasing } from './erasing.ts'
import { FAULTS } from './faults.ts'
import { type Memories, readFinalState } from './final-state.ts'
import { giveBackStore, openKeptStore } from './kept-stores.ts'
import { startQueueSenders } from './queue-senders.ts'
import type { Counts } from './rare-paths.ts'
import { describeRates, drawRates, isCalm, type Rates } from './rates.ts'
import { areStreamsLogs, lastAttemptAt, restless } from './rest.ts'
import { createWorld, type Plant, type World } from './world.ts'

export type Run = {
  seed: number
  violations: string[]
  loud: boolean
  hash: string
  lines: readonly string[]
  rates: string
  /** The small faults that struck, by their rates, and the big ones, each with the number under which it can be left out. */
  bus: Faults
  planned: readonly { number: number; name: string }[]
  requests: number
  orders: number
}

/** Everything must be at rest this long after the last fault, or after the next attempt of a letter, of virtual time. */
const REST_MS = 180_000
/** What comes between the fifth attempt of a letter and the next; clocks that leap bring about no more in a few seconds. */
const LONGEST_PAUSE_MS = 1_200_000
const LOOK_EVERY_MS = 1000
/** Faults that come one upon the other come within this. */
const CROWDED_MS = 2000
const PARK_MS = 9_000
/** A shop that stands still is waited for, but not for ever. */
const MOST_MORE_LOAD_MS = 30_000
const MOST_FAULT_MS = 20_000
const MOST_ASKING_MS = 20_000
const MOST_LOOKING_MS = 60_000
/** Longer than a relay waits for the broker. */
const MOST_RELAYING_MS = 10_000
/** Longer than `adopt` waits for anything (src/backup/adopt.ts). */
const MOST_ADOPTING_MS = 600_000
const STEP_MS = 250

export type RunOptions = {
  /** Puts a bug in on purpose. */
  plant?: Plant
  /** Draws from these big faults alone, and in every run. */
  faults?: readonly string[]
  /** The numbers of big faults that do not happen. */
  leaveOut?: readonly number[]
  /** Small faults that never strike. */
  spare?: readonly (keyof Faults)[]
}

/** Runs `seed`, and counts the rare paths that it takes. */
export const runSeed = async (seed: number, counts: Counts, options: RunOptions = {}): Promise<Run> => {
  const { plant, faults, spare = [] } = options
  const drawn = drawRates(createSeededRandom(seed + 5 * 2 ** 32))
  const rates = faults ? { ...drawn, faults: drawn.faults + 2 } : drawn
  for (const name of spare) rates.bus[name] = 0
  const world = createWorld(seed, {
    faults: rates.bus,
    settings: settingsOf(rates),
    deadlineMs: rates.deadlineMs,
    newer: rates.newer,
    counts,
    ...(plant ? { plant } : {}),
  })
  world.trace.say('seed', `${seed}: ${describeRates(rates)}`)
  const plan = planFaults(world, rates, options)
  let loud = false
  try {
    loud = await live(world, rates, plan)
  } catch (error) {
    world.violation(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  return {
    seed,
    violations: world.violations,
    loud,
    hash: world.trace.hash(),
    lines: world.trace.lines,
    rates: describeRates(rates),
    bus: rates.bus,
    planned: plan,
    requests: world.requests,
    orders: world.history.facts().filter(({ type }) => type === 'OrderCreated').length,
  }
}

const settingsOf = (rates: Rates): Settings => ({
  webhooksToLoopback: true,
  defaultPriceMinor: undefined,
  letterPending: true,
  firstUserId: 93493453,
  firstOrderId: 54321,
  firstOperationId: 12345,
  firstMessageId: 67890,
  parkMs: PARK_MS,
  idempotencyHours: rates.memoryMs / 3_600_000,
  catalog: CATALOG,
})

const live = async (world: World, rates: Rates, plan: readonly PlannedFault[]): Promise<boolean> => {
  const { virtual, trace } = world
  for (const actor of ACTOR_NAMES) world.start(actor)
  world.gateway.start()
  const clients = startClients(world)
  const senders = startQueueSenders(world)
  const erasing = startErasing(world, clients)

  for (const { name, atMs } of plan)
    world.later(atMs, () => {
      trace.say('fault', name)
      FAULTS[name]!({ world, senders })
    })
  await virtual.advance(rates.loadMs)
  await advanceUntil(world, () => world.requests >= LEAST_REQUESTS, MOST_MORE_LOAD_MS)
  clients.leave()
  erasing.leave()
  // What the last fault began comes to its end.
  await virtual.advance(1000)
  await advanceUntil(world, () => world.faultsUnderWay() === 0, MOST_FAULT_MS)
  heal(world)
  senders.leave()

  const inspector = world.broker.connect('inspector')
  const isBusy = (): boolean => clients.busy() > 0 || erasing.busy()
  let why = await comeToRest(world, inspector, isBusy)
  const loud = isLoud(world)
  const decided = loud && (await adoptRefused(world, inspector, isSo => advanceUntil(world, isSo, MOST_ADOPTING_MS)))
  if (decided) why = await comeToRest(world, inspector, isBusy)
  if (decided && isLoud(world)) world.violation('a person has decided, and is asked again')
  if (why.length > 0 && (decided || !loud)) world.violation(`does not come to rest: ${why.join('; ')}`)
  trace.say('rest', !loud ? 'reached' : decided ? 'a person has decided' : 'a person has to decide')

  const again = clients.askAllAgain()
  let isAsked = false
  void again.then(() => {
    isAsked = true
  })
  await advanceUntil(world, () => isAsked, loud && !decided ? 0 : MOST_ASKING_MS)
  // What was made of the last questions: its relay may still wait for an answer that was lost before the healing.
  await advanceUntil(world, () => areStreamsLogs(world), loud && !decided ? 0 : MOST_RELAYING_MS)
  const { promised, carriedOutAnew, seen } = clients
  check(world, { promised, carriedOutAnew, seen, sent: senders.sent, loud, decided, calm: isCalm(rates) })
  for (const actor of ACTOR_NAMES) {
    const { disk, process } = world.sites[actor]
    if (process?.alive()) {
      process.discard()
      continue
    }
    giveBackStore(actor, openKeptStore(actor, disk.store))
    giveBackStore('keys', openKeptStore('keys', disk.keys))
  }
  return loud
}

/** Gives what keeps the world from rest, when it has had its time or a person has to be asked; nothing where it is at rest. */
const comeToRest = async (world: World, inspector: Bus, isBusy: () => boolean): Promise<string[]> => {
  const { virtual } = world
  const begun = virtual.monotonic()
  let why: string[] = []
  let looks = 0
  const waits = Math.min(Math.max(lastAttemptAt(world) - world.clock.now(), 0), LONGEST_PAUSE_MS)
  for (let rested = false; !rested && virtual.monotonic() < begun + waits + REST_MS; ) {
    await virtual.advance(LOOK_EVERY_MS)
    why = ['nobody could look']
    let isLooked = false
    restless(world, inspector, looks++ === 0).then(
      found => {
        why = [...found, ...(isBusy() ? ['clients still wait'] : [])]
        rested = why.length === 0
        isLooked = true
      },
      error => world.violation(`nobody could look: ${String(error)}`),
    )
    // What a slow connection has on its way comes before its answers.
    await virtual.advance(0)
    await advanceUntil(world, () => isLooked, MOST_LOOKING_MS)
    if (isLoud(world) && virtual.monotonic() > begun + REST_MS / 3) break
  }
  return why
}

const advanceUntil = async ({ virtual }: World, isSo: () => boolean, mostMs: number): Promise<void> => {
  for (let left = mostMs; left > 0 && !isSo(); left -= STEP_MS) await virtual.advance(STEP_MS)
}

type PlannedFault = { number: number; name: string; atMs: number }

/** Draws the faults of a run and when they come: spread out, or, in every other run, one upon the other. */
const planFaults = (
  { chance }: World,
  { faults: count, loadMs }: Rates,
  { faults: names = Object.keys(FAULTS), leaveOut = [] }: RunOptions,
): PlannedFault[] => {
  const isCrowded = chance.faults.integer(2) === 0
  const from = isCrowded ? 500 + chance.faults.integer(loadMs - CROWDED_MS - 500) : 500
  const overMs = isCrowded ? CROWDED_MS : loadMs - 500
  const drawn = Array.from({ length: count }, (_, number) => {
    const name = chance.faults.pick(names)
    return { number, name, atMs: from + chance.faults.integer(overMs) }
  })
  return drawn.filter(({ number }) => !leaveOut.includes(number))
}

/** All faults are over, and everything runs. */
const heal = (world: World): void => {
  world.trace.say('heal', 'no more faults')
  Object.assign(world.broker.faults, noFaults)
  for (const actor of ACTOR_NAMES) {
    const site = world.sites[actor]
    world.endCopy(actor, 'first')
    Object.assign(site.disk, { full: false, failNext: undefined })
    site.heldDown = false
    world.start(actor)
  }
  world.gateway.start()
  world.broker.comeUp()
  world.mail.heal()
}

/** Whether somebody has stopped and says so. */
const isLoud = ({ alarms, sites }: World): boolean =>
  alarms.some(({ actor, process }) => sites[actor].process?.name === process && sites[actor].process.alive())

const check = (world: World, memories: Memories): void => {
  const state = readFinalState(world, memories)
  const faults = [
    ...checkLogs(state),
    ...checkOrders(state),
    ...checkBooks(state),
    ...checkPromises(state),
    ...checkSeen(state),
    ...checkMail(state),
    ...checkWaking(state),
    ...checkErasure(state),
    ...checkAlarms(world),
  ]
  for (const fault of faults) world.violation(fault)
  for (const actor of ACTOR_NAMES) {
    state.logs[actor].store.close()
    state.logs[actor].keys.close()
  }
}
