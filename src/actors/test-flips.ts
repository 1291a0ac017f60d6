/** Flipping bits in the files of a shop, and telling whether anything wrong was ever shown. For tests only. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../bus/entry.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { billingActor } from './billing/actor.ts'
import type { AnyActorDefinition } from './kernel/actor.ts'
import type { Core } from './kernel/core.ts'
import { type GuardedStore, openGuardedStore } from './kernel/guarded-store.ts'
import { openMemoryStore, StoreDamaged } from './kernel/store.ts'
import { createTestCore, TEST_SETTINGS } from './kernel/test-core.ts'
import { openActorStore } from './open-actor-store.ts'
import { orderActor } from './order/actor.ts'
import { removeStore } from './store-files.ts'
import { noteVersion, tablesNumber } from './store-version.ts'

const USERS = 20
const ORDERS = 60
const SETTINGS = { ...TEST_SETTINGS, defaultPriceMinor: 100_00 }

/** What became of a flip: no harm, mended from the log, mended with what the stream has, refused; or a wrong answer. */
export const OUTCOMES = ['harmless', 'mended', 'mended by the stream', 'refused', 'served silently'] as const
export type Outcome = (typeof OUTCOMES)[number]

export type Flips = {
  /** Flips one bit that `seed` chooses, opens the store as a start does, asks everything. */
  flip: (seed: number) => { outcome: Outcome; what: string }
  close: () => void
}

/** The files of one actor as a kill leaves them: pages in the store, later ones in the write-ahead log, and the sums. */
type Files = Record<(typeof ENDS)[number], Buffer>
const ENDS = ['', '-wal', '.sums'] as const

type Subject = {
  definition: AnyActorDefinition
  files: Files
  entries: Entry[]
  truth: string
  ask: (core: Core) => string
}

/**
 * Makes the shop and a place for its flipped copies. Without `pageSums` the sums of the pages are taken after the flip, of
 * what it has made: then all that finds it is the chain, the sums of the rows, and SQLite itself.
 */
export const openFlips = ({ pageSums = true } = {}): Flips => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-flips-'))
  const subjects = makeShop(directory)
  const path = join(directory, 'flipped-0.db')
  const silent = () => {}
  const log = { info: silent, warn: silent, error: silent, debug: silent } as unknown as Parameters<
    typeof openActorStore
  >[1]

  const judge = (subject: Subject): Outcome => {
    const first = start(subject)
    // A process that finds its store damaged ends, and is started again.
    if (first !== 'condemned') return first
    const second = start(subject)
    return second === 'condemned' ? 'refused' : second === 'harmless' ? 'mended' : second
  }

  const start = ({ definition, entries, truth, ask }: Subject): Outcome | 'condemned' => {
    let guarded: GuardedStore
    let mended = false
    const keys = openMemoryStore()
    try {
      const address = { actor: definition.contract.actor, cell: 0 }
      const warn = () => {
        mended = true
      }
      guarded = openActorStore({ definition, address, settings: SETTINGS, path }, { ...log, warn } as typeof log)
    } catch {
      keys.close()
      return 'refused'
    }
    try {
      const { core } = createTestCore(definition, { store: guarded.store, keys, settings: SETTINGS })
      const head = core.log.head()
      // A start takes what is missing from the stream, each entry under the chain, before it shows anything.
      core.transaction(() => entries.slice(head).forEach(core.restore))
      if (ask(core) !== truth) return 'served silently'
      return head < entries.length ? 'mended by the stream' : mended ? 'mended' : 'harmless'
    } catch (error) {
      if (!(error instanceof StoreDamaged)) return 'refused'
      guarded.condemn(error)
      return 'condemned'
    } finally {
      guarded.close()
      keys.close()
    }
  }

  return {
    flip: seed => {
      const random = createSeededRandom(seed)
      const below = (most: number) => Math.floor(random.fraction() * most)
      const subject = subjects[below(subjects.length)] as Subject
      // Most into the store itself: much of the write-ahead log is what an earlier round has left, and means nothing.
      const drawn = (['', '', '', '', '', '', '', '', '-wal', '.sums'] as const)[below(10)] as (typeof ENDS)[number]
      const hit = pageSums || drawn !== '.sums' ? drawn : ''
      const bit = below(subject.files[hit].length * 8)
      removeStore(path)
      for (const end of ENDS) {
        const bytes = Buffer.from(subject.files[end])
        if (end === hit) bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
        if (pageSums || end !== '.sums') writeFileSync(`${path}${end}`, bytes)
      }
      const what = `${subject.definition.contract.actor}-0.db${hit}, bit ${bit}`
      return { outcome: judge(subject), what }
    },
    close: () => rmSync(directory, { recursive: true }),
  }
}

