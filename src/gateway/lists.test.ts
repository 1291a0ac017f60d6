/** Lists and single things: their pages, links and versions. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Asked, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const operation = (id: number) => ({
  operation_id: String(id),
  user_id: 1,
  type: 'refill',
  amount: '1',
  timestamp: '2023-09-07T14:30:00Z',
})

/** A history of `count` rows whose actor gives at most `pageMost` at once. */
const history = (count: number, pageMost: number) => (asked: Asked) => {
  const { cursor = '0', limit } = asked.body as { cursor?: string; limit: string }
  const start = Number(cursor)
  const end = Math.min(start + Math.min(Number(limit), pageMost), count)
  const items = Array.from({ length: end - start }, (_, index) => operation(start + index))
  return yes({ items, next_cursor: end < count ? String(end) : null })
}

suite('a list', () => {
  test('is one bare array, put together from the pages of its actor', async () => {
    const { bus, get } = createTestGateway({ GetHistory: history(2_500, 1_000) })
    const response = await get('/money/history?user_id=1')
    const rows = (await response.json()) as { operation_id: string }[]

    assert.deepEqual(
      rows.map(row => row.operation_id),
      Array.from({ length: 2_500 }, (_, id) => String(id)),
    )
    assert.equal(response.headers.get('link'), null)
    assert.deepEqual(
      bus.asked.map(({ body }) => body),
      [
        { user_id: '1', limit: '10000' },
        { user_id: '1', limit: '9000', cursor: '1000' },
        { user_id: '1', limit: '8000', cursor: '2000' },
      ],
    )
  })

  test('has at most ten thousand rows, and a link to the rest', async () => {
    const { get } = createTestGateway({ GetHistory: history(25_000, 4_000) })
    const seen: unknown[] = []
    let path: string | undefined = '/money/history?user_id=1&type=refill'
    while (path) {
      const response = await get(path)
      seen.push(...((await response.json()) as unknown[]))
      path = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
      if (path) assert.match(path, /^\/money\/history\?user_id=1&type=refill&cursor=\d+$/)
    }
    assert.equal(seen.length, 25_000)
    assert.deepEqual(seen.at(-1), operation(24_999))
  })

  test('has as many rows as were asked for, and a link that asks for as many', async () => {
    const { get } = createTestGateway({ GetHistory: history(10, 3) })
    const response = await get('/money/history?user_id=1&limit=4')
    assert.equal(((await response.json()) as unknown[]).length, 4)
    assert.equal(response.headers.get('link'), '</money/history?user_id=1&limit=4&cursor=4>; rel="next"')
  })

  test('takes from, to and type, and passes them on as they are', async () => {
    const { bus, get } = createTestGateway()
    await get(
      '/notifications/messages/?user_id=1&from=2023-09-07T14:30:00%2B03:00&to=2024-01-01T00:00:00Z&type=order_confirmed',
    )
    assert.deepEqual(bus.asked[0]?.body, {
      user_id: '1',
      from: '2023-09-07T14:30:00+03:00',
      to: '2024-01-01T00:00:00Z',
      type: 'order_confirmed',
      limit: '10000',
    })
  })

  test('whose page is empty and yet not the last is a defect, not an endless loop', async () => {
    const { get } = createTestGateway({ GetHistory: yes({ items: [], next_cursor: '1' }) })
    assert.equal((await get('/money/history?user_id=1')).status, 500)
  })
})

suite('one thing', () => {
  const balance = { user_id: 1, balance: 0.3, version: 7 }

  test('has its version as ETag', async () => {
    const { bus, get } = createTestGateway({ GetBalance: yes(balance) })
    const response = await get('/v1/money/balance?user_id=1')
    assert.equal(response.headers.get('etag'), '"7"')
    assert.equal(await response.text(), '{"user_id":1,"balance":0.3,"version":7}')
    assert.equal(bus.asked[0]?.subject, 'billing.0.query.GetBalance')
  })

  test('is named by the path, with and without the slash', async () => {
    for (const path of ['/v1/orders/a_b-9', '/v1/orders/a_b-9/']) {
      const { bus, get } = createTestGateway({ GetOrder: 'nobody' }, { requestDeadlineMs: 0 })
      assert.equal((await get(path)).status, 503)
      assert.deepEqual(bus.asked[0]?.body, { order_id: 'a_b-9' })
    }
  })

  test('answers HEAD like GET, without the body', async () => {
    const { send } = createTestGateway({ GetBalance: yes(balance) })
    const response = await send('HEAD', '/v1/money/balance?user_id=1')
    assert.deepEqual([response.status, response.headers.get('etag'), await response.text()], [200, '"7"', ''])
  })
})

