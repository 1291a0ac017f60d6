/** A retry storm on a Kassa of its own: the peak, ten times that load, the way back, and whether each order is there once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes, plainFault } from '../src/exit.ts'
import type { LoadResult } from './load/closed-loop.ts'
import { openConnection } from './load/connection.ts'
import { latencyAt } from './load/latencies.ts'
import { get } from './load/requests.ts'
import type { Response } from './load/response-reader.ts'
import { type Generator, startGenerator } from './load/start-generator.ts'
import { type StormPlan, type StormResult, stormOrder } from './load/storm-loop.ts'
import type { Options } from './options.ts'
import { memoryMegabytes, type Process, processesOf } from './processes.ts'
import { startKassa } from './start-kassa.ts'
import { makeUsers } from './users.ts'

/** A load, as orders a second that were settled, and its median time in ms. */
export type Pace = { perSecond: number; p50: number }

export type StormFigures = {
  peak: Pace
  /** At the load of an ordinary day, before the storm. */
  before: Pace
  plan: Omit<StormPlan, 'userIds'>
  storm: Omit<StormResult, 'answers'>
  /** Seconds from the storm's end to the end of the first look that was as before; `undefined` when none was in time. */
  recoveredS: number | undefined
  /** Megabytes of all processes together: before, the most that was seen in the storm, and after the way back. */
  memory: { before: number; most: number; after: number }
  /** Asked again after all: orders that were acknowledged and answered otherwise now, and orders that never were taken. */
  changed: number
  lost: number
  /** Orders made, and what was paid for them all, in orders: both should be the number of keys. */
  keys: number
  made: number
  paid: number
  clean: boolean
}

const TIMES_THE_LOAD = 10
const CLIENT_TIMEOUT_MS = 1_000
/** At which number of connections the peak is looked for. */
const PEAK_CONNECTIONS = 256
/** The load of an ordinary day. */
const CALM_CONNECTIONS = 16
const WARM_UP_S = 3
const STORM_S = 10

/** A look at the way back is short; it is as before with this share of the orders and this many times the median. */
const LOOK_S = 0.5
const AS_BEFORE = { rate: 0.7, p50: 1.5 }
const RECOVERY_MOST_MS = 60_000

const MEMORY_LOOK_MS = 1_000
/** Asking again afterwards. */
const CHECK_CONNECTIONS = 32
const ASK_AGAIN_MS = 200
const ASKED_AGAIN_MOST = 100
/** The price of one piece, in hundredths as all money. */
const PRICE = 10_000n

/** Runs; `say` tells how far it is. Everything it started is ended, and its files are gone, however it ends. */
export const runStormBench = async (options: Options, say: (line: string) => void): Promise<StormFigures> => {
  const directory = mkdtempSync(join(options.directory, 'kassa-storm-'))
  const endings: (() => unknown)[] = [() => rmSync(directory, { recursive: true })]
  try {
    say('starting Kassa')
    const kassa = await startKassa(directory, options)
    endings.unshift(kassa.stop)
    const generator = startGenerator()
    endings.unshift(generator.stop)
    const { port } = kassa
    // Only the storm's own orders take money from these.
    const userIds = await makeUsers(port, options.users)
    const calmUserIds = await makeUsers(port, options.users)
    const processes = processesOf(kassa.pid)
    const orders = (connections: number, seconds: number) =>
      generator.run({ kind: 'orders', port, connections, seconds, userIds: calmUserIds }, () => {})

    say('looking for the peak')
    await orders(PEAK_CONNECTIONS, WARM_UP_S)
    const peak = paceOf(await orders(PEAK_CONNECTIONS, options.seconds))
    if (peak.perSecond === 0)
      throw plainFault(
        exitCodes.unavailable,
        'No order was settled at the peak: the machine is too busy to tell anything',
      )
    const before = paceOf(await orders(CALM_CONNECTIONS, options.seconds))
    const moneyBefore = await moneyOf(port, userIds)

    const plan: StormPlan = {
      kind: 'storm',
      port,
      clients: TIMES_THE_LOAD * PEAK_CONNECTIONS,
      perSecond: Math.round(TIMES_THE_LOAD * peak.perSecond),
      timeoutMs: CLIENT_TIMEOUT_MS,
      seconds: STORM_S,
      userIds,
      keys: 'storm',
    }
    say(`the storm: ${plan.clients} clients, ${plan.perSecond} requests/s`)
    const { result, ...memory } = await throughStorm(generator, plan, processes)
    const recoveredS = await wayBack(() => orders(CALM_CONNECTIONS, LOOK_S), before)

    say('asking for every order again')
    const { answers, ...storm } = result
    const again = await askAgain(plan, answers)
    const paid = Number((moneyBefore - (await moneyOf(port, userIds))) / PRICE)
    const after = total(processes)
    await kassa.stop()
    const { userIds: _, ...shownPlan } = plan
    return {
      peak,
      before,
      plan: shownPlan,
      storm,
      recoveredS,
      memory: { ...memory, after },
      ...again,
      keys: answers.length,
      paid,
      clean: await kassa.verify(say),
    }
  } finally {
    for (const end of endings) await end()
  }
}

