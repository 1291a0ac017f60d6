/** Customers of a Kassa under test, and all that it shows of them: the same before a misfortune and after it. */
import assert from 'node:assert/strict'
import { eventually } from './eventually.ts'
import { expecting, get, post } from './http-client.ts'
import type { KassaUnderTest } from './kassa-under-test.ts'
import { lookAt } from './nats-look.ts'

export type Customers = {
  /** A new user with so much money. */
  join(amount: string): Promise<number>
  /** Orders so many of product 12345, which costs 100; the id of the order, which is settled by then. */
  order(userId: number, quantity: number, key?: string): Promise<string>
  /** The largest order id so far. */
  lastOrderId(): number
  /** An order that was given up with its store. */
  forget(orderId: string): void
  /** Everything that can be seen of all of them: orders, histories, letters, balances. */
  everything(): Promise<unknown>
  /** Asserts that every stream holds its actor's whole log, and gives the heads. */
  streamsAreWhole(): Promise<Record<string, number>>
}

/** A broker that was started anew gets what it lacks within a few looks of the relay, one every 2 s. */
const ARRIVED_MS = 15_000

const STREAMS = { order: 'ORDER_0', billing: 'BILLING_0', notification: 'NOTIFICATION_0' }

/** `kassa` is asked at each request: after a new start it has moved. */
export function customersOf(kassa: () => KassaUnderTest): Customers {
  const userIds: number[] = []
  const orderIds: string[] = []
  const url = () => kassa().url

  return {
    join: async amount => {
      const person = { first_name: 'Vera', last_name: 'Volkova', email: 'vera@example.com' }
      const { user_id } = await expecting<{ user_id: number }>(201, post(url(), '/user/create', person))
      await expecting(202, post(url(), '/money/put', { user_id, amount }))
      userIds.push(user_id)
      return user_id
    },
    order: async (user_id, quantity, key) => {
      const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': key }
      const reply = await post(url(), '/orders/create', { user_id, product_id: '12345', quantity }, headers)
      const { order_id } = await expecting<{ order_id: string }>(201, Promise.resolve(reply))
      assert.notEqual(reply.headers.get('order-status'), 'Pending')
      if (!orderIds.includes(order_id)) orderIds.push(order_id)
      return order_id
    },
    lastOrderId: () => Math.max(...orderIds.map(Number)),
    forget: orderId => void orderIds.splice(orderIds.indexOf(orderId), 1),
    everything: async () => {
      const orders = orderIds.map(id => expecting(200, get(url(), `/v1/orders/${id}`)))
      const users = userIds.flatMap(id =>
        ['/money/history', '/notifications/messages', '/v1/money/balance'].map(path =>
          expecting(200, get(url(), `${path}?user_id=${id}`)),
        ),
      )
      return { orders: await Promise.all(orders), users: await Promise.all(users) }
    },
    streamsAreWhole: async () => {
      const nats = await lookAt(kassa())
      try {
        const heads = await nats.heads()
        for (const [actor, stream] of Object.entries(STREAMS)) {
          // What was committed a moment ago may still be on its way; a hole never is.
          await eventually(`${stream} ends as the log does, at ${heads[actor]}`, ARRIVED_MS, async () => {
            const numbers = (await nats.messages(stream)).map(({ seq }) => seq)
            assert.deepEqual(
              numbers,
              [...numbers.keys()].map(index => index + 1),
              stream,
            )
            return numbers.length >= heads[actor]! || undefined
          })
        }
        return heads
      } finally {
        await nats.close()
      }
    },
  }
}
