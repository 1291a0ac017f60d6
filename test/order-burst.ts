/** A burst of orders and payments by clients that do as clients should: a key a request, and again until answered. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import { expecting, get, post, type Reply } from './http-client.ts'
import type { KassaUnderTest, PartName } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

/** What one order costs, by the catalogue of the clone: one of product 12345. */
const PRICE = 100
/** Orders of one shopper, and how many of them the money is for: the others must be rejected. */
const ORDERS_EACH = 8
const PAID_EACH = 5
const SHOPPERS = 5
/** Payments of 1 to one account, among the orders. */
const PAYMENTS = 20
const CLIENTS = 8

/** How long a client goes on asking, and how long it waits before it asks again, ms. */
const PATIENCE_MS = 40_000
const AGAIN_MS = 50

const SETTLED_MS = 20_000

/** An order that was answered 201. */
type Taken = { key: string; order_id: string; user_id: number }

export type Burst = {
  /** Resolves when so many requests have been answered 2xx. */
  answered(count: number): Promise<void>
  /** Resolves when all have been. */
  over: Promise<void>
  /** Asserts that nothing was lost and nothing was done twice. */
  check(): Promise<void>
}

/** How many requests a burst has. */
export const BURST_REQUESTS = SHOPPERS * ORDERS_EACH + PAYMENTS

/** When so many are answered a burst is in its midst. */
export const MIDDLE = Math.floor(BURST_REQUESTS / 3)

/** Makes its users, then begins. `kassa` is asked at each try: after a new start it has moved. */
export async function startBurst(kassa: () => KassaUnderTest, name: string): Promise<Burst> {
  const url = () => kassa().url
  const newUser = async () => {
    const person = { first_name: 'Burst', last_name: name, email: 'burst@example.com' }
    return (await expecting<{ user_id: number }>(201, post(url(), '/user/create/', person))).user_id
  }
  const shoppers = await Promise.all(Array.from({ length: SHOPPERS }, newUser))
  const saver = await newUser()
  const funded = shoppers.map(user_id =>
    expecting(202, post(url(), '/money/put/', { user_id, amount: PRICE * PAID_EACH })),
  )
  await Promise.all(funded)

  const taken: Taken[] = []
  let answers = 0
  const waiting = new Map<number, () => void>()
  const answered = () => {
    answers++
    waiting.get(answers)?.()
  }

  const ask = (path: string, body: object, key: string) =>
    eventually(`${path} ${key} is answered`, PATIENCE_MS, async () => {
      // A connection that breaks leaves the outcome open, as a 5xx does: the same request again, under the same key.
      const reply = await post(url(), path, body, { 'Idempotency-Key': key }).catch(() => undefined)
      if (reply && isFinal(reply)) return reply
      await sleep(AGAIN_MS)
      return undefined
    })
  const placeOrder = async (user_id: number, key: string) => {
    const body = { user_id, product_id: '12345', quantity: 1 }
    const { order_id } = await expecting<{ order_id: string }>(201, ask('/orders/create/', body, key))
    taken.push({ key, order_id, user_id })
    answered()
  }
  const pay = async (key: string) => {
    await expecting(202, ask('/money/put/', { user_id: saver, amount: 1 }, key))
    answered()
  }

  const orders = Array.from({ length: SHOPPERS * ORDERS_EACH }, (_, index) => {
    const user_id = shoppers[index % SHOPPERS]!
    return () => placeOrder(user_id, `${name}-order-${index}`)
  })
  const payments = Array.from({ length: PAYMENTS }, (_, index) => () => pay(`${name}-payment-${index}`))
  const jobs = shuffled(orders, payments)
  const client = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) await job()
  }
  const over = Promise.all(Array.from({ length: CLIENTS }, client)).then(() => {})
  // Whoever waits for it gets the fault; until then it is nobody's.
  over.catch(() => {})

  return {
    answered: count => Promise.race([new Promise<void>(resolve => waiting.set(count, resolve)), over]),
    over,
    check: async () => {
      // A new look: a connection that has seen the broker die takes seconds to find back.
      const nats = await lookAt(kassa())
      await check({ url: url(), nats, taken, shoppers, saver }).finally(nats.close)
    },
  }
}

const isFinal = ({ status }: Reply): boolean => status < 500 && status !== 409 && status !== 429

/** Evenly mixed, the same each time. */
const shuffled = <T>(many: T[], few: T[]): T[] => {
  const each = many.length / few.length
  return few.flatMap((one, index) => [...many.slice(index * each, (index + 1) * each), one])
}

type Outcome = { url: string; nats: NatsLook; taken: Taken[]; shoppers: number[]; saver: number }

