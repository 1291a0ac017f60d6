/** The load: customers who order, pay, give up, take money back, ask twice and look, as fast as they are let. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createSeededRandom, type SeededRandom } from '../../src/world/seeded-random.ts'
import { KEYLESS_FROM_MINOR } from '../../test/checker/check-answers.ts'
import type { Journal } from '../../test/checker/journal.ts'
import { type Answered, type Client, createClient, type Wish } from './clients.ts'
import type { Http } from './http.ts'

export type LoadPlan = {
  http: Http
  journal: Journal
  seed: number
  users: number
  clients: number
  /** Orders a second at the most. */
  rate: number
  /** What they do besides, by weight. */
  deeds?: Partial<Record<Deed, number>> | undefined
}

export type Load = {
  /** Makes the users and gives them money. */
  prepare: () => Promise<void>
  run: () => void
  /** Orders that were acknowledged so far. */
  orders: () => number
  /** One order, by a client of its own: whether the shop works. Resolves when it is acknowledged, or not in time. */
  probe: () => Promise<boolean>
  /** A user, an order and a withdrawal through the queue, in this order or from the last to the first; whether it took them. */
  queueThree: (isBackwards: boolean) => Promise<{ wishes: Wish[]; areTaken: boolean }>
  userIds: () => string[]
  /** Begins nothing more; resolves when every client has its answer, or has given up after `patienceMs`. */
  stop: (patienceMs: number) => Promise<void>
}

/** Weights of what a client does next; orders are the most of it. */
const DEEDS: readonly [deed: Deed, weight: number][] = [
  ['order', 76],
  ['look', 6],
  ['pay', 5],
  ['again', 4],
  ['cancel', 2],
  ['refund', 2],
  ['three through the queue', 1],
  ['another body', 1],
  ['letter', 1],
  ['pay without a key', 1],
  ['join', 1],
]
/** What a client does. */
export type Deed =
  | 'order'
  | 'look'
  | 'pay'
  | 'again'
  | 'cancel'
  | 'refund'
  | 'three through the queue'
  | 'another body'
  | 'letter'
  | 'pay without a key'
  | 'join'

const PATIENCE_MS = 90_000
/** What was asked lately and may be asked again, or looked at. */
const REMEMBERED = 500

