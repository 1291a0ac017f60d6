/** One trace of one order over all processes, as a collector gets it; and as the log and a letter keep it. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { spanOfEntry } from '../src/bus/trace.ts'
import { eventually } from './eventually.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const COME_MS = 60_000
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CLIENT = '00f067aa0ba902b7'

type Value = { stringValue?: string; intValue?: string }
type Attribute = { key: string; value: Value }
type OtlpSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
}
type Message = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[]
}
type Got = OtlpSpan & { service: string }

describe('a trace', { timeout: 300_000 }, () => {
  const got: Got[] = []
  const paths = new Set<string>()
  const keys = new Set<string | undefined>()
  const collector = createServer((request, response) => {
    void text(request).then(body => {
      paths.add(`${request.method} ${request.url} ${request.headers['content-type']}`)
      keys.add(request.headers['x-key'] as string | undefined)
      for (const { resource, scopeSpans } of (JSON.parse(body) as Message).resourceSpans) {
        const service = attribute(resource.attributes, 'service.name') ?? ''
        for (const { spans } of scopeSpans) got.push(...spans.map(span => ({ ...span, service })))
      }
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  let kassa: KassaUnderTest
  let nats: NatsLook
  let user: number

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${kassa.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers })

  /** The spans of a trace, by name, once all of `names` have come. */
  const spansOf = (traceId: string, names: string[]): Promise<Record<string, Got>> =>
    eventually(`${names.join(', ')} of ${traceId}`, COME_MS, () => {
      const own = got.filter(span => span.traceId === traceId)
      return names.every(name => own.some(span => span.name === name))
        ? Object.fromEntries(own.map(span => [span.name, span]))
        : undefined
    })

  before(async () => {
    await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve))
    const { port } = collector.address() as AddressInfo
    kassa = await startKassa({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/`,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20key',
        // One letter an order, so that its span has a name of its own.
        KASSA_LETTER_PENDING: 'off',
      },
    })
    nats = await lookAt(kassa)
    const made = await post('/user/create', { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' })
    user = ((await made.json()) as { user_id: number }).user_id
    await post('/money/put', { user_id: user, amount: '5000' })
  })
  after(async () => {
    await nats?.close()
    await kassa?.stop()
    collector.closeAllConnections()
    collector.close()
  })

  const ORDER = () => ({ user_id: user, product_id: '12345', quantity: 5 })
  const NAMES = ['POST /orders/create', 'OrderCreated', 'MoneyWithdrawn', 'OrderConfirmed', 'LetterSent']

  it('is the client’s, over the gateway and every actor that had a part in the order, each step below what it came of', async () => {
    const response = await post('/orders/create', ORDER(), { traceparent: `00-${TRACE}-${CLIENT}-01` })
    const spans = await spansOf(TRACE, NAMES)
    const [request, created, withdrawn, confirmed, letter] = NAMES.map(name => spans[name] as Got)
    assert.equal(got.filter(span => span.traceId === TRACE).length, NAMES.length, 'and nothing else')
    assert.deepEqual(
      [request, created, withdrawn, confirmed, letter].map(span => [span?.service, span?.parentSpanId]),
      [
        ['kassa-gateway', CLIENT],
        ['kassa-order', request?.spanId],
        ['kassa-billing', created?.spanId],
        ['kassa-order', withdrawn?.spanId],
        ['kassa-notification', confirmed?.spanId],
      ],
    )
    const order = ((await response.json()) as { order_id: string }).order_id
    for (const span of [created, withdrawn, confirmed, letter])
      assert.equal(attribute(span?.attributes ?? [], 'kassa.order_id'), order)
    assert.equal(attribute(request?.attributes ?? [], 'http.response.status_code'), '201')
    for (const { startTimeUnixNano, endTimeUnixNano } of Object.values(spans)) {
      assert.match(startTimeUnixNano, /^\d{19}$/)
      assert.ok(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano))
    }
    assert.equal(response.headers.get('traceparent'), `00-${TRACE}-${request?.spanId}-01`)
    assert.deepEqual([...paths], ['POST /v1/traces application/json'])
    assert.deepEqual([...keys], ['a key'])
  })

  it('begins at the gateway where the client has none, and tells nothing personal', async () => {
    const response = await post('/orders/create', ORDER())
    const [, id = ''] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(response.headers.get('traceparent') ?? '') ?? []
    const spans = await spansOf(id, NAMES)
    assert.equal(spans['POST /orders/create']?.parentSpanId, undefined)
    assert.doesNotMatch(JSON.stringify(got), /ivan|example\.com/i)
  })

  it('that nobody upstream records is recorded by nobody, and is in the log all the same', async () => {
    const other = TRACE.replace('4', '5')
    await post('/orders/create', ORDER(), { traceparent: `00-${other}-${CLIENT}-00` })
    const entries = await eventually('the letter’s entry', COME_MS, async () => {
      const letters = await nats.messages('NOTIFICATION_0')
      return letters.some(({ body }) => body.toString('utf8').includes(other)) ? letters : undefined
    })
    assert.ok(entries.length > 0)
    // Of a later request: what came before it would have been sent by then.
    const later = await post('/orders/create', ORDER())
    await spansOf((later.headers.get('traceparent') ?? '').slice(3, 35), NAMES)
    assert.deepEqual(
      got.filter(({ traceId }) => traceId === other),
      [],
    )
  })

  it('names its steps by the entries, so that anybody with the log can tell them', async () => {
    const span = (await spansOf(TRACE, NAMES)).OrderCreated
    const entry = attribute(span?.attributes ?? [], 'kassa.entry') ?? ''
    const [source = '', seq] = entry.split(/\/(?=\d+$)/)
    assert.equal(spanOfEntry(TRACE, source, Number(seq)), span?.spanId)
    const written = (await nats.messages('ORDER_0'))[Number(seq) - 1]
    assert.match(JSON.parse(written?.body.toString('utf8') ?? '{}').traceparent, new RegExp(`^00-${TRACE}-`))
  })
})

function attribute(attributes: Attribute[], key: string): string | undefined {
  const value = attributes.find(one => one.key === key)?.value
  return value?.stringValue ?? value?.intValue
}