/** The order and the billing actor with users, money and orders, some of which are still in the write-ahead log. */
const makeShop = (directory: string): Subject[] => {
  const open = (definition: AnyActorDefinition) => {
    const path = join(directory, `${definition.contract.actor}-0.db`)
    const guarded = openGuardedStore(path)
    const keys = openMemoryStore()
    const bench = createTestCore(definition, { store: guarded.store, keys, settings: SETTINGS })
    noteVersion(guarded.store, tablesNumber(definition, bench.core.address, SETTINGS))
    return { definition, path, guarded, ...bench }
  }
  const order = open(orderActor)
  const billing = open(billingActor)
  const hear = (reader: typeof order, source: typeof order): void => {
    const name = `${source.definition.contract.actor}/0`
    const from = reader.core.cursor(name).seq + 1
    reader.turn(source.core.log.read(from, 10_000).map(entry => ({ kind: 'event', source: name, entry })))
  }
  const users = Array.from({ length: USERS }, (_, at) => String(TEST_SETTINGS.firstUserId + at))
  const trade = (orders: number): void => {
    for (let at = 0; at < orders; at++)
      order.run(
        'CreateOrder',
        { user_id: users[at % USERS], product_id: '1', quantity: 1 + (at % 5) },
        { key: `k${at}` },
      )
    hear(billing, order)
    hear(order, billing)
  }
  for (const [at, user] of users.entries()) {
    order.run('CreateUser', { first_name: 'Ivan', last_name: 'Petrov', email: `u${at}@example.com` }, { key: user })
    hear(billing, order)
    billing.run('PutMoney', { user_id: user, amount: 700_00 }, { key: user })
  }
  trade(ORDERS)
  for (const { guarded } of [order, billing]) guarded.writeBack()
  trade(ORDERS / 4)

  return [order, billing].map(({ definition, path, guarded, core }) => {
    const ask = definition.contract.actor === 'order' ? askOrder : (asked: Core) => askBilling(asked, users)
    const files = Object.fromEntries(ENDS.map(end => [end, readFileSync(`${path}${end}`)])) as Files
    const subject = { definition, files, entries: core.log.read(1, 100_000), truth: ask(core), ask }
    guarded.close()
    return subject
  })
}

/** What a query is answered; nothing here needs a bus. */
const query = (core: Core, name: string, body: object): unknown =>
  core.behaviour.answer[name]?.(body, undefined as never)

const askOrder = (core: Core): string => {
  const orders = query(core, 'ListOrders', { limit: 10_000 }) as { reply: { items: { order_id: string }[] } }
  const each = orders.reply.items.map(({ order_id }) => query(core, 'GetOrder', { order_id }))
  return JSON.stringify([orders, each, replies(core)])
}

const askBilling = (core: Core, users: string[]): string =>
  JSON.stringify([
    users.map(user_id => query(core, 'GetBalance', { user_id })),
    users.map(user_id => query(core, 'GetHistory', { user_id, limit: 10_000 })),
    core.behaviour.audit(),
    replies(core),
  ])

/** Whether each command is known, and what it was answered. */
const replies = (core: Core): unknown[] =>
  core.log.read(1, 100_000).map(({ seq }) => {
    const { command, reply } = core.headersAt(seq)
    return [reply, command === undefined ? null : core.answerTo(command)]
  })
