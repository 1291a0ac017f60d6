/** Whether it stays as quick when it has grown: a shop of ten thousand orders beside one of a million. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/world/clock.ts'
import type { Options } from '../options.ts'
import { type Disk, diskOf } from './disk.ts'
import { type Customers, fillShop } from './fill.ts'
import { MEASURES, measureInTurn, type Pace } from './measures.ts'
import { openShop, PARTS, type Part } from './shop.ts'
import type { StartSays } from './start-part.ts'

/** Everything is of the small shop first, of the grown one second. */
export type GrownFigures = {
  orders: Pair<number>
  disk: Pair<Disk>
  /** By measure, a pair for each round. */
  paces: Record<string, Pair<Pace>[]>
  /** Seconds by actor, a pair for each round. */
  starts: Record<Part, Pair<number>[]>
}
export type Pair<T> = [small: T, grown: T]

/** Orders of the small shop, where the grown one has at least ten times as many. */
const SMALL_ORDERS = 10_000

/** Fills both, and measures them in rounds; `say` tells how far it is. The files are gone, however it ends. */
export const runGrownBench = async (options: Options, say: (line: string) => void): Promise<GrownFigures> => {
  const directory = mkdtempSync(join(options.directory, 'kassa-grown-'))
  try {
    const orders: Pair<number> = [Math.min(SMALL_ORDERS, Math.ceil(options.orders / 10)), options.orders]
    const shops = orders.map((count, at) => {
      const place = join(directory, String(at))
      return { directory: place, customers: fillShop(place, { orders: count, users: options.users }, say) }
    }) as Pair<Filled>
    say('looking at the disk')
    const disk = shops.map(shop => diskOf(shop.directory)) as Pair<Disk>
    return { orders, disk, ...(await measure(shops, options, say)) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

type Filled = { directory: string; customers: Customers }

const measure = async (shops: Pair<Filled>, { rounds, seconds }: Options, say: (line: string) => void) => {
  const paces: GrownFigures['paces'] = {}
  const starts = Object.fromEntries(PARTS.map(part => [part, []])) as unknown as GrownFigures['starts']
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`)
    for (const part of PARTS) starts[part].push(await startBoth(shops, part, round))

    const subjects = shops.map(({ directory, customers }) => ({ shop: openShop(directory, systemClock), customers }))
    for (const name of Object.keys(MEASURES)) {
      paces[name] ??= []
      paces[name].push(measureInTurn(name, subjects, seconds, round) as Pair<Pace>)
    }
    for (const { shop } of subjects) shop.close()
  }
  return { paces, starts }
}

const startBoth = async (shops: Pair<Filled>, part: Part, round: number): Promise<Pair<number>> => {
  const [small, grown] = shops
  if (round % 2 === 0) return [await startOne(small, part), await startOne(grown, part)]
  const last = await startOne(grown, part)
  return [await startOne(small, part), last]
}

const startOne = async ({ directory }: Filled, part: Part): Promise<number> => {
  const child = fork(fileURLToPath(new URL('start-part.ts', import.meta.url)), [directory, part])
  const exited = once(child, 'exit')
  const said = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  await exited
  if (!said) throw new Error(`Cannot measure the start of ${part}: its process ended before it was open`)
  return (said[0] as StartSays).seconds
}
