/** Bugs put in on purpose, each by changing what a process is given: the simulation must find every one of them. */
import type { ActorPorts } from '../../src/actors/kernel/actor-ports.ts'
import type { Store } from '../../src/actors/kernel/store.ts'
import type { Bus, LogStream, StreamLook } from '../../src/bus/bus.ts'
import { StreamConflict } from '../../src/bus/bus.ts'
import { type Entry, headerPairs } from '../../src/bus/entry.ts'
import { Unavailable } from '../../src/bus/unavailable.ts'
import type { Disk } from './disk.ts'
import type { Plant } from './world.ts'

const withBus = (ports: ActorPorts, change: (bus: Bus) => Partial<Bus>): ActorPorts => ({
  ...ports,
  bus: { ...ports.bus, ...change(ports.bus) },
})

const withStreams = (ports: ActorPorts, change: (stream: LogStream, bus: Bus) => Partial<LogStream>): ActorPorts =>
  withBus(ports, bus => ({
    logStream: address => {
      const stream = bus.logStream(address)
      return { ...stream, ...change(stream, bus) }
    },
  }))

/** Has `store` prepare other statements than it was asked to. */
const withStatements = (store: Store, change: (sql: string, prepare: (sql: string) => unknown) => unknown): Store => {
  const prepare = store.prepare.bind(store)
  store.prepare = ((sql: string) => change(sql, prepare)) as Store['prepare']
  return store
}

/** No id is ever found to have been handled. */
const inboxIgnored: Plant = ports => ({
  ...ports,
  store: withStatements(ports.store, (sql, prepare) =>
    prepare(sql.startsWith('SELECT seq FROM inbox') ? `${sql} AND 0` : sql),
  ),
})

type CursorRow = { source: string; seq: number; chain: string }
const cursorFiles = new WeakMap<Disk, Map<string, CursorRow>>()

/** Cursors stand in a file of their own, written when an event is handled and not when that is committed. */
const cursorOutsideTheStore: Plant = (ports, disk) => {
  const file = cursorFiles.get(disk) ?? new Map<string, CursorRow>()
  cursorFiles.set(disk, file)
  return {
    ...ports,
    store: withStatements(ports.store, (sql, prepare) => {
      const statement = prepare(sql)
      if (sql.startsWith('SELECT source, seq, chain FROM cursors')) return { all: () => [...file.values()] }
      if (!sql.startsWith('INSERT INTO cursors')) return statement
      return {
        run: (source: string, seq: number, chain: string) => {
          if (seq > (file.get(source)?.seq ?? 0)) file.set(source, { source, seq, chain })
          ;(statement as { run: (...values: unknown[]) => void }).run(source, seq, chain)
        },
      }
    }),
  }
}

/** The relay remembers what it has published, and looks at the stream no more. */
const markTrusted: Plant = ports => {
  let believed: StreamLook | undefined
  return withStreams(ports, stream => ({
    look: async () => {
      believed ??= await stream.look()
      return believed
    },
    append: async (entries, previous) => {
      try {
        await stream.append(entries, previous)
      } catch (error) {
        // What the stream does not take now, it must have taken before.
        if (!(error instanceof StreamConflict)) throw error
      }
      const last = entries.at(-1) as Entry
      believed = { created: '', firstSeq: 1, lastSeq: last.seq, last }
    },
  }))
}

/** Nobody is asked what he has seen. */
const noWitnesses: Plant = ports => ({ ...ports, readers: [] })

/** A store is always taken for the one that ran last. */
const anyMarkBelieved: Plant = ports => ({
  ...ports,
  mark: {
    ...ports.mark,
    read: () =>
      ports.store.prepare<[], string>("SELECT seq || ' ' || chain FROM log ORDER BY seq DESC LIMIT 1").pluck().get(),
  },
})

/** Entries are published with the number that they expect, and not with the chain. */
const onlyNumbersExpected: Plant = ports =>
  withStreams(ports, (_, bus) => ({
    append: async entries => {
      const published = entries.map(entry =>
        bus.request(entry.subject, entry.body, {
          headers: {
            ...Object.fromEntries(headerPairs(entry.headers)),
            'Nats-Msg-Id': entry.chain,
            'Nats-Expected-Last-Sequence': String(entry.seq - 1),
          },
          timeoutMs: 5000,
        }),
      )
      const answers = await Promise.all(published)
      const { error } = JSON.parse(Buffer.from(answers.at(-1)!.body).toString('utf8')) as { error?: unknown }
      if (error) throw new StreamConflict('refused')
    },
  }))

/** What was committed is on the disk only some time later: every reply comes before the commit. */
const repliesBeforeCommit: Plant = ports => {
  const serialize = ports.store.serialize.bind(ports.store)
  let synced = serialize()
  const sync = (): void => {
    synced = serialize()
    ports.clock.after(700, sync)
  }
  ports.clock.after(700, sync)
  ports.store.serialize = () => synced
  return ports
}

/** Queued commands are acknowledged when they come, not when they are carried out. */
const acksBeforeCommit: Plant = ports =>
  withBus(ports, bus => ({
    queue: {
      ...bus.queue,
      work: (address, deliver) =>
        bus.queue.work(address, command => {
          command.ack()
          deliver(command)
        }),
    },
  }))

/** A queued command without an id is named by its number alone. */
const namedByNumber: Plant = ports =>
  withBus(ports, bus => ({
    queue: {
      ...bus.queue,
      work: (address, deliver) =>
        bus.queue.work(address, command =>
          deliver({ ...command, fallbackId: command.fallbackId.slice(command.fallbackId.lastIndexOf('/') + 1) }),
        ),
    },
  }))

/** A reader never asks the actor itself. */
const sourceNeverAsked: Plant = ports =>
  withBus(ports, bus => ({
    request: (subject, body, options) =>
      subject.endsWith('.query.ReadLog')
        ? Promise.reject(new Unavailable('nobody asks here'))
        : bus.request(subject, body, options),
  }))

/** A bug, and the faults in whose company it shows soon; without them it would take thousands of seeds. */
export type PlantedBug = { plant: Plant; faults: readonly string[] }

/** All of them, by the rule that each breaks. */
export const PLANTED_BUGS: Record<string, PlantedBug> = {
  'the inbox is ignored': { plant: inboxIgnored, faults: ['crash'] },
  'the cursor is moved outside the store': { plant: cursorOutsideTheStore, faults: ['full disk', 'failing commit'] },
  'the relay trusts a mark instead of looking': { plant: markTrusted, faults: ['forgotten tail', 'deleted stream'] },
  'no witnesses are asked': { plant: noWitnesses, faults: ['restored store'] },
  'any mark is believed': { plant: anyMarkBelieved, faults: ['restored store', 'broker down'] },
  'an append expects numbers and no chain': { plant: onlyNumbersExpected, faults: ['two owners'] },
  'replies leave before the commit': { plant: repliesBeforeCommit, faults: ['crash', 'empty broker'] },
  'acknowledgements leave before the commit': { plant: acksBeforeCommit, faults: ['full disk', 'crash of all'] },
  'a queued command is named by its number': { plant: namedByNumber, faults: ['deleted queue'] },
  'a reader never asks its source': { plant: sourceNeverAsked, faults: ['trimmed head', 'purged stream', 'crash'] },
}
