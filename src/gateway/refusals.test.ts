/** Every no of the gateway, and that nothing was asked then. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PROBLEMS, type ProblemCode, type ProblemDocument } from '../bus/problem.ts'
import { no } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

type Sent = [method: string, path: string, text?: string, headers?: Record<string, string>]

/** Checks everything that holds for any error, and that no actor was asked. */
const isRefused = async ([method, path, text, headers = {}]: Sent, code: ProblemCode, allow?: string) => {
  const { bus, send } = createTestGateway()
  const response = await send(method, path, { headers, ...(text === undefined ? {} : { text }) })
  const problem = (await response.json()) as ProblemDocument

  assert.deepEqual([response.status, problem.code], [PROBLEMS[code].status, code])
  assert.equal(problem.type, `/problems/${code}`)
  assert.equal(problem.status, response.status)
  assert.equal(problem.title, PROBLEMS[code].title)
  assert.ok(problem.detail.length > 0)
  assert.equal(problem.instance, response.headers.get('x-request-id'))
  assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(response.headers.get('allow'), allow ?? null)
  assert.equal(bus.asked.length + bus.sent.length, 0)
  return problem
}

const ORDER = '{"user_id":1,"product_id":"2","quantity":3}'
const PUT = (amount: string) => `{"user_id":1,"amount":${amount}}`
const order = (fields: string): Sent => ['POST', '/orders/create/', fields]
const letter = (fields: object): Sent => [
  'POST',
  '/notifications/send',
  JSON.stringify({ user_id: '1', message: 'x', notification_type: 'y', timestamp: '2023-09-07T14:30:00Z', ...fields }),
]
const withHeaders = (headers: Record<string, string>): Sent => ['POST', '/orders/create/', ORDER, headers]

