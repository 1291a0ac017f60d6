/** The log of a whole Kassa: a JSON line a fact, with the ids of request, order and trace, and nothing personal. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt } from './nats-look.ts'

const COME_MS = 60_000
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const IVAN = { first_name: 'Xaverius', last_name: 'Zwiebelmann', email: 'xaverius.zwiebelmann@example.com' }
const PERSONAL = /xaverius|zwiebelmann|secret letter/i

type Line = Record<string, unknown>

describe('the log', { timeout: 300_000 }, () => {
  let kassa: KassaUnderTest
  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${kassa.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers })
  const facts = (): Line[] => kassa.lines.filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Line)
  /** The line of a request, once it is there. */
  const lineOf = (requestId: string): Promise<Line> =>
    eventually(`the line of ${requestId}`, COME_MS, () =>
      facts().find(line => line.msg === 'request' && line.requestId === requestId),
    )

  it('has for a request its id, its trace and its order', async () => {
    const made = (await (await post('/user/create', IVAN)).json()) as { user_id: number }
    await post('/money/put', { user_id: made.user_id, amount: '500' })
    const order = { user_id: made.user_id, product_id: '12345', quantity: 5 }
    const ids = { 'x-request-id': 'an-order', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }
    const { order_id } = (await (await post('/orders/create', order, ids)).json()) as { order_id: string }
    const { method, route, status, trace, order: shown } = await lineOf('an-order')
    assert.deepEqual(
      { method, route, status, trace, order: shown },
      { method: 'POST', route: '/orders/create', status: 201, trace: TRACE, order: order_id },
    )
    await post('/notifications/send', {
      user_id: made.user_id,
      message: 'a secret letter',
      notification_type: 'news',
      timestamp: '2023-09-07T14:30:00Z',
    })
  })

  it('has nothing personal, whatever goes wrong with it', async () => {
    await post('/user/create', { ...IVAN, email: 'xaverius at example.com' })
    await post(`/user/create/${IVAN.email}`, IVAN)
    await fetch(`${kassa.url}/v1/users/${IVAN.email}`)
    await fetch(`${kassa.url}/money/history?user_id=${IVAN.last_name}&${IVAN.email}=1`)
    const nats = await lookAt(kassa)
    await nats.publish('order.0.queue.CreateUser', JSON.stringify({ ...IVAN, email: 1 }))
    await nats.publish('order.0.queue.CreateUser', `{"first_name":"${IVAN.first_name}`)
    await nats.close()
    await eventually('both are dead letters', COME_MS, async () => {
      const { items } = (await (await fetch(`${kassa.url}/v1/dead-letters`)).json()) as { items: unknown[] }
      return items.length === 2 || undefined
    })
    await kassa.kill9('notification')
    await post('/user/create', IVAN, { 'x-request-id': 'the-last' })
    await lineOf('the-last')
    assert.deepEqual(
      kassa.lines.filter(line => PERSONAL.test(line)),
      [],
    )
  })

  it('is JSON, each line with its time, its level, its part and what it says', () => {
    const known = facts()
    assert.ok(known.length > 10)
    for (const { time, level, name, msg, left_out } of known) {
      assert.equal(left_out, undefined, `of "${msg}" nothing is missing in the list of fields`)
      assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      assert.ok([10, 20, 30, 40, 50, 60].includes(level as number))
      assert.match(String(name), /^[a-z]+$/)
      assert.ok(typeof msg === 'string' && msg.length > 0)
    }
  })
})
