/** `/metrics`: what the gateway counts, and what it gathers of the actors. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Asked, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const figures = (head: number, cursors: Record<string, number> = {}) =>
  yes({ figures: [{ name: 'kassa_log_entries', labels: {}, value: head }], cursors })

const linesOf = async (response: Response, name: string): Promise<string[]> => {
  assert.equal(response.status, 200)
  return (await response.text()).split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

suite('/metrics', () => {
  test('is text of version 0.0.4', async () => {
    const { get } = createTestGateway({ Metrics: figures(1) })
    assert.equal((await get('/metrics')).headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  })

  test('tells which processes have told their figures; one that is silent is down, and the others are told', async () => {
    const silent = ({ subject }: Asked) => (subject.startsWith('billing.') ? 'silence' : figures(7))
    const { get, clock } = createTestGateway({ Metrics: silent })
    const before = clock.monotonic()
    const text = await (await get('/metrics')).text()
    assert.deepEqual(
      text.split('\n').filter(line => line.startsWith('kassa_up{')),
      [
        'kassa_up{process="gateway"} 1',
        'kassa_up{process="order"} 1',
        'kassa_up{process="billing"} 0',
        'kassa_up{process="notification"} 1',
        'kassa_up{process="webhook"} 1',
      ],
    )
    assert.match(text, /^kassa_log_entries\{process="order"\} 7$/m)
    assert.doesNotMatch(text, /^kassa_log_entries\{process="billing"\}/m)
    assert.ok(clock.monotonic() - before <= 1_010, 'it waits a second for them, together')
  })

  test('takes an actor of another version, whose answer it can not read, for one that is down', async () => {
    const { get } = createTestGateway({ Metrics: yes({ somethingElse: 1 }) })
    assert.deepEqual((await linesOf(await get('/metrics'), 'kassa_up')).slice(0, 2), [
      'kassa_up{process="gateway"} 1',
      'kassa_up{process="order"} 0',
    ])
  })

  test('tells how far each actor is behind those that it reads', async () => {
    const told = ({ subject }: Asked) =>
      subject.startsWith('order.') ? figures(9, { 'billing/0': 8 }) : figures(5, { 'order/0': 4, 'nobody/0': 1 })
    const { get } = createTestGateway({ Metrics: told })
    assert.deepEqual((await linesOf(await get('/metrics'), 'kassa_reader_lag_entries')).slice(0, 2), [
      // Asked a moment later billing would have told more: never below nothing.
      'kassa_reader_lag_entries{process="order",source="billing"} 0',
      'kassa_reader_lag_entries{process="billing",source="order"} 5',
    ])
  })

  test('counts requests by route and status, and each that was refused at the door', async () => {
    const { get, post } = createTestGateway({ Metrics: figures(1) })
    for (let time = 0; time < 3; time++) await post('/orders/create/', { user_id: 1, product_id: '12345', quantity: 5 })
    await post('/orders/create', { user_id: 1 })
    await get('/v1/orders/1')
    await get('/v1/orders/2')
    await get('/livez', { host: 'evil.example' })
    const counted = await linesOf(await get('/metrics'), 'kassa_http_requests_total')
    assert.deepEqual(counted, [
      'kassa_http_requests_total{process="gateway",method="other",route="other",status="403"} 1',
      'kassa_http_requests_total{process="gateway",method="POST",route="/orders/create",status="201"} 3',
      'kassa_http_requests_total{process="gateway",method="POST",route="/orders/create",status="400"} 1',
      'kassa_http_requests_total{process="gateway",method="GET",route="/v1/orders/:order_id",status="200"} 2',
    ])
  })

  test('has one name for all addresses and methods that there are not', async () => {
    const { get, send } = createTestGateway({ Metrics: figures(1) })
    for (const path of ['/nowhere', '/orders/ivan@example.com', '/%00']) await get(path)
    await send('PATCH', '/orders/create')
    const text = await (await get('/metrics')).text()
    assert.match(text, /^kassa_http_requests_total\{process="gateway",method="other",route="other",status="404"\} 3$/m)
    assert.match(text, /^kassa_http_requests_total\{process="gateway",method="other",route="other",status="405"\} 1$/m)
    assert.doesNotMatch(text, /ivan|nowhere/)
  })

  test('counts how long a request took, and those that are under way', async () => {
    const { get } = createTestGateway({ Metrics: figures(1), GetOrder: 'silence' }, { requestDeadlineMs: 2_000 })
    await get('/v1/orders/1')
    const text = await (await get('/metrics')).text()
    const of = 'process="gateway",method="GET",route="/v1/orders/:order_id"'
    const line = (rest: string) =>
      text.split('\n').find(line => line.startsWith(`kassa_http_request_duration_seconds${rest}`))
    assert.match(line(`_count{${of}}`) ?? '', / 1$/)
    assert.match(line(`_bucket{${of},le="1"}`) ?? '', / 0$/)
    assert.match(line(`_bucket{${of},le="2.5"}`) ?? '', / 1$/)
    assert.match(text, /^kassa_http_requests_in_flight\{process="gateway"\} 1$/m, 'this one')
  })

  test('tells its version and nothing that is secret', async () => {
    const { get } = createTestGateway({ Metrics: figures(1) })
    const [info] = await linesOf(await get('/metrics'), 'kassa_build_info')
    assert.match(info ?? '', /^kassa_build_info\{version="[\d.]+[^"]*",runtime="[^"]+"\} 1$/)
  })

  test('takes no parameter', async () => {
    const { get } = createTestGateway({ Metrics: figures(1) })
    assert.equal((await get('/metrics?name=x')).status, 400)
  })
})