suite('the dead letters of all actors', () => {
  const letterOf = (actor: string, seq: number, second: number) => ({
    dead_letter_id: `${actor}-0-${seq}`,
    actor,
    command: 'Withdraw',
    reason: 'unknown_order',
    detail: '',
    body: { order_id: 'o1' },
    attempts: 1,
    version: '0.1.0',
    status: 'waiting',
    created_at: `2023-09-07T14:30:${String(second).padStart(2, '0')}Z`,
  })
  const LETTERS: Record<string, ReturnType<typeof letterOf>[]> = {
    order: [letterOf('order', 9, 30), letterOf('order', 4, 10)],
    billing: [letterOf('billing', 20, 40), letterOf('billing', 19, 30), letterOf('billing', 2, 5)],
    notification: [],
    webhook: [],
  }
  const ALL = ['billing-0-20', 'order-0-9', 'billing-0-19', 'order-0-4', 'billing-0-2']

  const listing = (asked: Asked) => {
    const { limit, cursor } = asked.body as { limit: number; cursor?: string }
    const rows = LETTERS[asked.subject.split('.')[0] ?? ''] ?? []
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor.split('-')[2])
    const left = rows.filter(row => Number(row.dead_letter_id.split('-')[2]) < before)
    const items = left.slice(0, limit)
    return yes({ items, next_cursor: left.length > limit ? (items.at(-1)?.dead_letter_id ?? null) : null })
  }
  type Shown = { items: { dead_letter_id: string }[]; next_cursor: string | null }

  for (const limit of [1, 2, 3, 4, 5, 100])
    test(`are one list, the newest first, in pages of ${limit}`, async () => {
      const { get } = createTestGateway({ ListDeadLetters: listing })
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const path: string = `/v1/dead-letters?limit=${limit}${cursor && `&cursor=${cursor}`}`
        const page = (await (await get(path)).json()) as Shown
        seen.push(...page.items.map(item => item.dead_letter_id))
        assert.ok(page.items.length <= limit && (page.items.length > 0 || page.next_cursor === null))
        cursor = page.next_cursor
      }
      assert.deepEqual(seen, ALL)
    })

  test('end where a page was cut short, so that nothing older is shown before what is newer', async () => {
    const { get } = createTestGateway({
      ListDeadLetters: asked => {
        const items = LETTERS[asked.subject.split('.')[0] ?? ''] ?? []
        const isCut = asked.subject.startsWith('billing')
        return yes({ items: isCut ? items.slice(0, 1) : items, next_cursor: isCut ? 'billing-0-20' : null })
      },
    })
    const page = (await (await get('/v1/dead-letters')).json()) as Shown
    assert.deepEqual(
      page.items.map(item => item.dead_letter_id),
      ['billing-0-20'],
    )
    assert.equal(page.next_cursor, '-_20_-_-')
  })

  test('of the others are shown while an actor does not answer, and the header names it', async () => {
    const { clock, get } = createTestGateway({
      ListDeadLetters: asked => (asked.subject.startsWith('order') ? 'nobody' : listing(asked)),
    })
    const response = await get('/v1/dead-letters')
    const { items } = (await response.json()) as Shown
    assert.deepEqual(
      items.map(item => item.dead_letter_id),
      ['billing-0-20', 'billing-0-19', 'billing-0-2'],
    )
    assert.deepEqual([response.status, response.headers.get('kassa-unanswered')], [200, 'order/0'])
    assert.ok(clock.monotonic() <= 2_500)
  })

  test('are 503 while no actor answers', async () => {
    const { get } = createTestGateway({ ListDeadLetters: 'nobody' })
    assert.equal((await get('/v1/dead-letters')).status, 503)
  })

  test('are narrowed by status', async () => {
    const { bus, get } = createTestGateway({ ListDeadLetters: listing })
    await get('/v1/dead-letters?status=waiting')
    assert.deepEqual(bus.asked[0]?.body, { limit: 100, status: 'waiting' })
    assert.equal((await get('/v1/dead-letters?status=lost')).status, 400)
  })

  for (const [verb, name, status] of [
    ['redrive', 'RedriveDeadLetter', 'redriven'],
    ['discard', 'DiscardDeadLetter', 'discarded'],
  ] as const)
    test(`are settled by ${verb}, at the actor whose they are`, async () => {
      const { bus, send } = createTestGateway({ [name]: yes({ dead_letter_id: 'billing-0-2', status }) })
      for (const init of [{}, { text: '' }, { text: '{}' }]) {
        const response = await send('POST', `/v1/dead-letters/billing-0-2/${verb}`, init)
        assert.equal(response.status, 200)
        assert.deepEqual(await response.json(), { dead_letter_id: 'billing-0-2', status })
      }
      assert.equal(bus.asked[0]?.subject, `billing.0.command.${name}`)
      assert.deepEqual(bus.asked[0]?.body, { dead_letter_id: 'billing-0-2' })
    })
})
