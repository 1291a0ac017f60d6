/** The command `adopt`: what is known of a refused store, and the choice to go on with it all the same. */
import { realpathSync } from 'node:fs'
import type { z } from 'zod'
import { OPERATOR } from '../actors/broker-users.ts'
import { askActor } from '../actors/kernel/ask-actor.ts'
import type { kernelContract } from '../actors/kernel/kernel-contract.ts'
import type { TimelineStep } from '../actors/kernel/shown-shapes.ts'
import { ACTOR_NAMES, ADDRESSES } from '../actors/registry.ts'
import { accessOf } from '../bus/broker-access.ts'
import type { Bus } from '../bus/bus.ts'
import { connectNats } from '../bus/nats.ts'
import { type Address, addressOf, sourceOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import { type Clock, pause, systemClock } from '../world/clock.ts'
import { runningUrl } from './running-url.ts'

type Say = (line: string) => void
type Health = z.infer<typeof kernelContract.queries.Health.reply>
type Outlook = z.infer<typeof kernelContract.queries.LookOut.reply>
/** Whose actors are meant: another installation's refuse. */
type Here = { data_dir: string }
type Adopted = { address: Address; epoch: number; readers: string[] }

const CONNECT_TIMEOUT_MS = 3000
/** To leave many numbers empty takes a while. */
const ADOPT_TIMEOUT_MS = 120_000
const PATIENCE_MS = 60_000
/** A reader of a refused log is up by then, or is down. */
const COME_UP_MS = 10_000
const POLL_MS = 200

/** A word for every refused actor at once. */
const ALL = 'all'

/** Whom it asks, by what clock it waits, and whose data are meant. */
export type Asking = { bus: Bus; clock: Clock; here: Here }

/** What `adoptOn` does, of the Kassa that runs on the data of `config`. */
export const adopt = async (config: Config, whom: string | undefined, say: Say): Promise<ExitCode> => {
  if (whom !== undefined && whom !== ALL && !(ACTOR_NAMES as readonly string[]).includes(whom))
    throw plainFault(exitCodes.usage, `Cannot adopt "${whom}"; give one of: ${[...ACTOR_NAMES, ALL].join(', ')}`)
  const url = runningUrl(config)
  const here = { data_dir: realpathSync(config.dataDir) }
  const bus = await connectNats({
    url,
    name: 'adopt',
    access: accessOf(config, url, OPERATOR),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  })
  try {
    return await adoptOn({ bus, clock: systemClock, here }, whom, say)
  } finally {
    await bus.close()
  }
}

/**
 * Without `whom` tells what is known of every refused store, and changes nothing; with it (an actor, or `all`) goes on
 * with that store. Kassa must be running on the data: its actors are asked. Gives 0 when none is refused, or none is
 * left so. Throws `Unavailable` where nobody answers.
 */
export const adoptOn = async (asking: Asking, whom: string | undefined, say: Say): Promise<ExitCode> => {
  const { bus } = asking
  const { refused, silent } = await refusedActors(asking, say)
  if (refused.length === 0) {
    if (silent.length > 0)
      throw new Unavailable(`It is not known whether a store is refused: ${silent.join(', ')} does not answer`)
    say('No store is refused; there is nothing to adopt')
    await tellOrphans(bus, say)
    return exitCodes.ok
  }
  const chosen = refused.filter(({ actor }) => whom === ALL || whom === actor)
  if (chosen.length === 0) {
    say(`\nNothing was changed. To go on with a store and give up what it lacks: npm start -- adopt <${ALL}|actor>`)
    return exitCodes.failed
  }
  const adopted: Adopted[] = []
  for (const address of chosen) adopted.push(await adoptOne(asking, address, say))
  for (const one of adopted) await untilOpen(asking, one)
  for (const one of adopted) await untilReadOn(asking, one)
  say('Open again, and read by everybody who reads it')
  await tellOrphans(bus, say)
  return chosen.length === refused.length ? exitCodes.ok : exitCodes.failed
}

const healthOf = async (bus: Bus, address: Address): Promise<Health | undefined> => {
  try {
    return (await askActor(bus, sourceOf(address), 'Health', {})) as Health
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    return undefined
  }
}

const refusedActors = async (asking: Asking, say: Say): Promise<{ refused: Address[]; silent: string[] }> => {
  const refused: Address[] = []
  const silent: string[] = []
  for (const address of ADDRESSES) {
    const health = await healthOf(asking.bus, address)
    if (!health) {
      say(`${sourceOf(address)} does not answer`)
      silent.push(sourceOf(address))
      continue
    }
    if (health.phase !== 'refused') {
      say(`${sourceOf(address)} is ${health.phase}`)
      continue
    }
    refused.push(address)
    say(`${sourceOf(address)} is refused: ${health.waits_for}`)
    describe(await outlookOf(asking, address)).forEach(line => void say(`  ${line}`))
  }
  return { refused, silent }
}

// An actor may be refused before those who read its log have come up at all.
const outlookOf = async ({ bus, clock, here }: Asking, address: Address): Promise<Outlook> => {
  const deadline = clock.monotonic() + COME_UP_MS
  for (;;) {
    try {
      return (await askActor(bus, sourceOf(address), 'LookOut', here)) as Outlook
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      if (clock.monotonic() > deadline) throw plainFault(exitCodes.unavailable, error.message)
      await pause(clock, POLL_MS)
    }
  }
}

const describe = ({ head, highest, marked, stream, readers }: Outlook): string[] => [
  `its store ends at entry ${head}; the mark beside it knows of ${marked || 'none'}; its stream ${stream === null ? 'is not there' : `ends at ${stream}`}`,
  ...readers.map(
    ({ reader, seq, kept, fenced }) =>
      `${reader} has seen entry ${seq}${kept ? '' : ', which this store does not have'}` +
      (fenced ? '' : '; it is not open itself and may yet learn of more: have it open first, if you can'),
  ),
  highest === head
    ? 'adopted, it goes on as it is; nobody can tell what is lost; ids go on a million later'
    : `adopted, ${head + 1} to ${highest} are left empty, ids go on a million later, and who has seen more goes back`,
]

const adoptOne = async ({ bus, here }: Asking, address: Address, say: Say): Promise<Adopted> => {
  const source = sourceOf(address)
  const { head, highest, epoch, readers } = (await askActor(
    bus,
    source,
    'Adopt',
    here,
    ADOPT_TIMEOUT_MS,
  )) as Outlook & {
    epoch: number
  }
  say(
    `${source} is adopted: up to entry ${head} it is kept, ${highest - head} numbers are left empty, ` +
      `entry ${epoch} begins the new epoch`,
  )
  return { address, epoch, readers: readers.map(({ reader }) => reader) }
}

const untilOpen = ({ bus, clock }: Asking, { address }: Adopted): Promise<void> =>
  until(clock, `${sourceOf(address)} is open`, async () => (await healthOf(bus, address))?.phase === 'open')

/** A reader that is refused itself reads nothing; it is to be adopted as well, or put back. */
const untilReadOn = async ({ bus, clock }: Asking, { address, epoch, readers }: Adopted): Promise<void> => {
  for (const reader of readers)
    await until(clock, `${reader} reads on`, async () => {
      const health = await healthOf(bus, addressOf(reader))
      return health?.phase === 'refused' || (health?.cursors[sourceOf(address)] ?? 0) >= epoch
    })
}

const until = async (clock: Clock, what: string, holds: () => Promise<boolean>): Promise<void> => {
  const deadline = clock.monotonic() + PATIENCE_MS
  while (!(await holds())) {
    if (clock.monotonic() > deadline)
      throw plainFault(
        exitCodes.unavailable,
        `Adopted, but after a minute not yet: ${what}; look at /readyz, then ask again`,
      )
    await pause(clock, POLL_MS)
  }
}

/** What others did upon entries that are given up: a person must look at each. */
const tellOrphans = async (bus: Bus, say: Say): Promise<void> => {
  for (const address of ADDRESSES) {
    const orphans = await orphansOf(bus, address)
    if (orphans.length === 0) continue
    say(`${sourceOf(address)} did this upon entries that are given up; look at each:`)
    for (const { sequence, type, data, caused_by } of orphans)
      say(`  ${sequence} ${type} ${JSON.stringify(data)} upon ${caused_by}`)
  }
}

const orphansOf = async (bus: Bus, address: Address): Promise<TimelineStep[]> => {
  try {
    return ((await askActor(bus, sourceOf(address), 'ListOrphans', {})) as { items: TimelineStep[] }).items
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    // It goes back just now; asked again later, it tells.
    return []
  }
}
