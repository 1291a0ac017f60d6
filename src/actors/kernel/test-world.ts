/** A broker in memory and actors on it, on a clock that a test moves. For tests only. */
import type { Bus, Headers } from '../../bus/bus.ts'
import { REFUSAL_HEADERS } from '../../bus/command-id.ts'
import type { Entry } from '../../bus/entry.ts'
import { createMemoryBroker } from '../../bus/memory.ts'
import { type Address, commandSubject, querySubject } from '../../bus/subjects.ts'
import { createSeededRandom } from '../../world/seeded-random.ts'
import { finishOn } from '../../world/test-finish.ts'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import type { AnyActorDefinition } from './actor.ts'
import { readEvent } from './event.ts'
import type { MarkFile } from './mark.ts'
import { startActor } from './running-actor.ts'
import { openMemoryStore, type Store } from './store.ts'
import { START, TEST_SETTINGS } from './test-core.ts'

export const TOY: Address = { actor: 'toy', cell: 0 }

/** What an actor has on its disk. */
export type TestDisk = { store: Store; keys: Store; mark: MarkFile & { value: string | undefined } }

/** An empty disk. */
export const emptyDisk = (): TestDisk => {
  const mark = {
    value: undefined as string | undefined,
    read: () => mark.value,
    write: (value: string) => {
      mark.value = value
    },
  }
  return { store: openMemoryStore(), keys: openMemoryStore(), mark }
}

/** A copy of a disk as a backup has it: the store and the keys, and the mark as it was then. */
export const copyOf = ({ store, keys, mark }: TestDisk): TestDisk => {
  const copy = { ...emptyDisk(), store: openMemoryStore(store.serialize()), keys: openMemoryStore(keys.serialize()) }
  copy.mark.value = mark.value
  return copy
}

/** The types of all entries in a store's log. */
export const typesIn = ({ store }: TestDisk): string[] =>
  store
    .prepare<[], Buffer>('SELECT body FROM log ORDER BY seq')
    .pluck()
    .all()
    .map(body => readEvent(body).type)

export type Answered = { code: string | undefined; body: Record<string, unknown>; headers: Headers }

export const createTestWorld = () => {
  const clock = createVirtualClock({ start: START })
  const random = createSeededRandom(1)
  const broker = createMemoryBroker({ clock, random })
  const client = broker.connect('client')

  const finish = finishOn(clock)

  const ask = async (subject: string, body: unknown, headers: Headers = {}): Promise<Answered> => {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const reply = await finish(client.request(subject, bytes, { headers, timeoutMs: 5000 }))
    const answer = JSON.parse(Buffer.from(reply.body).toString('utf8')) as Record<string, unknown>
    const isNo = reply.headers[REFUSAL_HEADERS.status] !== undefined
    return { code: isNo ? String(answer.code) : undefined, body: answer, headers: reply.headers }
  }

  /** Starts the actor `definition` at `address` on `disk`. `change` may put something between it and its bus. */
  const start = (
    definition: AnyActorDefinition,
    disk: TestDisk,
    more: {
      address?: Address
      readers?: string[]
      change?: (bus: Bus) => Bus
      name?: string
      startOver?: () => void
    } = {},
  ) => {
    const address = more.address ?? TOY
    const said: string[] = []
    const aside: Entry[] = []
    const say = (facts: object, text: string) => void said.push(`${text} ${JSON.stringify(facts)}`)
    const bus = broker.connect(more.name ?? address.actor)
    const actor = startActor(definition, {
      address,
      bus: more.change?.(bus) ?? bus,
      store: disk.store,
      keys: disk.keys,
      mark: disk.mark,
      clock,
      random,
      settings: TEST_SETTINGS,
      version: '1.0.0',
      readers: more.readers ?? [],
      keepAside: (_, entries) => void aside.push(...entries),
      copyStore: async () => '/copy.db',
      dataDir: '/data',
      startOver: more.startOver ?? (() => {}),
      pid: 4711,
      say: { info: say, warn: say, error: say },
    })
    let failed: Error | undefined
    void actor.failed.then(error => {
      failed = error
    })
    return { ...actor, disk, said, aside, error: () => failed }
  }

  return {
    clock,
    random,
    broker,
    client,
    finish,
    start,
    /** Starts it and lets time pass until it is open. */
    open: async (...args: Parameters<typeof start>) => {
      const running = start(...args)
      await finish(running.opened)
      return running
    },
    ask,
    command: (name: string, body: unknown, headers?: Headers) => ask(commandSubject(TOY, name), body, headers),
    query: (name: string, body: unknown, headers?: Headers) => ask(querySubject(TOY, name), body, headers),
    /** The types of all messages in a stream. */
    typesOf: async (address: Address): Promise<string[]> => {
      const stream = client.logStream(address)
      const last = (await finish(stream.look()))?.lastSeq ?? 0
      const types: string[] = []
      for (let seq = 1; seq <= last; seq++) {
        const entry = await finish(stream.get(seq))
        types.push(entry ? readEvent(entry.body).type : 'missing')
      }
      return types
    },
  }
}

export type TestWorld = ReturnType<typeof createTestWorld>
