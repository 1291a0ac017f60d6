/** One simulated installation: a broker, three actors on their disks, and whatever happens to them. */
import { DEFINITIONS, definitionOf } from '../../src/actors/definitions.ts'
import type { AnyActorDefinition, Settings } from '../../src/actors/kernel/actor.ts'
import type { ActorPorts } from '../../src/actors/kernel/actor-ports.ts'
import type { Mailer } from '../../src/actors/notification/mailer.ts'
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import { createMemoryBroker, type MemoryBroker } from '../../src/bus/memory.ts'
import type { Faults } from '../../src/bus/memory-faults.ts'
import { streamOf } from '../../src/bus/subjects.ts'
import type { Clock } from '../../src/world/clock.ts'
import { createSeededRandom, type SeededRandom } from '../../src/world/seeded-random.ts'
import { createVirtualClock, promisesDone, type VirtualClock } from '../../src/world/virtual-clock.ts'
import { type Backup, createDisk, type Disk } from './disk.ts'
import { createHistory, type History } from './history.ts'
import { createMailServer, type MailServer } from './mail-server.ts'
import { asNewer } from './newer-version.ts'
import type { Counts, RarePath } from './rare-paths.ts'
import { createSimulatedGateway, type SimulatedGateway } from './simulated-gateway.ts'
import { type SimulatedProcess, startProcess } from './simulated-process.ts'
import { createTrace, type Trace } from './trace.ts'

/** A bug put in on purpose: changes the ports of a process before it starts. */
export type Plant = (ports: ActorPorts, disk: Disk) => ActorPorts

/** A stop that a person hears of. */
export type Alarm = { actor: ActorName; process: string; kind: 'refused' | 'stopped reading'; source: ActorName }

/** Where an actor lives: its disk and its process, and at times a copy of both. */
export type Site = {
  actor: ActorName
  definition: AnyActorDefinition
  /** The same, for a process that reaches a mail server. */
  withMailer: (mailer: Mailer) => AnyActorDefinition
  disk: Disk
  process: SimulatedProcess | undefined
  copy: SimulatedProcess | undefined
  /** What is to be counted when it has opened. */
  came: RarePath | undefined
  /** Not started again by itself while a fault holds it down. */
  heldDown: boolean
  starts: number
  /** Two processes wrote its log at some time. */
  hadTwoOwners: boolean
  /** One of the two said that it lacks keys of the other. */
  lackedKeys: boolean
}

export type World = {
  seed: number
  /** Time as the actors see it. Every event on it is one at which something may die. */
  clock: Clock
  virtual: VirtualClock
  chance: Record<
    'broker' | 'processes' | 'clients' | 'faults' | 'gateway' | 'mail' | 'erasing' | 'adopting',
    SeededRandom
  >
  broker: MemoryBroker
  gateway: SimulatedGateway
  mail: MailServer
  settings: Settings
  sites: Record<ActorName, Site>
  history: History
  trace: Trace
  plant: Plant
  alarms: Alarm[]
  violations: string[]
  /** The ids under which queued commands were delivered, and which of the sends each came of. */
  delivered: Map<string, number>
  /** Actors whose stream its owner has asked to be deleted, to fill it from the store: what lies there is as good as gone. */
  deletesUnderWay: Set<string>
  /** What happened to streams that lets a refusal be right: `<actor> foreign`, `<actor> gap`. */
  streamFaults: Set<string>

  /** How many requests there were, not counting those that were only sent again. */
  requests: number
  count: (path: RarePath) => void
  violation: (text: string) => void
  refused: (actor: ActorName, process: string, reason: string) => void
  stoppedReading: (actor: ActorName, process: string, source: string) => void
  /** Runs `run` when so many more events have happened. */
  inEvents: (count: number, run: () => void) => void
  /** Runs `run`, a part of a fault, in `ms`; heeding this, a run waits for the end of every fault. */
  later: (ms: number, run: () => void) => void
  /** How many faults have not come to their end. */
  faultsUnderWay: () => number
  start: (actor: ActorName) => void
  kill: (actor: ActorName, inFlight?: { arriving?: number; afterMs?: number }) => void
  backup: (actor: ActorName) => Backup
  /** A second process of `actor` on a copy of its disk, whose store is `backup`. */
  startCopy: (actor: ActorName, backup: Backup) => void
  /** Of the two processes of `actor` one remains. */
  endCopy: (actor: ActorName, remains: 'first' | 'copy') => void
  /** To be called after whatever took entries from a store or a stream. */
  copiesTaken: () => void
}

const BEGIN = Date.UTC(2026, 0, 5, 9)
/** Far more than any run has: who gets there turns in a circle. */
const MOST_EVENTS = 60_000
/** A supervisor starts a process again after this; the product's backoff begins alike. */
const RESTART_MS = 300
/** How long the gateway asks for one request, unless the run draws something else; and what it waits for an order to settle. */
const DEADLINE_MS = 10_000
const SETTLE_MS = 300