suite('a request is refused, and nothing is asked', () => {
  const cases: Record<string, [sent: Sent, code: ProblemCode]> = {
    'no body': [['POST', '/orders/create/'], 'malformed_json'],
    'an empty body': [order(''), 'malformed_json'],
    'a body that is no JSON': [order('hello'), 'malformed_json'],
    'a form': [order('user_id=1&quantity=2'), 'malformed_json'],
    'an array': [order('[1]'), 'malformed_json'],
    null: [order('null'), 'malformed_json'],
    'a key twice': [order('{"user_id":1,"user_id":1,"product_id":"2","quantity":3}'), 'malformed_json'],
    'a key mended and plain': [order('{"user_id:" 1,"user_id":1,"product_id":"2","quantity":3}'), 'malformed_json'],
    'two commas': [order('{"user_id":1,"product_id":"2","quantity":3,,}'), 'malformed_json'],
    'deep nesting': [order('['.repeat(60_000)), 'malformed_json'],
    'an unknown field': [order('{"user_id":1,"product_id":"2","quantity":3,"x":1}'), 'unknown_field'],
    'a prototype key': [order('{"user_id":1,"product_id":"2","quantity":3,"__proto__":{"a":1}}'), 'unknown_field'],
    'a constructor key': [order('{"user_id":1,"product_id":"2","quantity":3,"constructor":1}'), 'unknown_field'],
    'a missing field': [order('{"user_id":1,"product_id":"2"}'), 'missing_field'],
    'an id that is null': [order('{"user_id":null,"product_id":"2","quantity":3}'), 'invalid_id'],
    'an id that is nested': [order('{"user_id":{"$gt":0},"product_id":"2","quantity":3}'), 'invalid_id'],
    'an id with a dot': [order('{"user_id":"a.b","product_id":"2","quantity":3}'), 'invalid_id'],
    'an id with a star': [order('{"user_id":"*","product_id":"2","quantity":3}'), 'invalid_id'],
    'an id of 65': [order(`{"user_id":"${'a'.repeat(65)}","product_id":"2","quantity":3}`), 'invalid_id'],
    'a quantity of 0': [order('{"user_id":1,"product_id":"2","quantity":0}'), 'invalid_quantity'],
    'a quantity that is text': [order('{"user_id":1,"product_id":"2","quantity":"3"}'), 'invalid_quantity'],
    'a quantity with an exponent': [order('{"user_id":1,"product_id":"2","quantity":1e3}'), 'invalid_quantity'],
    'too large a quantity': [order('{"user_id":1,"product_id":"2","quantity":1000001}'), 'invalid_quantity'],
    'an amount of 0': [['POST', '/money/put', PUT('0')], 'invalid_amount'],
    'a negative amount': [['POST', '/money/put', PUT('-5')], 'invalid_amount'],
    'an amount of three decimals': [['POST', '/money/put', PUT('1.001')], 'invalid_amount'],
    'an amount of three decimals that are nil': [['POST', '/money/put', PUT('1.000')], 'invalid_amount'],
    'an amount with an exponent': [['POST', '/money/put', PUT('1e3')], 'invalid_amount'],
    'an amount with a space': [['POST', '/money/put', PUT('" 1"')], 'invalid_amount'],
    'an amount that is true': [['POST', '/money/put', PUT('true')], 'invalid_amount'],
    'a lone surrogate': [letter({ message: '\ud800' }), 'invalid_field'],
    'a control character': [letter({ message: '\u0000' }), 'invalid_field'],
    'a moment that is none': [letter({ timestamp: 'today' }), 'invalid_field'],
    'a parameter of a command': [['POST', '/orders/create/?dry=1', ORDER], 'unknown_parameter'],
    'a missing parameter': [['GET', '/money/history'], 'missing_field'],
    'an empty parameter': [['GET', '/money/history?user_id='], 'invalid_id'],
    'an unknown parameter': [['GET', '/money/history?user_id=1&user=2'], 'unknown_parameter'],
    'a parameter without a name': [['GET', '/money/history?user_id=1&=2'], 'unknown_parameter'],
    'a prototype parameter': [['GET', '/money/history?user_id=1&__proto__=2'], 'unknown_parameter'],
    'a parameter twice': [['GET', '/money/history?user_id=1&user_id=2'], 'invalid_field'],
    'a parameter that is in the path': [['GET', '/v1/orders/1?order_id=2'], 'invalid_field'],
    'a limit of 0': [['GET', '/money/history?user_id=1&limit=0'], 'invalid_field'],
    'a limit of 10001': [['GET', '/money/history?user_id=1&limit=10001'], 'invalid_field'],
    'a type that is none': [['GET', '/money/history?user_id=1&type=gift'], 'invalid_field'],
    'broken percent-encoding': [['GET', '/money/history?user_id=%zz'], 'invalid_field'],
    'percent-encoding that is not UTF-8': [['GET', '/v1/orders/%ff'], 'invalid_field'],
    'a slash in an id': [['GET', '/v1/orders/a%2Fb'], 'invalid_id'],
    'a long address': [['GET', `/money/history?user_id=${'1'.repeat(8_200)}`], 'invalid_field'],
    'an unknown path': [['GET', '/order'], 'not_found'],
    'a path with two slashes': [['GET', '//money/history?user_id=1'], 'not_found'],
    'an unknown path by POST': [['POST', '/user/created/', '{}'], 'not_found'],
    'an unknown problem': [['GET', '/problems/toString'], 'not_found'],
    'a dead letter of nobody': [['POST', '/v1/dead-letters/kernel-0-1/redrive'], 'dead_letter_not_found'],
    'a dead letter of no cell': [['POST', '/v1/dead-letters/order-7-1/redrive'], 'dead_letter_not_found'],
    'a dead letter with a dot': [['POST', '/v1/dead-letters/order.0.1/discard'], 'invalid_id'],
    'a redrive with fields': [['POST', '/v1/dead-letters/order-0-1/redrive', '{"now":true}'], 'unknown_field'],
    'a cursor of dead letters that is none': [['GET', '/v1/dead-letters?cursor=1_2'], 'invalid_field'],
    'a cursor of another list': [['GET', '/v1/dead-letters?cursor=0_0_0'], 'invalid_field'],
    'a body of 64 KB and one': [order(`"${'a'.repeat(65_535)}"`), 'body_too_large'],
    'a form with parts': [withHeaders({ 'content-type': 'multipart/form-data; boundary=x' }), 'unsupported_media_type'],
    'an image': [withHeaders({ 'content-type': 'image/png' }), 'unsupported_media_type'],
    'a PDF': [withHeaders({ 'content-type': 'Application/PDF' }), 'unsupported_media_type'],
    bytes: [withHeaders({ 'content-type': 'application/octet-stream' }), 'unsupported_media_type'],
    'a packed body': [withHeaders({ 'content-encoding': 'gzip' }), 'unsupported_media_type'],
    'text from a page': [
      withHeaders({ origin: 'http://localhost:3000', 'content-type': 'text/plain' }),
      'unsupported_media_type',
    ],
    'no type from a page': [
      withHeaders({ origin: 'http://localhost:3000', 'content-type': '' }),
      'unsupported_media_type',
    ],
    'another host': [withHeaders({ host: 'shop.example' }), 'foreign_host'],
    'a host that begins like ours': [withHeaders({ host: 'localhost.evil.example' }), 'foreign_host'],
    'a host that ends like ours': [withHeaders({ host: 'evil-127.0.0.1' }), 'foreign_host'],
    'two hosts': [withHeaders({ host: 'localhost, evil.example' }), 'invalid_field'],
    'another origin': [withHeaders({ origin: 'https://evil.example' }), 'foreign_origin'],
    'no origin': [withHeaders({ origin: 'null' }), 'foreign_origin'],
    'a proxy that says Forwarded': [withHeaders({ forwarded: 'for=1.2.3.4' }), 'forbidden'],
    'a proxy that says X-Forwarded-For': [withHeaders({ 'x-forwarded-for': '1.2.3.4' }), 'forbidden'],
    'a proxy that says X-Forwarded-Proto': [withHeaders({ 'x-forwarded-proto': 'https' }), 'forbidden'],
    'a proxy that says X-Real-IP': [withHeaders({ 'x-real-ip': '1.2.3.4' }), 'forbidden'],
    'a proxy that says Via': [withHeaders({ via: '1.1 proxy' }), 'forbidden'],
    'an empty key': [withHeaders({ 'idempotency-key': '' }), 'invalid_field'],
    'an empty key in quotes': [withHeaders({ 'idempotency-key': '""' }), 'invalid_field'],
    'a key with an open quote': [withHeaders({ 'idempotency-key': '"abc' }), 'invalid_field'],
    'a key of 256': [withHeaders({ 'idempotency-key': 'k'.repeat(256) }), 'invalid_field'],
    'a key beyond ASCII': [withHeaders({ 'idempotency-key': 'cl\u00e9' }), 'invalid_field'],
    'a queued command with an unknown field': [
      ['POST', '/mq/withdrawals', '{"order_id":"1","amount":1,"x":1}'],
      'unknown_field',
    ],
  }
  for (const [what, [sent, code]] of Object.entries(cases))
    test(`${what} is ${PROBLEMS[code].status} ${code}`, async () => void (await isRefused(sent, code)))

  const methods: [method: string, path: string, allow: string][] = [
    ['GET', '/user/create/', 'POST'],
    ['PUT', '/orders/create', 'POST'],
    ['DELETE', '/money/history', 'GET, HEAD'],
    ['POST', '/v1/orders/1', 'GET, HEAD'],
    ['OPTIONS', '/money/put/', 'POST'],
    ['GET', '/v1/dead-letters/order-0-1/redrive', 'POST'],
    ['POST', '/livez', 'GET, HEAD'],
    ['PATCH', '/', 'GET, HEAD'],
  ]
  for (const [method, path, allow] of methods)
    test(`${method} ${path} is 405 and allows ${allow}`, async () =>
      void (await isRefused([method, path], 'method_not_allowed', allow)))

  test('a fault names the field, and every field that is at fault', async () => {
    const { errors } = await isRefused(order('{"user_id":"a b","quantity":0}'), 'invalid_id')
    assert.deepEqual(
      errors?.map(({ pointer }) => pointer),
      ['#/user_id', '#/product_id', '#/quantity'],
    )
  })

  test('a chunked body is counted while it is read', async () => {
    const { app, bus, finish } = createTestGateway()
    let chunks = 0
    const body = new ReadableStream({
      pull: controller => {
        chunks++
        controller.enqueue(new Uint8Array(1_024))
      },
    })
    const request = new Request('http://localhost/money/put', { method: 'POST', body, duplex: 'half' } as RequestInit)
    const response = await finish(Promise.resolve(app.fetch(request)))
    assert.equal(response.status, 413)
    assert.ok(chunks < 80)
    assert.equal(bus.asked.length, 0)
  })

  test('bytes that are not UTF-8 are malformed_json', async () => {
    const { app, finish } = createTestGateway()
    const body = new Uint8Array([0x7b, 0xff, 0x7d])
    const request = new Request('http://localhost/money/put', { method: 'POST', body })
    const response = await finish(Promise.resolve(app.fetch(request)))
    assert.equal(((await response.json()) as ProblemDocument).code, 'malformed_json')
  })
})

