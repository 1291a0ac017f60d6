/** One simulated process: an actor on its disk, with a clock and a connection of its own, that can be killed at any await. */
import { readersOf } from '../../src/actors/definitions.ts'
import type { ActorLog, ActorPorts } from '../../src/actors/kernel/actor-ports.ts'
import { HistoryRefused } from '../../src/actors/kernel/history-refused.ts'
import { type RunningActor, startActor } from '../../src/actors/kernel/running-actor.ts'
import type { Store } from '../../src/actors/kernel/store.ts'
import type { ActorName } from '../../src/actors/registry.ts'
import { sourceOf } from '../../src/bus/subjects.ts'
import { type Disk, openWatchedStore } from './disk.ts'
import { describeFact, type Fact, readFact } from './history.ts'
import { giveBackStore, lookAtStore, lookInto, openKeptStore } from './kept-stores.ts'
import { createMortalClock } from './mortal-clock.ts'
import { NEWER_EVENT } from './newer-version.ts'
import { watchBus } from './watched-bus.ts'
import type { Site, World } from './world.ts'

export type SimulatedProcess = {
  name: string
  actor: ActorName
  disk: Disk
  running: RunningActor
  alive: () => boolean
  /** Its stores, to look into while it is alive. */
  look: () => { store: Store; keys: Store }
  /** Puts what its stores hold now onto its disk, as a backup taken at this moment would find it. */
  save: () => void
  /** Ends it as kill -9 does. Of what it has sent the first `arriving` messages still arrive, `afterMs` from now. */
  kill: (inFlight?: { arriving?: number; afterMs?: number }) => void
  /** Ends it when nobody will need what is on its disk. */
  discard: () => void
  /** Ends it as SIGTERM does. */
  stop: () => Promise<void>
}

/** Whose data they are, as a person says who adopts a store. */
export const DATA_DIR = 'simulated'
/** So long after an adoption the process ends: its answer goes first (src/actors/process.ts). */
const ANSWER_MS = 200

/** What the actor of `site` has on its disk now, to be looked into: to be closed by the caller. */
export const lookAt = ({ disk, process }: Site): { store: Store; keys: Store } =>
  process?.alive() ? process.look() : { store: lookAtStore(disk.store), keys: lookAtStore(disk.keys) }

/** Starts `actor` on `disk`. `ended` is called when the process ends itself. */
export const startProcess = (
  world: World,
  { actor, disk, name }: { actor: ActorName; disk: Disk; name: string },
  ended: (error: Error) => void,
): SimulatedProcess => {
  const { trace, count, history } = world
  const clock = createMortalClock(world.clock)
  const store = openWatchedStore(actor, disk, {
    committed: entry => {
      const fact = readFact(actor, entry)
      trace.say(name, describeFact(fact))
      if (history.note(fact)) countFact(fact, world)
    },
    takenBack: seq => {
      trace.say(name, `takes entry ${seq} back`)
      count('Started taken back')
    },
    failed: how => {
      trace.say(name, how === 'full' ? 'finds no room' : `has a commit fail that was ${how}`)
      count(how === 'full' ? 'disk full' : `commit failed, ${how}`)
    },
  })
  const keys = openKeptStore('keys', disk.keys)
  const bus = world.broker.connect(name)
  let alive = true

  const ports: ActorPorts = {
    address: { actor, cell: 0 },
    bus: watchBus(bus, world, {
      clock,
      isOpen: () => running.phase() === 'open',
      isAtEnd: () => ['stopped', 'refused'].includes(running.phase()),
    }),
    store,
    keys,
    clock,
    random: world.chance.processes,
    settings: world.settings,
    version: 'simulated',
    mark: {
      read: () => disk.mark,
      write: mark => {
        disk.mark = mark
      },
    },
    readers: readersOf(actor).map(reader => sourceOf({ actor: reader, cell: 0 })),
    keepAside: (_, entries) => {
      trace.say(name, `keeps ${entries.length} foreign messages aside`)
      if (entries.length > 0) count('foreign kept aside')
    },
    dataDir: DATA_DIR,
    startOver: () => void clock.after(ANSWER_MS, () => ended(new Error('adopted: starting over'))),
    copyStore: () => Promise.reject(new Error('Cannot copy the store: there are no files here')),
    pid: 1,
    say: sayings(world, name, actor),
  }

  const site = world.sites[actor]
  trace.say(name, `starts at entry ${disk.chains.length}`)
  const mailer = actor === 'notification' ? world.mail.mailerOf(name, clock) : undefined
  const definition = mailer ? site.withMailer(mailer) : site.definition
  const running: RunningActor = startActor(definition, world.plant(ports, disk))
  running.opened.then(
    () => {
      if (site.came && site.disk === disk) count(site.came)
      site.came = undefined
    },
    // `failed` tells it too.
    () => {},
  )

  const save = (): void => {
    disk.store = store.serialize()
    disk.keys = keys.serialize()
  }
  const die = (): void => {
    alive = false
    clock.die()
  }
  const end = (): void => {
    die()
    save()
    store.close()
    keys.close()
  }

  void running.failed.then(error => {
    if (!alive) return
    trace.say(name, `fails: ${error.name}: ${error.message}`)
    if (error instanceof HistoryRefused) return world.refused(actor, name, error.message)
    if (error.name === 'MustStartOver') count('started over')
    ended(error)
  })

  return {
    name,
    actor,
    disk,
    running,
    alive: () => alive,
    look: () => ({ store: lookInto(store), keys: lookInto(keys) }),
    save: () => {
      if (alive) save()
    },
    kill: inFlight => {
      if (!alive) return
      trace.say(name, 'is killed')
      world.broker.kill(name, inFlight)
      end()
    },
    discard: () => {
      if (!alive) return
      trace.say(name, 'is killed')
      world.broker.kill(name)
      die()
      giveBackStore(actor, store)
      giveBackStore('keys', keys)
    },
    stop: async () => {
      trace.say(name, 'is told to stop')
      await running.stop()
      await bus.close()
      if (!alive) return
      trace.say(name, 'has stopped')
      count('stopped in order')
      world.broker.kill(name)
      end()
    },
  }
}

