/** The feed of events of a Kassa that runs: what happens in all actors, through breaks and the loss of a stream. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type EventFeed, watchEvents } from './event-feed.ts'
import { eventually } from './eventually.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const COME_MS = 60_000

describe('the feed of events', { timeout: 300_000 }, () => {
  let kassa: KassaUnderTest
  let look: NatsLook
  let userId: number

  before(async () => {
    kassa = await startKassa()
    look = await lookAt(kassa)
    const john = { first_name: 'John', last_name: 'Colinse', email: 'user@email.com' }
    userId = (await post<{ user_id: number }>('/user/create/', john)).user_id
    await post('/money/put/', { user_id: userId, amount: '1000000' })
  })
  after(async () => {
    await look?.close()
    await kassa?.stop()
  })

  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(kassa.url + path, { method: 'POST', body: JSON.stringify(body) })
    assert.ok(response.ok, await response.clone().text())
    return (await response.json()) as T
  }
  const order = async () =>
    (await post<{ order_id: string }>('/orders/create/', { user_id: userId, product_id: '12345', quantity: 1 }))
      .order_id

  /** Resolves when the feed has told the last step of an order: its letter. */
  const told = (feed: EventFeed, orderId: string) =>
    eventually(`the feed tells of order ${orderId} to its end`, COME_MS, () =>
      feed.heard.find(
        ({ data: { type, data } }) =>
          type === 'LetterSent' && data.order_id === orderId && data.notification_type === 'order_confirmed',
      ),
    )
  /** The numbers that a feed told of an actor's log. */
  const numbersOf = ({ heard }: EventFeed, actor: string) =>
    heard.filter(({ data }) => data.actor === actor).map(({ data }) => data.sequence)

  it('tells of an order in every actor, with what is personal left out', async () => {
    const feed = await watchEvents(kassa.url)
    const orderId = await order()
    await told(feed, orderId)
    feed.drop()

    const steps = new Set(feed.heard.map(({ data: { actor, type } }) => `${actor} ${type}`))
    for (const step of [
      'order OrderCreated',
      'billing MoneyWithdrawn',
      'order OrderConfirmed',
      'notification LetterSent',
    ])
      assert.ok(steps.has(step), `${step} is among ${[...steps].join(', ')}`)
    assert.doesNotMatch(JSON.stringify(feed.heard), /"sealed"|Colinse|user@email\.com/)
    assert.equal(feed.heard[0]?.event, 'place')
  })

  it('goes on after a dropped connection and a deleted stream with nothing missing', async () => {
    const first = await watchEvents(kassa.url)
    await told(first, await order())
    first.drop()
    await first.ended

    const missed = await order()
    await look.jetstream.streams.delete('ORDER_0')
    const second = await watchEvents(kassa.url, first.heard.at(-1)?.id)
    const last = await order()
    await told(second, missed)
    await told(second, last)
    second.drop()

    for (const actor of ['order', 'billing', 'notification']) {
      const numbers = [...numbersOf(first, actor), ...numbersOf(second, actor)]
      const begin = numbers[0] as number
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => begin + index),
        `every entry of ${actor} once`,
      )
    }
  })

  it('ends with the gateway, and holds its stop up by nothing', async () => {
    const feed = await watchEvents(kassa.url)
    await kassa.stop()
    await feed.ended
    assert.equal((await kassa.exited).code, 0)
  })
})