suite('a request is taken', () => {
  const taken: Record<string, Sent> = {
    'as a form, as curl -d sends it': withHeaders({ 'content-type': 'application/x-www-form-urlencoded' }),
    'as plain text': withHeaders({ 'content-type': 'text/plain' }),
    'with no type': withHeaders({ 'content-type': '' }),
    'with a type that is none': withHeaders({ 'content-type': 'json' }),
    'with a charset': withHeaders({ 'content-type': 'application/json; charset=UTF-8' }),
    'as a JSON dialect': withHeaders({ 'content-type': 'application/vnd.api+json' }),
    'as JSON from a page of this machine': withHeaders({
      origin: 'http://localhost:3000',
      'content-type': 'application/json',
    }),
    'for 127.0.0.1': withHeaders({ host: '127.0.0.1:8080' }),
    'for 127.8.9.10': withHeaders({ host: '127.8.9.10' }),
    'for [::1]': withHeaders({ host: '[::1]:65535' }),
    'for LOCALHOST': withHeaders({ host: 'LOCALHOST:1' }),
    'after a byte order mark': order(`\ufeff${ORDER}`),
    'with a trailing comma': order('{"user_id":1,"product_id":"2","quantity":3,}'),
    'with the colon inside the key': order('{"user_id:" 1,"product_id":"2","quantity":3}'),
    'with the colon inside the key, validly': order('{"user_id:": 1,"product_id":"2","quantity":3}'),
  }
  for (const [what, [method, path, text, headers = {}]] of Object.entries(taken))
    test(what, async () => {
      const { bus, send } = createTestGateway()
      const response = await send(method, path, { headers, ...(text === undefined ? {} : { text }) })
      assert.equal(response.status, 201)
      assert.deepEqual(bus.asked[0]?.body, { user_id: 1, product_id: '2', quantity: 3 })
    })

  test('money is forwarded from its literal', async () => {
    const { bus, send } = createTestGateway()
    await send('POST', '/money/put', { text: '{"user_id":1,"amount":100.10}' })
    await send('POST', '/money/put', { text: '{"user_id":9007199254740993,"amount":99.9}' })
    assert.deepEqual(
      bus.asked.map(asked => asked.body),
      [
        { user_id: 1, amount: '100.10' },
        { user_id: '9007199254740993', amount: 99.9 },
      ],
    )
  })
})