async function check({ url, nats, taken, shoppers, saver }: Outcome): Promise<void> {
  assert.equal(
    new Set(taken.map(({ order_id }) => order_id)).size,
    SHOPPERS * ORDERS_EACH,
    'each key has its own order',
  )
  await checkSaver(url, saver)
  for (const user_id of shoppers) await checkShopper(url, user_id, taken)
  await checkStreams(nats, taken, shoppers)
}

async function checkSaver(url: string, user_id: number): Promise<void> {
  const { balance } = await expecting<{ balance: number }>(200, get(url, `/v1/money/balance?user_id=${user_id}`))
  assert.equal(balance, PAYMENTS, 'every payment counts once')
}

async function checkShopper(url: string, user_id: number, taken: Taken[]): Promise<void> {
  const ids = taken.filter(order => order.user_id === user_id).map(({ order_id }) => order_id)
  const statuses = await eventually('every order has come to an end', SETTLED_MS, async () => {
    const shown = await Promise.all(ids.map(id => expecting<{ status: string }>(200, get(url, `/v1/orders/${id}`))))
    const statuses = shown.map(({ status }) => status)
    return statuses.includes('Pending') ? undefined : statuses
  })
  const confirmed = ids.filter((_, index) => statuses[index] === 'Confirmed')
  assert.equal(confirmed.length, PAID_EACH, 'as many orders are confirmed as the money is for')

  const history = await expecting<{ type: string; amount: string }[]>(
    200,
    get(url, `/money/history?user_id=${user_id}`),
  )
  assert.deepEqual(
    history.map(({ type, amount }) => `${type} ${amount}`),
    [`refill ${PRICE * PAID_EACH}`, ...Array(PAID_EACH).fill(`withdrawal ${PRICE}`)],
  )

  const expected = ids.flatMap((id, index) => [
    `Ваш заказ #${id} ожидает подтверждения.`,
    statuses[index] === 'Confirmed'
      ? `Ваш заказ #${id} подтвержден и отправлен.`
      : `Ваш заказ #${id} отклонен: недостаточно средств на счете.`,
  ])
  const letters = await eventually('all letters are there', SETTLED_MS, async () => {
    const letters = await expecting<{ message: string }[]>(200, get(url, `/notifications/messages?user_id=${user_id}`))
    return letters.length < expected.length ? undefined : letters
  })
  assert.deepEqual(letters.map(({ message }) => message).sort(), expected.sort(), 'two letters an order')
}

/** The streams may have orders that nobody was told of only where a client never got an answer; here all did. */
async function checkStreams(nats: NatsLook, taken: Taken[], shoppers: number[]): Promise<void> {
  const told = async (stream: string, type: string) => {
    const events = (await nats.messages(stream)).filter(({ subject }) => subject.includes(`.event.${type}.`))
    const data = events.map(({ body }) => JSON.parse(body.toString()).data as { order_id: string; user_id: number })
    return data.filter(({ user_id }) => shoppers.includes(user_id)).map(({ order_id }) => order_id)
  }
  const all = taken.map(({ order_id }) => order_id).sort()
  const ends = await eventually('the streams tell every end', SETTLED_MS, async () => {
    const ends = [...(await told('BILLING_0', 'MoneyWithdrawn')), ...(await told('BILLING_0', 'WithdrawalRejected'))]
    return ends.length < all.length ? undefined : ends
  })
  assert.deepEqual((await told('ORDER_0', 'OrderCreated')).sort(), all, 'the stream tells of each order once')
  assert.deepEqual(ends.sort(), all, 'the stream tells of each charge once')
}

const LOG_STREAMS = ['ORDER_0', 'BILLING_0', 'NOTIFICATION_0']

/** A burst during which each log stream is deleted once; nothing may be lost or done twice. */
export async function burstWithoutStreams(kassa: () => KassaUnderTest): Promise<void> {
  const burst = await startBurst(kassa, 'deleted')
  const nats = await lookAt(kassa())
  for (const [index, stream] of LOG_STREAMS.entries()) {
    await burst.answered(Math.floor(((index + 1) * BURST_REQUESTS) / 4))
    assert.ok(await nats.jetstream.streams.delete(stream))
  }
  await burst.over
  await burst.check()
  await nats.close()
}

/** A burst with a kill -9 of `part` in its middle; nothing may be lost or done twice. */
export async function burstWithKill(kassa: () => KassaUnderTest, part: PartName): Promise<void> {
  const burst = await startBurst(kassa, part)
  await burst.answered(MIDDLE)
  await kassa().kill9(part)
  await burst.over
  await burst.check()
}
