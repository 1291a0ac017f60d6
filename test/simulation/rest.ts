/** Coming to rest: when all faults are over, everything must be open, carried out and known to everybody soon. */
import { askCursor } from '../../src/actors/kernel/ask-actor.ts'
import type { Testimony } from '../../src/actors/kernel/outlook.ts'
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { addressOf, querySubject, sourceOf, streamOf } from '../../src/bus/subjects.ts'
import { Unavailable } from '../../src/bus/unavailable.ts'
import { askOnce } from '../../src/gateway/ask.ts'
import { lookAt } from './simulated-process.ts'
import type { World } from './world.ts'

type Health = {
  phase: string
  waits_for: string | null
  head: number
  stream: number | null
  cursors: Record<string, number>
  mailbox: number
}

const TIMEOUT_MS = 1000

/**
 * What keeps the installation from rest, a line each; empty when it has come to rest. Everybody is asked at the `first`
 * look, for whoever is healing or refused must be able to answer too, and where nothing is seen without asking: that takes
 * a hundred messages.
 */
export const restless = async (world: World, bus: Bus, first: boolean): Promise<string[]> => {
  const seen = seenFromOutside(world)
  return first || seen.length === 0 ? [...seen, ...(await toldByEverybody(world, bus))] : seen
}

const seenFromOutside = (world: World): string[] => {
  const faults = ACTOR_NAMES.flatMap(actor => {
    const phase = world.sites[actor].process?.running.phase()
    return [
      ...(phase === 'open' ? [] : [`${actor} is ${phase}`]),
      ...streamOtherwise(world, actor),
      ...parked(world, actor),
    ]
  })
  return [...faults, ...lettersOnTheWay(world)]
}

const toldByEverybody = async (world: World, bus: Bus): Promise<string[]> => {
  const healths = new Map<ActorName, Health>()
  const faults: string[] = []
  for (const actor of ACTOR_NAMES) {
    const health = await askHealth(bus, actor)
    if (!health) faults.push(`${actor} does not answer`)
    else healths.set(actor, health)
    if ((await bus.queue.oldest({ actor, cell: 0 })) !== undefined) faults.push(`${actor} has commands in the queue`)
  }
  for (const [actor, { phase, waits_for, head, stream, cursors, mailbox }] of healths) {
    if (phase !== 'open') faults.push(`${actor} is ${phase}, waiting for ${waits_for}`)
    if (stream !== head) faults.push(`${actor} has its stream at ${stream} and its log at ${head}`)
    faults.push(...streamOtherwise(world, actor))
    if (mailbox > 0) faults.push(`${actor} has ${mailbox} messages waiting`)
    for (const [source, cursor] of Object.entries(cursors)) {
      const sourceHead = healths.get(addressOf(source).actor as ActorName)?.head
      if (cursor !== sourceHead) faults.push(`${actor} has read ${source} to ${cursor} of ${sourceHead}`)
    }
  }
  faults.push(...(faults.length > 0 ? [] : await strangers(world, bus, healths)))
  if (faults.length > 0) return faults
  return ACTOR_NAMES.flatMap(actor => parked(world, actor)).concat(lettersOnTheWay(world))
}

/** Whether every stream is its log. */
export const areStreamsLogs = (world: World): boolean =>
  ACTOR_NAMES.every(actor => streamOtherwise(world, actor).length === 0)

/** The owner may not have looked since somebody else was there, or waits for the answer to its look. */
const streamOtherwise = (world: World, actor: ActorName): string[] => {
  const { chains } = world.sites[actor].disk
  const inStream = world.broker.messages(streamOf({ actor, cell: 0 })).map(({ headers }) => headers['Nats-Msg-Id'])
  if (inStream.at(-1) !== chains.at(-1)) return [`${actor} has a stream that ends otherwise than its log`]
  if (inStream.every(chain => chain !== undefined && chains.includes(chain))) return []
  return [`${actor} has a stream in which there is what its log has not`]
}

/** Who stands at the right number of another history: it has to find that out by itself. */
const strangers = async (world: World, bus: Bus, healths: ReadonlyMap<ActorName, Health>): Promise<string[]> => {
  const faults: string[] = []
  for (const [actor, { cursors }] of healths)
    for (const source of Object.keys(cursors)) {
      const cursor = await cursorOf(bus, actor, source)
      if (!cursor) return [`${actor} does not answer`]
      const { seq, chain } = cursor
      const there = world.sites[addressOf(source).actor as ActorName].disk.chains[seq - 1]
      if (seq > 0 && there !== chain) faults.push(`${actor} has read another entry ${seq} of ${source} than it has`)
    }
  return faults
}

const cursorOf = async (bus: Bus, actor: ActorName, source: string): Promise<Testimony | undefined> => {
  try {
    return await askCursor(bus, sourceOf({ actor, cell: 0 }), source)
  } catch (error) {
    if (error instanceof Unavailable) return undefined
    throw error
  }
}

const askHealth = async (bus: Bus, actor: ActorName): Promise<Health | undefined> => {
  const subject = querySubject({ actor, cell: 0 }, 'Health')
  try {
    return (await askOnce({ bus }, { subject, body: {}, headers: {} }, TIMEOUT_MS)).value as Health
  } catch (error) {
    if (error instanceof Unavailable) return undefined
    throw error
  }
}

const parked = (world: World, actor: ActorName): string[] => {
  const waiting = countIn(world, actor, 'waiting')
  return waiting > 0 ? [`${actor} has ${waiting} parked commands`] : []
}

const lettersOnTheWay = (world: World): string[] => {
  const queued = countIn(world, 'notification', "letters WHERE status = 'Queued'")
  return queued > 0 ? [`${queued} letters wait for the mail server`] : []
}

/** Until when the last of the letters waits that were not taken, in ms since 1970; 0 where none waits. */
export const lastAttemptAt = (world: World): number =>
  numberIn(world, 'notification', "coalesce(max(next_at), 0) FROM letters WHERE status = 'Queued'")

/** How many rows of `what` the store of `actor` has. */
const countIn = (world: World, actor: ActorName, what: string): number =>
  numberIn(world, actor, `count(*) FROM ${what}`)

const numberIn = (world: World, actor: ActorName, what: string): number => {
  const { store, keys } = lookAt(world.sites[actor])
  const found = store.prepare<[], number>(`SELECT ${what}`).pluck().get() ?? 0
  store.close()
  keys.close()
  return found
}