suite('an actor says no', () => {
  const said: [name: string, code: ProblemCode, sent: Sent][] = [
    ['CreateOrder', 'product_not_found', order(ORDER)],
    ['CreateOrder', 'user_not_found', order(ORDER)],
    ['CreateOrder', 'idempotency_key_reused', order(ORDER)],
    ['PutMoney', 'balance_limit', ['POST', '/money/put', PUT('1')]],
    ['GetOrder', 'order_not_found', ['GET', '/v1/orders/7']],
    ['SubscribeQueue', 'name_taken', ['POST', '/mq/billing/subscribe', '{"queue_name":"order-0"}']],
    ['RedriveDeadLetter', 'dead_letter_settled', ['POST', '/v1/dead-letters/order-0-1/redrive']],
  ]
  for (const [name, code, [method, path, text]] of said)
    test(`${name} is answered with ${code}`, async () => {
      const { bus, send } = createTestGateway({ [name]: no(code) })
      const response = await send(method, path, { headers: { 'x-request-id': 'abc' }, ...(text ? { text } : {}) })
      assert.equal(response.status, PROBLEMS[code].status)
      assert.deepEqual(await response.json(), {
        type: `/problems/${code}`,
        title: PROBLEMS[code].title,
        status: PROBLEMS[code].status,
        detail: `said ${code}`,
        instance: 'abc',
        code,
      })
      assert.equal(bus.asked.length, 1)
      assert.equal(response.headers.get('idempotent-replayed'), null)
    })

  test('a no that was stored is replayed', async () => {
    const { send } = createTestGateway({ CreateOrder: no('product_not_found', true) })
    const response = await send('POST', '/orders/create', { text: ORDER, headers: { 'idempotency-key': 'k' } })
    assert.equal(response.status, 404)
    assert.equal(response.headers.get('idempotent-replayed'), 'true')
  })

  test('a defect of an actor is 500 without detail, with the key to ask again', async () => {
    const { send } = createTestGateway({ CreateOrder: no('internal') })
    const response = await send('POST', '/orders/create', { text: ORDER, headers: { 'idempotency-key': '"k"' } })
    const problem = (await response.json()) as ProblemDocument
    assert.equal(response.status, 500)
    assert.doesNotMatch(problem.detail, /said/)
    assert.equal(response.headers.get('idempotency-key'), 'k')
  })

  test('a reply that does not fit the contract is 500, with the key to ask again', async () => {
    const { send } = createTestGateway({ CreateOrder: { body: { surprise: true }, headers: {} } })
    const response = await send('POST', '/orders/create', { text: ORDER, headers: { 'idempotency-key': 'k' } })
    assert.equal(response.status, 500)
    assert.equal(response.headers.get('idempotency-key'), 'k')
  })
})