const EXPIRED = ['unknown_order', 'unknown_user']

/** What an entry says about rare paths. */
const countFact = ({ type, data, headers }: Fact, { count, history }: World): void => {
  if (type === 'CommandParked') return count('parked')
  if (type === NEWER_EVENT) count('newer version')
  if (type === 'DeadLettered') count('dead letter')
  if (type === 'OrderRejected') count('order rejected')
  if (type === 'OrderCancelled') count('order cancelled')
  if (type === 'OrderRefunded') count('order refunded')
  if (type === 'MoneyRefunded' && causeOf(headers, history)?.type === 'OrderCancelled') count('charge overtaken')
  if (type === 'InboxTrimmed') count('inbox trimmed')
  if (headers.command === undefined || !history.wasParked(headers.command)) return
  count(type === 'DeadLettered' && EXPIRED.includes(data.reason) ? 'parked and expired' : 'parked and woken')
}

const causeOf = ({ cause }: Fact['headers'], history: World['history']): Fact | undefined =>
  history.facts().find(({ chain }) => chain === cause?.chain)

const hasErased = ({ history }: World, of: ActorName): boolean =>
  history.facts().some(({ actor, type }) => actor === of && type === 'PersonErased')

// The words of src/actors/kernel/lost-keys.ts, which its test holds in place.
const KEYS_LOST = /^(keys are|the key of fingerprints is) lost/

/** What an actor says goes to the trace; what nobody should ever have to read is a violation. */
const sayings = (world: World, name: string, actor: ActorName): ActorLog => {
  const say = (facts: object, text: string): void =>
    world.trace.say(name, Object.keys(facts).length > 0 ? `${text} ${JSON.stringify(facts).slice(0, 600)}` : text)
  return {
    info: (facts, text) => {
      say(facts, text)
      if (text.startsWith('taking entries')) world.count('healed from the stream')
      if (text.startsWith('the stream is made') && 'reason' in facts && facts.reason !== 'there was none')
        world.count('stream made anew')
    },
    warn: (facts, text) => {
      say(facts, text)
      if (!KEYS_LOST.test(text)) return
      // Of two processes on copies each makes keys that the other never gets.
      if (world.sites[actor].hadTwoOwners) world.sites[actor].lackedKeys = true
      // An older store that was put back does not know yet of whom the keys beside it have been deleted.
      else if (!hasErased(world, actor)) world.violation(`${actor} says: ${text}`)
    },
    error: (facts, text) => {
      say(facts, text)
      if (text.includes('no room on the disk')) return
      if (text.includes('is not the one seen here'))
        return world.stoppedReading(actor, name, String((facts as { source: string }).source))
      world.violation(`${actor} says: ${text} ${JSON.stringify(facts)}`)
    },
  }
}