const paceOf = ({ ok, seconds, latencies }: LoadResult): Pace => ({
  perSecond: ok / seconds,
  p50: latencyAt(latencies, 0.5),
})

const total = (processes: readonly Process[]): number =>
  Object.values(memoryMegabytes(processes)).reduce((sum, megabytes) => sum + megabytes, 0)

const throughStorm = async (generator: Generator, plan: StormPlan, processes: Process[]) => {
  const before = total(processes)
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, total(processes))
  }, MEMORY_LOOK_MS)
  try {
    const result = await generator.storm(plan, () => {})
    return { result, before, most }
  } finally {
    clearInterval(looking)
  }
}

/** Seconds until a look is as before; `undefined` when none is in time. */
const wayBack = async (look: () => Promise<LoadResult>, before: Pace): Promise<number | undefined> => {
  const began = performance.now()
  while (performance.now() - began < RECOVERY_MOST_MS) {
    const { perSecond, p50 } = paceOf(await look())
    if (perSecond >= AS_BEFORE.rate * before.perSecond && p50 <= AS_BEFORE.p50 * before.p50)
      return (performance.now() - began) / 1000
  }
  return undefined
}

/** Asks for every order of the storm once more, patiently. */
const askAgain = async (plan: StormPlan, answers: readonly (string | null)[]) => {
  const made = new Set<string>()
  let next = 0
  let changed = 0
  let lost = 0
  await inParallel(plan.port, async ask => {
    while (next < answers.length) {
      const order = next++
      const body = await settledOrder(() => ask(stormOrder(plan, order)))
      if (body === undefined) lost++
      else made.add((JSON.parse(body) as { order_id: string }).order_id)
      if (body !== undefined && answers[order] !== null && body !== answers[order]) changed++
    }
  })
  return { changed, lost, made: made.size }
}

/** The body of the order's answer once it has settled; `undefined` when it does not, or is refused. */
const settledOrder = async (ask: () => Promise<Response>): Promise<string | undefined> => {
  for (let left = ASKED_AGAIN_MOST; left > 0; left--) {
    const { status, head, body } = await ask()
    if (status === 201 && head.includes('\r\norder-status: Confirmed\r\n')) return body.toString()
    if (status !== 201 && status !== 429 && status !== 503) return undefined
    await sleep(ASK_AGAIN_MS)
  }
  return undefined
}

/** What all users have together, in hundredths. */
const moneyOf = async (port: number, userIds: readonly number[]): Promise<bigint> => {
  let sum = 0n
  let next = 0
  await inParallel(port, async ask => {
    while (next < userIds.length) {
      const { status, body } = await ask(get(`/v1/money/balance?user_id=${userIds[next++]}`))
      if (status !== 200) throw new Error(`Cannot read a balance: the answer was ${status} ${body.toString()}`)
      sum += BigInt(Math.round((JSON.parse(body.toString()) as { balance: number }).balance * 100))
    }
  })
  return sum
}

/** Runs `work` on some connections at once. */
const inParallel = async (port: number, work: (ask: (request: Buffer) => Promise<Response>) => Promise<void>) => {
  const broken = Promise.withResolvers<never>()
  const one = async () => {
    const connection = await openConnection(port, broken.reject)
    await work(request => new Promise(answered => connection.ask(request, answered)))
    connection.close()
  }
  await Promise.race([Promise.all(Array.from({ length: CHECK_CONNECTIONS }, one)), broken.promise])
}
