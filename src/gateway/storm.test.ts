/** A retry storm: twice as many clients as the gateway works for at once, each asking again with the same key. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const ORDER = { user_id: 1, product_id: '2', quantity: 3 }
const CLIENTS = 2_000
/** What the gateway holds at once, and what it works on. */
const IN_FLIGHT_MOST = 1_000
const WORKED_ON_MOST = 256

suite('a retry storm', () => {
  test('is refused at once beyond what fits, and when it is over each key has its own answer', async () => {
    const numbers = new Map<string | undefined, number>()
    let open = Promise.withResolvers<void>()
    const { app, bus, clock, finish } = createTestGateway({
      CreateOrder: async ({ headers }) => {
        const key = headers['Idempotency-Key']
        const replayed = numbers.has(key)
        if (!replayed) numbers.set(key, numbers.size + 1)
        await open.promise
        return yes({ ...ORDER, order_id: String(numbers.get(key)), status: 'Pending' }, replayed)
      },
    })
    const ask = async (client: number): Promise<Response> =>
      app.fetch(
        new Request('http://localhost/orders/create/', {
          method: 'POST',
          body: JSON.stringify(ORDER),
          headers: { 'content-type': 'application/json', 'idempotency-key': `client-${client}` },
        }),
      )
    const clients = Array.from({ length: CLIENTS }, (_, client) => client)

    // The order actor does not answer: the first have all places, and the others hear so without its being asked.
    const first = clients.slice(0, IN_FLIGHT_MOST).map(ask)
    await clock.advance(1)
    const refused = await Promise.all(clients.slice(IN_FLIGHT_MOST).map(ask))
    assert.ok(refused.every(({ status, headers }) => status === 429 && headers.get('retry-after') === '1'))
    assert.equal(bus.asked.length, WORKED_ON_MOST)

    // Their users give up and ask again, at once: still nothing more reaches the actor.
    const again = await Promise.all(clients.map(ask))
    assert.ok(again.every(({ status }) => status === 429))
    assert.equal(bus.asked.length, WORKED_ON_MOST)

    // It answers again: those who waited have their answers, and there is room for as many as before.
    open.resolve()
    const answered = await finish(Promise.all(first))
    assert.ok(answered.every(({ status }) => status === 201))
    const orders = new Map<number, string>()
    for (const [client, response] of answered.entries()) orders.set(client, await response.text())

    open = Promise.withResolvers()
    open.resolve()
    for (let from = 0; from < CLIENTS; from += IN_FLIGHT_MOST) {
      const some = clients.slice(from, from + IN_FLIGHT_MOST)
      const responses = await finish(Promise.all(some.map(ask)))
      for (const [index, response] of responses.entries()) {
        const body = await response.text()
        assert.equal(response.status, 201, body)
        assert.equal(body, orders.get(some[index]!) ?? body)
        orders.set(some[index]!, body)
      }
    }
    assert.equal(new Set(orders.values()).size, CLIENTS)
    assert.equal(numbers.size, CLIENTS)
  })
})
