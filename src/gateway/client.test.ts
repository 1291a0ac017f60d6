/** Hono's client over the gateway: what compiles works, and what does not fit does not compile. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hc } from 'hono/client'
import type { ProblemCode } from '../bus/problem.ts'
import type { KassaApi } from './client.ts'
import { no, type Script, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const USER = 93493453
const MOMENT = '2023-09-07T14:30:00Z'

type Id = number | string
type Operation = {
  operation_id: string
  user_id: Id
  type: 'refill' | 'withdrawal' | 'refund'
  amount: string
  timestamp: string
}
type Letter = {
  message_id: string
  user_id: Id
  status: 'Queued' | 'Sent' | 'Failed' | 'Suppressed'
  message: string
  timestamp: string
}
type Order = { order_id: string; user_id: Id; product_id: string; quantity: number; status: 'Pending' }
type Receipt = { accepted: true; id: string }

/** What came back, when it is a yes; its type is the yes alone. */
const bodyOf = async <Reply extends { ok: boolean; json(): Promise<unknown> }>(asked: Promise<Reply>) => {
  const reply = await asked
  assert.ok(reply.ok)
  return (await reply.json()) as Awaited<ReturnType<Extract<Reply, { ok: true }>['json']>>
}

/** Compiles only where the body has just this type, and looks that it also is so. */
const isJust =
  <Expected>() =>
  <Actual extends Expected>(
    actual: Actual,
    expected: Expected extends Actual ? Expected : ['the types differ', Actual, Expected],
  ): void =>
    assert.deepEqual(actual, expected)

const kassaOf = (script: Script = {}) => {
  const { app, bus, finish } = createTestGateway(script)
  const kassa = hc<KassaApi>('http://localhost', {
    fetch: (input: RequestInfo | URL, init?: RequestInit) =>
      finish(Promise.resolve(app.fetch(new Request(input, init)))),
  })
  return { bus, kassa }
}

suite('hc<KassaApi> knows the ten operations', () => {
  test('a user', async () => {
    const { kassa } = kassaOf()
    const user = { first_name: 'John', last_name: 'Colinse', email: 'user@email.com' }
    isJust<{ user_id: Id }>()(await bodyOf(kassa.user.create.$post({ json: user })), { user_id: USER })
  })

  test('money', async () => {
    const { kassa, bus } = kassaOf()
    const put = kassa.money.put.$post({
      json: { user_id: USER, amount: '1000' },
      header: { 'Idempotency-Key': 'payment-1' },
    })
    isJust<{ balance: number }>()(await bodyOf(put), { balance: 2000 })
    assert.deepEqual(bus.asked[0]?.body, { user_id: USER, amount: '1000' })
    assert.match(JSON.stringify(bus.asked[0]?.headers), /payment-1/)
  })

  test('the history', async () => {
    const refill = { operation_id: '12345', user_id: USER, type: 'refill', amount: '1000', timestamp: MOMENT } as const
    const { kassa, bus } = kassaOf({ GetHistory: yes({ items: [refill], next_cursor: null }) })
    const history = kassa.money.history.$get({ query: { user_id: USER, type: 'refill', limit: 10 } })
    isJust<Operation[]>()(await bodyOf(history), [refill])
    assert.deepEqual(bus.asked[0]?.body, { user_id: String(USER), type: 'refill', limit: '10' })
  })

  test('the letters', async () => {
    const letter = { message_id: '67890', user_id: USER, status: 'Sent', message: 'Чай', timestamp: MOMENT } as const
    const { kassa } = kassaOf({ ListLetters: yes({ items: [letter], next_cursor: null }) })
    const letters = kassa.notifications.messages.$get({ query: { user_id: USER } })
    isJust<Letter[]>()(await bodyOf(letters), [letter])
  })

  test('an order', async () => {
    const { kassa } = kassaOf()
    const order = { user_id: USER, product_id: '12345', quantity: 5 }
    isJust<Order>()(await bodyOf(kassa.orders.create.$post({ json: order })), {
      order_id: '54321',
      ...order,
      status: 'Pending',
    })
  })

  test('a letter', async () => {
    const { kassa } = kassaOf()
    const letter = { user_id: String(USER), message: 'Чай', notification_type: 'tea', timestamp: MOMENT }
    isJust<{ message_id: string }>()(await bodyOf(kassa.notifications.send.$post({ json: letter })), {
      message_id: '67890',
    })
  })

  test('a user for the queue', async () => {
    const { kassa } = kassaOf()
    const user = { user_id: 'unique_user_id', first_name: 'John', last_name: 'Doe', email: 'johndoe@example.com' }
    const registered = kassa.mq.users.$post({ json: user, header: { 'Idempotency-Key': 'user-1' } })
    isJust<Receipt>()(await bodyOf(registered), { accepted: true, id: 'user-1' })
  })

  test('a queue', async () => {
    const { kassa } = kassaOf()
    const queue = kassa.mq.billing.subscribe.$post({ json: { queue_name: 'user_creation_queue' } })
    isJust<{ queue_name: string; stream: string; consumer: string; pending: number }>()(await bodyOf(queue), {
      queue_name: 'user_creation_queue',
      stream: 'ORDER_0',
      consumer: 'user_creation_queue',
      pending: 0,
    })
  })

  test('an order for the queue', async () => {
    const { kassa, bus } = kassaOf()
    const order_details = { product_name: 'Product XYZ', quantity: 3, total_amount: 100 }
    const placed = kassa.mq.orders.$post({
      json: { order_id: 'unique_order_id', user_id: 'u-1', order_details },
      header: { 'Idempotency-Key': 'order-1' },
    })
    isJust<Receipt>()(await bodyOf(placed), { accepted: true, id: 'order-1' })
    assert.equal(bus.sent.length, 1)
  })

  test('a withdrawal for the queue', async () => {
    const { kassa } = kassaOf()
    const withdrawn = kassa.mq.withdrawals.$post({
      json: { order_id: 'unique_order_id', amount: 100 },
      header: { 'Idempotency-Key': 'withdrawal-1' },
    })
    isJust<Receipt>()(await bodyOf(withdrawn), { accepted: true, id: 'withdrawal-1' })
  })
})