export const createLoad = ({ http, journal, seed, users, clients, rate, deeds: more = {} }: LoadPlan): Load => {
  let patienceMs = PATIENCE_MS
  let stopping = false
  let orders = 0
  let serial = 0
  const userIds: string[] = []
  const done: Wish[] = []
  const taken: string[] = []
  const working: Promise<void>[] = []
  let nextTurnAt = 0

  const client: Client = createClient(http, journal, () => patienceMs)
  const newKey = (what: string): string => `${what}-${serial++}`

  const ask = async (wish: Wish): Promise<Answered> => {
    const answered = await client.ask(wish)
    if (answered && answered.status < 300 && wish.key !== null) {
      if (done.length >= REMEMBERED) done.shift()
      done.push(wish)
    }
    return answered
  }

  const join = async (): Promise<void> => {
    const number = serial
    const body = { first_name: 'Vera', last_name: `Volkova ${number}`, email: `vera${number}@example.com` }
    const answered = await ask({ command: 'CreateUser', key: newKey('user'), path: '/user/create', body })
    if (answered?.status === 201) userIds.push(String(answered.reply.user_id))
  }
  const pay = (user_id: string, amount: number) =>
    ask({ command: 'PutMoney', key: newKey('pay'), path: '/money/put', body: { user_id, amount: String(amount) } })
  const order = async (user_id: string, chance: SeededRandom, inHaste = false): Promise<string | undefined> => {
    const body = { user_id, product_id: '12345', quantity: 1 + chance.integer(2) }
    const answered = await ask({ command: 'CreateOrder', key: newKey('order'), path: '/orders/create', body, inHaste })
    if (answered?.status !== 201) return undefined
    orders++
    const id = String(answered.reply.order_id)
    if (taken.length >= REMEMBERED) taken.shift()
    taken.push(id)
    return id
  }
  const change = (what: 'cancel' | 'refund', id: string) =>
    ask({
      command: what === 'cancel' ? 'CancelOrder' : 'RefundOrder',
      key: newKey(what),
      path: `/v1/orders/${id}/${what}`,
      body: {},
    })

  const queueThree: Load['queueThree'] = async isBackwards => {
    const number = serial++
    const user_id = `guest-${number}`
    const order_id = `foreign-${number}`
    const order_details = { product_name: 'Tea', quantity: 1, total_amount: '50' }
    const person = { user_id, first_name: 'Guest', last_name: String(number), email: `guest${number}@example.com` }
    const three: Wish[] = [
      { command: 'RegisterUser', key: newKey('guest'), path: '/mq/users', body: person },
      { command: 'PlaceOrder', key: newKey('foreign'), path: '/mq/orders', body: { order_id, user_id, order_details } },
      { command: 'Withdraw', key: newKey('take'), path: '/mq/withdrawals', body: { order_id, amount: '50' } },
    ]
    if (isBackwards) three.reverse()
    let areTaken = true
    for (const wish of three) areTaken = (await ask(wish))?.status === 202 && areTaken
    return { wishes: three, areTaken }
  }

  const deeds: Record<Deed, (user: string, chance: SeededRandom) => Promise<unknown>> = {
    order: (user, chance) => order(user, chance),
    look: async (_, chance) => (taken.length > 0 ? client.look(chance.pick(taken)) : undefined),
    pay: (user, chance) => pay(user, 500 + chance.integer(4000)),
    again: async (_, chance) => (done.length > 0 ? client.ask(chance.pick(done)) : undefined),
    cancel: async (user, chance) => {
      const id = await order(user, chance, true)
      if (id !== undefined) await change('cancel', id)
    },
    refund: async (user, chance) => {
      const id = await order(user, chance)
      if (id !== undefined) await change('refund', id)
    },
    'three through the queue': (_, chance) => queueThree(chance.integer(3) === 0),
    'another body': async (_, chance) => {
      const payments = done.filter(({ command }) => command === 'PutMoney')
      if (payments.length === 0) return
      const payment = chance.pick(payments)
      await client.ask({ ...payment, body: { ...payment.body, amount: '0.07' } })
    },
    letter: user =>
      ask({
        command: 'SendLetter',
        key: newKey('letter'),
        path: '/notifications/send',
        body: {
          user_id: user,
          message: `Message ${serial}`,
          notification_type: 'note',
          timestamp: '2023-09-07T14:30:00Z',
        },
      }),
    'pay without a key': user => {
      const amount = (KEYLESS_FROM_MINOR + serial++) / 100
      return ask({
        command: 'PutMoney',
        key: null,
        path: '/money/put',
        body: { user_id: user, amount: amount.toFixed(2) },
      })
    },
    join,
  }
  const bag = DEEDS.flatMap(([deed, weight]) => Array<Deed>(weight + (more[deed] ?? 0)).fill(deed))

  // The clients share one pace: each takes the next free moment.
  const turn = async (): Promise<void> => {
    const now = performance.now()
    nextTurnAt = Math.max(nextTurnAt + 1000 / rate, now)
    if (nextTurnAt > now) await sleep(nextTurnAt - now)
  }

  const work = async (number: number): Promise<void> => {
    const chance = createSeededRandom(seed * 1000 + number)
    while (!stopping) {
      await turn()
      if (!stopping) await deeds[chance.pick(bag)](chance.pick(userIds), chance)
    }
  }

  return {
    prepare: async () => {
      const chance = createSeededRandom(seed)
      for (let made = 0; made < users; made += clients)
        await Promise.all(Array.from({ length: Math.min(clients, users - made) }, join))
      if (userIds.length === 0) throw new Error('Cannot begin: no user could be made')
      await Promise.all(userIds.map(user => pay(user, 1000 + chance.integer(8000))))
    },
    run: () => {
      for (let number = 1; number <= clients; number++) working.push(work(number))
    },
    orders: () => orders,
    probe: async () => {
      const body = { user_id: userIds[0], product_id: '12345', quantity: 1 }
      const probing = createClient(http, journal, () => 0)
      const answered = await probing.ask({ command: 'CreateOrder', key: newKey('probe'), path: '/orders/create', body })
      return answered?.status === 201
    },
    queueThree,
    userIds: () => userIds,
    stop: async ms => {
      stopping = true
      patienceMs = ms
      await Promise.all(working)
    },
  }
}
