/** Lists under /v1, the story of an order, and everything about a person: put together from what actors say. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { EXAMPLES } from './examples.ts'
import { type Asked, no, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const order = (EXAMPLES.GetOrder as { reply: Record<string, unknown> }).reply
const letter = (EXAMPLES.GetLetter as { reply: Record<string, unknown> }).reply

suite('a page', () => {
  test('is what its actor gives, a hundred rows unless told, with a link to the next', async () => {
    const { bus, get } = createTestGateway({ ListOrders: yes({ items: [order], next_cursor: '17' }) })
    const response = await get('/v1/orders?status=Confirmed')
    assert.deepEqual(await response.json(), { items: [order], next_cursor: '17' })
    assert.equal(response.headers.get('link'), '</v1/orders?status=Confirmed&cursor=17>; rel="next"')
    assert.deepEqual(bus.asked[0]?.body, { limit: '100', status: 'Confirmed' })
  })

  test('has as many rows as were asked for, from where was asked', async () => {
    const { bus, get } = createTestGateway()
    const response = await get('/v1/products?limit=7&cursor=17')
    assert.equal(response.headers.get('link'), null)
    assert.deepEqual(bus.asked[0]?.body, { limit: '7', cursor: '17' })
  })

  test('of letters is of one user and one status when that is asked', async () => {
    const { bus, get } = createTestGateway({ ListAllLetters: yes({ items: [letter], next_cursor: '67890' }) })
    const response = await get('/v1/notifications?user_id=93493453&status=Sent&limit=1')
    assert.deepEqual(await response.json(), { items: [letter], next_cursor: '67890' })
    assert.equal(
      response.headers.get('link'),
      '</v1/notifications?user_id=93493453&status=Sent&limit=1&cursor=67890>; rel="next"',
    )
    assert.deepEqual(bus.asked[0]?.body, { limit: '1', user_id: '93493453', status: 'Sent' })
  })

  for (const query of ['status=Lost', 'limit=0', 'limit=10001', 'sort=up', 'user_id=a%20b'])
    test(`of ?${query} is refused before anybody is asked`, async () => {
      const { bus, get } = createTestGateway()
      assert.equal((await get(`/v1/orders?${query}`)).status, 400)
      assert.equal(bus.asked.length, 0)
    })
})

suite('a page of what belongs to a thing', () => {
  test('links to the next one by its address', async () => {
    const { get } = createTestGateway({ ListDeliveries: yes({ items: [], next_cursor: '17' }) })
    const response = await get('/v1/webhooks/wh_1/deliveries?status=Failed')
    assert.equal(response.headers.get('link'), '</v1/webhooks/wh_1/deliveries?status=Failed&cursor=17>; rel="next"')
  })
})

suite('the story of an order', () => {
  test('is asked of every actor, and merged', async () => {
    const { bus, get } = createTestGateway()
    const response = await get('/v1/orders/54321/timeline')
    assert.equal(response.status, 200)
    assert.deepEqual(
      bus.askedFor('GetTimeline').map(({ subject, body }) => [subject, body]),
      ACTOR_NAMES.map(actor => [`${actor}.0.query.GetTimeline`, { thread: 'order 54321' }]),
    )
  })

  test('that nobody knows is 404', async () => {
    const { get } = createTestGateway({ GetTimeline: yes({ items: [] }) })
    assert.equal((await get('/v1/orders/54321/timeline')).status, 404)
  })

  test('is 503 when one of them does not answer: half a story would be a wrong one', async () => {
    const some = ({ subject }: Asked) => (subject.startsWith('billing') ? 'nobody' : yes({ items: [] }))
    const { get } = createTestGateway({ GetTimeline: some }, { requestDeadlineMs: 50 })
    assert.equal((await get('/v1/orders/54321/timeline')).status, 503)
  })
})

suite('everything about a person', () => {
  test('is complete, over however many pages', async () => {
    const rows = Array.from({ length: 2_345 }, (_, index) => ({ ...letter, message_id: String(index) }))
    const pages = ({ body }: Asked) => {
      const { cursor = '0', limit } = body as { cursor?: string; limit: string }
      const end = Math.min(Number(cursor) + Number(limit), rows.length)
      return yes({ items: rows.slice(Number(cursor), end), next_cursor: end < rows.length ? String(end) : null })
    }
    const { get } = createTestGateway({ ListLettersInFull: pages })
    const response = await get('/v1/users/93493453/export')
    const { letters } = (await response.json()) as { letters: unknown[] }
    assert.deepEqual(letters, rows)
  })

  test('tells of the queued commands of every actor', async () => {
    const held = { command: 'RegisterUser', held_as: 'dead letter', body: { user_id: 7 } }
    const { get } = createTestGateway({
      GetCommandsOf: ({ subject }) => yes({ items: [{ actor: subject.split('.')[0], ...held }] }),
    })
    const { commands } = (await (await get('/v1/users/7/export')).json()) as { commands: { actor: string }[] }
    assert.deepEqual(
      commands.map(({ actor }) => actor),
      ['order', 'billing', 'notification', 'webhook'],
    )
  })

  test('of nobody is 404, and nothing else is asked', async () => {
    const { bus, get } = createTestGateway({ GetUser: no('user_not_found') })
    assert.equal((await get('/v1/users/7/export')).status, 404)
    assert.deepEqual([...new Set(bus.asked.map(({ name }) => name))], ['GetUser'])
  })

  test('waits for an actor that has not heard of them yet', async () => {
    const balance = EXAMPLES.GetBalance?.reply
    const { get } = createTestGateway({ GetBalance: [no('user_not_found'), yes(balance)] })
    assert.equal((await get('/v1/users/93493453/export')).status, 200)
  })
})