suite('hc<KassaApi> knows', () => {
  test('a parameter in the path', async () => {
    const { kassa, bus } = kassaOf({ GetOrder: no('order_not_found') })
    const reply = await kassa.v1.orders[':order_id'].$get({ param: { order_id: '54321' } })
    assert.equal(reply.status, 404)
    assert.deepEqual(bus.asked[0]?.body, { order_id: '54321' })
  })

  test('a list whose parameters may all be left out', async () => {
    const { kassa } = kassaOf({ ListDeadLetters: yes({ items: [], next_cursor: null }) })
    assert.deepEqual(await bodyOf(kassa.v1['dead-letters'].$get()), { items: [], next_cursor: null })
  })

  test('a change that its address says whole', async () => {
    const { kassa, bus } = kassaOf()
    const cancelled = kassa.v1.orders[':order_id'].cancel.$post({ param: { order_id: '54321' } })
    const { status }: { status: string } = await bodyOf(cancelled)
    assert.equal(status, 'Cancelled')
    assert.deepEqual(bus.asked[0]?.body, { order_id: '54321' })
  })

  test('a field that may be left out, and one in a header', async () => {
    const { kassa, bus } = kassaOf()
    const order = kassa.v1.orders[':order_id'].refund
    await order.$post({ param: { order_id: '54321' } })
    await order.$post({ param: { order_id: '54321' }, json: { amount: '200' }, header: { 'If-Match': '"7"' } })
    assert.deepEqual(
      bus.asked.map(({ body }) => body),
      [{ order_id: '54321' }, { order_id: '54321', amount: '200', if_version: 7 }],
    )
  })

  test('every method, and a reply without what only the status says', async () => {
    const { kassa } = kassaOf()
    const product = kassa.v1.products[':product_id'].$put({
      param: { product_id: '12345' },
      json: { name: 'Product 12345', price: 100 },
      header: { 'If-None-Match': '*' },
    })
    isJust<{ product_id: string; name: string; price: string; version: number }>()(await bodyOf(product), {
      product_id: '12345',
      name: 'Product 12345',
      price: '100',
      version: 2,
    })
    const user = { param: { user_id: String(USER) } }
    const { email }: { email: string } = await bodyOf(
      kassa.v1.users[':user_id'].$patch({ ...user, json: { email: 'john@example.com' } }),
    )
    assert.equal(email, 'john@example.com')
    isJust<{ user_id: Id; erased: true }>()(await bodyOf(kassa.v1.users[':user_id'].$delete(user)), {
      user_id: USER,
      erased: true,
    })
  })

  test('what a no looks like', async () => {
    const { kassa } = kassaOf({ PutMoney: no('balance_limit') })
    const reply = await kassa.money.put.$post({ json: { user_id: USER, amount: '1000' } })
    if (reply.ok) assert.fail('this is refused')
    const { code }: { code: ProblemCode } = await reply.json()
    assert.deepEqual([reply.status, code], [409, 'balance_limit'])
  })
})

// Each line below is a fault of a client, sent nonetheless: the compiler says so, and so does the gateway.
suite('hc<KassaApi> does not compile', () => {
  test('an address that is not there', async () => {
    const { kassa } = kassaOf()
    // @ts-expect-error
    assert.equal((await kassa.money.take.$post({ json: {} })).status, 404)
  })

  test('a method that an address does not take', async () => {
    const { kassa } = kassaOf()
    // @ts-expect-error
    assert.equal((await kassa.money.history.$post({ json: {} })).status, 405)
    // @ts-expect-error
    assert.equal((await kassa.money.put.$get()).status, 405)
  })

  test('a field that is missing', async () => {
    const { kassa } = kassaOf()
    // @ts-expect-error
    assert.equal((await kassa.money.put.$post({ json: { user_id: USER } })).status, 400)
  })

  test('a field of another type', async () => {
    const { kassa } = kassaOf()
    // @ts-expect-error
    const reply = await kassa.orders.create.$post({ json: { user_id: USER, product_id: '12345', quantity: 'five' } })
    assert.equal(reply.status, 400)
  })

  test('a field that is unknown', async () => {
    const { kassa } = kassaOf()
    // @ts-expect-error
    const reply = await kassa.money.put.$post({ json: { user_id: USER, amount: '1', currency: 'RUB' } })
    assert.equal(reply.status, 400)
  })

  test('a list without its user', async () => {
    const { kassa } = kassaOf()
    // @ts-expect-error
    assert.equal((await kassa.money.history.$get({ query: {} })).status, 400)
  })

  test('a reply read as what it is not', async () => {
    const { kassa } = kassaOf()
    const balance = await bodyOf(kassa.money.put.$post({ json: { user_id: USER, amount: '1000' } }))
    // @ts-expect-error
    assert.equal(balance.order_id, undefined)
  })
})
