/** The gateway as a process of its own. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Bus, Request } from '../bus/bus.ts'
import { connectNats } from '../bus/nats.ts'
import { nameOf } from '../bus/subjects.ts'
import { startTestBroker, type TestBroker } from '../bus/test-broker.ts'
import { readConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { pause, systemClock } from '../world/clock.ts'
import { startGateway } from './process.ts'
import type { Said } from './scripted-bus.ts'
import { DOCUMENT } from './test-gateway.ts'

const ORDER = '{"user_id":1,"product_id":"2","quantity":3}'
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

suite('the gateway as a process', { timeout: 60_000 }, () => {
  let broker: TestBroker
  let actors: Bus
  let gateway: Awaited<ReturnType<typeof startGateway>>
  const seen: Request[] = []

  const answer = (request: Request) => {
    seen.push(request)
    const said = DOCUMENT[nameOf(request.subject)] as Exclude<Said, string>
    request.respond(json(said.body), said.headers)
  }
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}${path}`, { method: 'POST', body, headers })

  before(async () => {
    broker = await startTestBroker()
    actors = await connectNats({ url: broker.url, name: 'actors' })
    const { config } = readConfig({ KASSA_PORT: '0', NATS_URL: broker.url, KASSA_SETTLE_WAIT_MS: '1000' })
    gateway = await startGateway(config, createLog('silent', 'gateway'))
  })
  after(async () => {
    await gateway.stop()
    await actors.close()
    await broker.close()
  })

  test('asks over the bus, and settles by the event of the stream', async () => {
    const serving = actors.serve('order.0.command.*', request => {
      answer(request)
      const data = { order_id: '54321', notification_type: 'order_confirmed' }
      void actors.request('notification.0.event.LetterSent.1', json({ data }), { timeoutMs: 1 }).catch(() => {})
    })
    const response = await post('/orders/create/', ORDER, { 'idempotency-key': '"my key"' })

    assert.equal(response.status, 201)
    assert.equal(response.headers.get('order-status'), 'Confirmed')
    assert.equal(seen.at(-1)?.headers['Idempotency-Key'], 'my key')
    await serving.stop()
  })

  test('answers a request that came before its actor did', async () => {
    const early = post('/money/put/', '{"user_id":1,"amount":1}')
    await pause(systemClock, 200)
    const serving = actors.serve('billing.0.command.*', answer)
    assert.equal((await early).status, 202)
    await serving.stop()
  })

  test('answers a request through a crash of the broker', async () => {
    const serving = actors.serve('billing.0.command.*', answer)
    await broker.end('SIGKILL')
    const during = post('/money/put/', '{"user_id":1,"amount":1}')
    await pause(systemClock, 200)
    await broker.start()
    assert.equal((await during).status, 202)
    await serving.stop()
  })

  test('puts a queued command on the disk of the broker once', async () => {
    const withdraw = () => post('/mq/withdrawals', '{"order_id":"o1","amount":100.00}', { 'idempotency-key': 'k' })
    const [first, second] = [await withdraw(), await withdraw()]
    assert.deepEqual([first.status, second.status], [202, 202])
    assert.equal(second.headers.get('idempotent-replayed'), 'true')

    const waiting = await actors.queue.oldest({ actor: 'billing', cell: 0 })
    assert.ok(waiting !== undefined)
    const other = await post('/mq/withdrawals', '{"order_id":"o1","amount":7}', { 'idempotency-key': 'k' })
    assert.equal(other.status, 422)
  })

  test('is stopped in less than three seconds with a request in flight, and stopping again is harmless', async () => {
    const { config } = readConfig({ KASSA_PORT: '0', NATS_URL: broker.url })
    const other = await startGateway(config, createLog('silent', 'gateway'))
    const inFlight = fetch(`${other.url}/money/put`, { method: 'POST', body: '{"user_id":1,"amount":1}' })
    await pause(systemClock, 100)

    const startedMs = systemClock.monotonic()
    await Promise.all([other.stop(), other.stop()])
    assert.ok(systemClock.monotonic() - startedMs < 3_000)
    const response = await inFlight
    assert.equal(response.status, 503)
    assert.ok(response.headers.get('idempotency-key'))
    await assert.rejects(fetch(`${other.url}/livez`))
  })
})