/** The world of `seed`, in which nothing runs yet. */
export const createWorld = (
  seed: number,
  options: {
    faults: Partial<Faults>
    settings: Settings
    counts: Counts
    deadlineMs?: number
    newer?: readonly ActorName[]
    plant?: Plant
  },
): World => {
  const virtual = createVirtualClock({ start: BEGIN, settle: promisesDone })
  const chanceOf = (part: number) => createSeededRandom(seed + part * 2 ** 32)
  const chance = {
    broker: chanceOf(1),
    processes: chanceOf(2),
    clients: chanceOf(3),
    faults: chanceOf(4),
    gateway: chanceOf(6),
    mail: chanceOf(7),
    erasing: chanceOf(8),
    adopting: chanceOf(9),
  }
  const armed: { left: number; run: () => void }[] = []

  let events = 0
  let underWay = 0
  /** Every event of the world comes through here, when all promises before it have settled. */
  const atEvent = (run: () => void) => () => {
    if (++events > MOST_EVENTS) throw new Error(`Cannot go on: ${events} events, and time stands still`)
    for (const one of [...armed]) {
      if (--one.left > 0) continue
      armed.splice(armed.indexOf(one), 1)
      one.run()
    }
    run()
  }
  const clock: Clock = {
    now: virtual.now,
    monotonic: virtual.monotonic,
    after: (ms, run) => virtual.after(ms, atEvent(run)),
    soon: run => virtual.soon(atEvent(run)),
  }
  const trace = createTrace(virtual.monotonic)
  const { counts } = options

  const world: World = {
    seed,
    clock,
    virtual,
    chance,
    broker: createMemoryBroker({ clock, random: chance.broker, faults: options.faults }),
    get gateway() {
      return gateway
    },
    get mail() {
      return mail
    },
    settings: options.settings,
    sites: Object.fromEntries(
      ACTOR_NAMES.map(actor => [actor, newSite(actor, options.newer?.includes(actor) ?? false)]),
    ) as Record<ActorName, Site>,
    history: createHistory(),
    trace,
    plant: options.plant ?? (ports => ports),
    alarms: [],
    violations: [],
    delivered: new Map(),
    deletesUnderWay: new Set(),
    streamFaults: new Set(),
    requests: 0,

    count: path => void counts.set(path, (counts.get(path) ?? 0) + 1),
    violation: text => {
      trace.say('VIOLATION', text)
      world.violations.push(text)
    },
    refused: (actor, process, reason) => {
      world.alarms.push({ actor, process, kind: 'refused', source: actor })
      world.count('history refused')
      if (reason.includes('has seen entry')) world.count('witness contradicted')
    },
    stoppedReading: (actor, process, source) => {
      world.alarms.push({ actor, process, kind: 'stopped reading', source: source.split('/')[0] as ActorName })
      world.count('reader stopped reading')
    },
    inEvents: (count, run) => void armed.push({ left: count, run }),
    later: (ms, run) => {
      underWay++
      clock.after(ms, () => {
        underWay--
        run()
      })
    },
    faultsUnderWay: () => underWay + armed.length,

    start: actor => {
      const site = world.sites[actor]
      if (site.process?.alive()) return
      const process = startProcess(world, { actor, disk: site.disk, name: `${actor}-${++site.starts}` }, () => {
        // Its end has to wait until what it is just doing is done, as the end of a real process would.
        clock.soon(() => {
          process.kill()
          clock.after(RESTART_MS, () => {
            if (site.process === process && !site.heldDown) world.start(actor)
          })
        })
      })
      site.process = process
    },
    kill: (actor, inFlight) => world.sites[actor].process?.kill(inFlight),

    backup: actor => {
      const { disk, process } = world.sites[actor]
      process?.save()
      return { store: disk.store, chains: [...disk.chains] }
    },
    startCopy: (actor, backup) => {
      const site = world.sites[actor]
      if (site.copy) return
      site.hadTwoOwners = true
      world.count('two owners')
      const disk: Disk = {
        ...createDisk(),
        ...backup,
        chains: [...backup.chains],
        keys: site.disk.keys,
        mark: site.disk.mark,
      }
      const run = (): void => {
        const name = `${actor}-copy-${++site.starts}`
        const process = startProcess(world, { actor, disk, name }, () => {
          clock.soon(() => {
            process.kill()
            clock.after(RESTART_MS, () => {
              if (site.copy === process) run()
            })
          })
        })
        site.copy = process
      }
      run()
    },
    endCopy: (actor, remains) => {
      const site = world.sites[actor]
      const { copy } = site
      if (!copy) return
      site.copy = undefined
      copy.kill()
      if (remains === 'copy') {
        site.process?.kill()
        site.disk = copy.disk
        world.start(actor)
      }
      world.copiesTaken()
    },

    copiesTaken: () =>
      world.history.copiesTaken(actor => {
        const { disk, copy } = world.sites[actor]
        const inStream = world.deletesUnderWay.has(actor)
          ? []
          : world.broker.messages(streamOf({ actor, cell: 0 })).map(message => message.headers['Nats-Msg-Id'])
        return new Set([...disk.chains, ...(copy?.disk.chains ?? []), ...inStream.filter(chain => chain !== undefined)])
      }),
  }
  const mail = createMailServer(world)
  const gateway = createSimulatedGateway(world, {
    requestDeadlineMs: options.deadlineMs ?? DEADLINE_MS,
    settleWaitMs: SETTLE_MS,
    currency: 'RUB',
    rateLimit: 0,
    trustProxy: false,
    demo: false,
  })
  return world
}

const newSite = (actor: ActorName, isNewer: boolean): Site => ({
  actor,
  definition: isNewer ? asNewer(DEFINITIONS[actor]) : DEFINITIONS[actor],
  withMailer: mailer => {
    const definition = definitionOf(actor, { mailer })
    return isNewer ? asNewer(definition) : definition
  },
  disk: createDisk(),
  process: undefined,
  copy: undefined,
  came: undefined,
  heldDown: false,
  starts: 0,
  hadTwoOwners: false,
  lackedKeys: false,
})
