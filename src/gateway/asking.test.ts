/** Asking actors: at once, again, and about users they have not heard of. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ProblemDocument } from '../bus/problem.ts'
import { pause } from '../world/clock.ts'
import { no, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const ORDER = { user_id: 1, product_id: '2', quantity: 3 }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const placed = yes({ order_id: '54321', user_id: 1, product_id: '2', quantity: 3, status: 'Pending' })

const codeOf = async (response: Response): Promise<string> => ((await response.json()) as ProblemDocument).code

suite('asking an actor', () => {
  test('a request without a key gets a key of ours, which is not its request id', async () => {
    const { bus, post } = createTestGateway()
    const response = await post('/orders/create/', ORDER, { 'x-request-id': 'mine' })

    assert.equal(response.headers.get('x-request-id'), 'mine')
    const headers = bus.asked[0]?.headers ?? {}
    assert.match(headers['Kassa-Request-Id'] ?? '', UUID)
    assert.equal(headers['Idempotency-Key'], undefined)
    assert.equal(headers['Kassa-Caller'], '-')
  })

  test('a key of the client goes with the command, bare or quoted', async () => {
    const { bus, post } = createTestGateway()
    await post('/orders/create/', ORDER, { 'idempotency-key': 'a b,c' })
    await post('/orders/create/', ORDER, { 'idempotency-key': '"a \\"b\\\\"' })
    assert.deepEqual(
      bus.asked.map(({ headers }) => [headers['Idempotency-Key'], headers['Kassa-Request-Id']]),
      [
        ['a b,c', undefined],
        ['a "b\\', undefined],
      ],
    )
  })

  test('a trace goes along where it is one', async () => {
    const { bus, post } = createTestGateway()
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await post('/orders/create/', ORDER, { traceparent: trace })
    const [, id, span, flags] = bus.asked[0]?.headers.traceparent?.split('-') ?? []
    assert.deepEqual([id, flags], ['4bf92f3577b34da6a3ce929d0e0e4736', '01'])
    assert.notEqual(span, '00f067aa0ba902b7', 'this is another step of it')
  })

  test('one begins where there is none, for each request another, and nobody is told to record it', async () => {
    const { bus, post } = createTestGateway()
    for (const headers of [{}, { traceparent: 'x' }, { 'x-request-id': 'same' }, { 'x-request-id': 'same' }])
      await post('/orders/create/', ORDER, headers as Record<string, string>)
    const traces = bus.asked.map(({ headers }) => headers.traceparent ?? '')
    for (const trace of traces) assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    assert.equal(new Set(traces.map(trace => trace.slice(3, 35))).size, 4)
  })

  test('the answer names the trace, a refusal too', async () => {
    const { bus, post } = createTestGateway()
    const response = await post('/orders/create/', ORDER)
    assert.equal(response.headers.get('traceparent'), bus.asked[0]?.headers.traceparent)
    assert.match((await post('/orders/create/', {})).headers.get('traceparent') ?? '', /^00-/)
  })

  test('the answer tells where its time went', async () => {
    const answered = async () => {
      await pause(clock, 40)
      return placed
    }
    const { clock, get, post } = createTestGateway({ CreateOrder: answered }, { settleWaitMs: 100 })
    const parts = (response: Response) =>
      Object.fromEntries(
        (response.headers.get('server-timing') ?? '').split(', ').map(part => part.split(';dur=') as [string, string]),
      )
    const { gateway, ask, settle } = parts(await post('/orders/create/', ORDER))
    assert.deepEqual([gateway, Number(ask) >= 40, Number(ask) < 60, Number(settle) >= 100], ['0', true, true, true])
    assert.deepEqual(Object.keys(parts(await get('/v1/orders/1'))), ['gateway', 'ask'])
    assert.deepEqual(Object.keys(parts(await post('/orders/create', {}))), ['gateway', 'ask'], 'a refusal tells it too')
  })

  test('a request id that is not sane is replaced', async () => {
    const { get } = createTestGateway()
    for (const given of ['a b', 'x'.repeat(129), '"', ''])
      assert.match((await get('/livez', { 'x-request-id': given })).headers.get('x-request-id') ?? '', UUID)
  })

  test('a stored reply is passed on as a replay', async () => {
    const { post } = createTestGateway({ PutMoney: yes({ balance: 1 }, true) })
    const response = await post('/money/put', { user_id: 1, amount: 1 }, { 'idempotency-key': 'k' })
    assert.equal(response.status, 202)
    assert.equal(response.headers.get('idempotent-replayed'), 'true')
  })

  test('fields that the contract does not show do not get out', async () => {
    const { post } = createTestGateway({ PutMoney: yes({ balance: 1, secret: 2 }) })
    const response = await post('/money/put', { user_id: 1, amount: 1 })
    assert.equal(await response.text(), '{"balance":1}')
  })

  test('an order says where it can be read', async () => {
    const { post } = createTestGateway()
    assert.equal((await post('/orders/create/', ORDER)).headers.get('location'), '/v1/orders/54321')
  })
})

suite('while an actor restarts', () => {
  test('the answer to an attempt whose reply was lost is no replay: the client asked once', async () => {
    const { post } = createTestGateway({ PutMoney: ['silence', yes({ balance: 1 }, true)] })
    const response = await post('/money/put', { user_id: 1, amount: 1 })
    assert.equal(response.status, 202)
    assert.equal(response.headers.get('idempotent-replayed'), null)
  })

  test('the same command is asked with the same id until it is answered', async () => {
    const { bus, clock, post } = createTestGateway({ CreateOrder: ['nobody', 'nobody', no('unavailable'), placed] })
    const response = await post('/orders/create/', ORDER)

    assert.equal(response.status, 201)
    assert.equal(bus.asked.length, 4)
    assert.equal(new Set(bus.asked.map(({ headers }) => headers['Kassa-Request-Id'])).size, 1)
    assert.ok(clock.monotonic() < 500)
  })

  test('an attempt without an answer ends after two seconds, and the rest of the time travels along', async () => {
    const { bus, post } = createTestGateway({ CreateOrder: ['silence', placed] })
    await post('/orders/create/', ORDER)

    assert.deepEqual(
      bus.asked.map(({ timeoutMs }) => timeoutMs),
      [2_000, 2_000],
    )
    const [first, second] = bus.asked.map(({ headers }) => Number(headers['Kassa-Deadline-Ms']))
    assert.equal(first, 10_000)
    assert.ok(second !== undefined && second < 8_000 && second > 7_900)
  })

  for (const silence of ['nobody', 'silence', no('unavailable')] as const)
    test(`at the deadline it is 503, with our key to ask again (${typeof silence === 'string' ? silence : '503'})`, async () => {
      const { bus, clock, post } = createTestGateway({ CreateOrder: silence })
      const response = await post('/orders/create/', ORDER)

      assert.equal(response.status, 503)
      assert.equal(response.headers.get('retry-after'), '1')
      assert.equal(response.headers.get('idempotency-key'), bus.asked[0]?.headers['Kassa-Request-Id'])
      assert.equal(await codeOf(response), 'unavailable')
      assert.ok(clock.monotonic() > 9_000 && clock.monotonic() <= 10_010)
      assert.ok(bus.asked.length < 60)
    })

  test("at the deadline the client's own key comes back", async () => {
    const { post } = createTestGateway({ CreateOrder: 'nobody' })
    const response = await post('/orders/create/', ORDER, { 'idempotency-key': 'k' })
    assert.equal(response.headers.get('idempotency-key'), 'k')
  })

  test('a question has no key to come back', async () => {
    const { get } = createTestGateway({ GetOrder: 'nobody' })
    const response = await get('/v1/orders/7')
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('idempotency-key'), null)
  })

  test('a full mailbox is asked three times, then it is 429 with the key', async () => {
    const { bus, post } = createTestGateway({ CreateOrder: no('overloaded') })
    const response = await post('/orders/create/', ORDER)
    assert.equal(response.status, 429)
    assert.equal(response.headers.get('retry-after'), '1')
    assert.equal(response.headers.get('idempotency-key'), bus.asked[0]?.headers['Kassa-Request-Id'])
    assert.equal(bus.asked.length, 3)
  })

  test('what waits in the gateway is bounded: one request too many is 429 at once, and life goes on', async () => {
    const { app, bus, clock, get, finish } = createTestGateway({ GetOrder: 'silence' })
    const ask = () => Promise.resolve(app.fetch(new Request('http://localhost/v1/orders/7')))
    const waiting = Array.from({ length: 1_000 }, ask)
    await clock.advance(1)
    assert.equal(bus.asked.length, 256)

    const refused = await ask()
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '1')
    assert.equal(bus.asked.length, 256)
    assert.equal((await app.fetch(new Request('http://localhost/livez'))).status, 200)

    bus.script.GetOrder = no('order_not_found')
    const all = await Promise.all(waiting.map(finish))
    assert.ok(all.every(({ status }) => status === 404))
    assert.equal((await get('/v1/orders/7')).status, 404)
  })
})

suite('waiting for a turn in the gateway', () => {
  test('counts as waiting: the deadline is that of the request, and not of its turn', async () => {
    const { app, clock } = createTestGateway({ GetOrder: 'silence' })
    let over = false
    const all = Promise.all(
      Array.from({ length: 300 }, () => Promise.resolve(app.fetch(new Request('http://localhost/v1/orders/7')))),
    ).finally(() => {
      over = true
    })
    for (let waited = 0; waited < 11_000; waited += 10) await clock.advance(10)
    assert.ok(over, 'all have their answer after 11 s')
    assert.ok((await all).every(({ status }) => status === 503))
  })
})

suite('a user of whom an actor has not heard', () => {
  const put = { user_id: 93493453, amount: '1000' }

  test('is asked for again while order knows the user', async () => {
    const { bus, post } = createTestGateway({
      PutMoney: [no('user_not_found'), no('user_not_found'), yes({ balance: 1000 })],
    })
    const response = await post('/money/put/', put)

    assert.equal(response.status, 202)
    assert.equal(new Set(bus.askedFor('PutMoney').map(({ headers }) => headers['Kassa-Request-Id'])).size, 1)
    assert.equal(bus.askedFor('GetUser').length, 2)
    assert.deepEqual(bus.askedFor('GetUser')[0]?.body, { user_id: '93493453' })
  })

  test('is 404 when order knows no such user either', async () => {
    const { bus, post } = createTestGateway({ PutMoney: no('user_not_found'), GetUser: no('user_not_found') })
    const response = await post('/money/put/', put)
    assert.deepEqual([response.status, await codeOf(response)], [404, 'user_not_found'])
    assert.equal(bus.askedFor('PutMoney').length, 1)
  })

  test('is 503 with the key when the event does not come until the deadline', async () => {
    const { bus, post } = createTestGateway({ PutMoney: no('user_not_found') })
    const response = await post('/money/put/', put)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('idempotency-key'), bus.asked[0]?.headers['Kassa-Request-Id'])
  })

  test('is 503 when order cannot tell', async () => {
    const { get } = createTestGateway({ GetHistory: no('user_not_found'), GetUser: 'nobody' })
    assert.equal((await get('/money/history?user_id=1')).status, 503)
  })

  for (const [path, name] of [
    ['/money/history?user_id=1', 'GetHistory'],
    ['/notifications/messages?user_id=1', 'ListLetters'],
  ] as const)
    test(`has an empty list as soon as the actor has heard: ${path}`, async () => {
      const { get } = createTestGateway({ [name]: [no('user_not_found'), yes({ items: [], next_cursor: null })] })
      assert.deepEqual(await (await get(path)).json(), [])
    })

  test('is not remembered under a key before order agrees', async () => {
    const { bus, post } = createTestGateway({
      PutMoney: no('user_not_found'),
      GetUser: [yes({}), no('user_not_found')],
    })
    const response = await post('/money/put/', put, { 'idempotency-key': 'k' })

    assert.equal(response.status, 404)
    assert.deepEqual(
      bus.askedFor('PutMoney').map(({ headers }) => [headers['Idempotency-Key'], headers['Kassa-Remember']]),
      [
        ['k', 'no'],
        ['k', 'no'],
        ['k', undefined],
      ],
    )
  })

  test('leaves any other no to be remembered under the key', async () => {
    const { bus, post } = createTestGateway({ PutMoney: no('balance_limit') })
    const response = await post('/money/put/', put, { 'idempotency-key': 'k' })

    assert.equal(response.status, 409)
    assert.equal(bus.askedFor('PutMoney').at(-1)?.headers['Kassa-Remember'], undefined)
  })

  test('stays unknown under a key that was told so before', async () => {
    const { bus, post } = createTestGateway({ PutMoney: no('user_not_found', true) })
    const response = await post('/money/put/', put, { 'idempotency-key': 'k' })
    assert.equal(response.status, 404)
    assert.equal(response.headers.get('idempotent-replayed'), 'true')
    assert.equal(bus.asked.length, 1)
  })

  test('is for order alone to judge in an order', async () => {
    const { bus, post } = createTestGateway({ CreateOrder: no('user_not_found') })
    assert.equal((await post('/orders/create', ORDER)).status, 404)
    assert.equal(bus.asked.length, 1)
  })
})

suite('a queue that was subscribed', () => {
  const body = { queue_name: 'user_creation_queue' }

  test('is waited for until it is there', async () => {
    const { bus, post } = createTestGateway()
    bus.script.GetQueue = [
      no('not_found'),
      no('not_found'),
      yes({ ...body, stream: 'ORDER_0', consumer: 'x', pending: 1 }),
    ]
    const response = await post('/mq/billing/subscribe', body)
    assert.deepEqual(await response.json(), { ...body, stream: 'ORDER_0', consumer: 'x', pending: 1 })
    assert.equal(bus.askedFor('SubscribeQueue').length, 1)
  })

  test('is 409 when somebody else has a consumer of that name', async () => {
    const { post } = createTestGateway({ GetQueue: no('name_taken') })
    const response = await post('/mq/billing/subscribe', body)
    assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [409, 'name_taken'])
  })

  test('is 503 when it is not there at the deadline', async () => {
    const { post } = createTestGateway({ GetQueue: no('not_found') })
    assert.equal((await post('/mq/billing/subscribe', body)).status, 503)
  })
})
