/** Spans on their way to a collector. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createOtlpSpans } from './otlp.ts'
import type { Span } from './span.ts'

const span = (name: string): Span => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: undefined,
  name,
  kind: 'server',
  startMs: 1_694_097_000_000.25,
  endMs: 1_694_097_000_001,
  attributes: { 'http.route': '/orders/create', 'http.response.status_code': 201 },
  failed: false,
})

type Message = { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] }

const createBench = (answer: () => Response | Promise<Response> = () => new Response('{}')) => {
  const clock = createVirtualClock({ start: 0 })
  const sent: { url: string; headers: Record<string, string>; spans: Record<string, unknown>[] }[] = []
  const warned: unknown[] = []
  const post = (async (url: string, { headers, body }: { headers: Record<string, string>; body: string }) => {
    const message = JSON.parse(body) as Message
    sent.push({ url, headers, spans: message.resourceSpans[0]?.scopeSpans[0]?.spans ?? [] })
    return answer()
  }) as unknown as typeof fetch
  const log = { warn: (facts: unknown) => void warned.push(facts) } as never
  const url = 'http://127.0.0.1:4318/v1/traces'
  const spans = createOtlpSpans({ url, headers: { authorization: 'a' }, service: 'kassa-order', clock, log, post })
  return { clock, sent, warned, spans }
}

suite('spans', () => {
  test('are sent together, a second after the first, as OTLP wants them', async () => {
    const { clock, sent, spans } = createBench()
    spans.add(span('a'))
    await clock.advance(999)
    spans.add({ ...span('b'), parentSpanId: '00f067aa0ba902b8', kind: 'consumer', failed: true })
    assert.equal(sent.length, 0)
    await clock.advance(1)
    assert.equal(sent.length, 1)
    assert.deepEqual(sent[0]?.headers, { authorization: 'a', 'Content-Type': 'application/json' })
    const [first, second] = sent[0]?.spans ?? []
    assert.deepEqual(first, {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      name: 'a',
      kind: 2,
      startTimeUnixNano: '1694097000000250000',
      endTimeUnixNano: '1694097000001000000',
      attributes: [
        { key: 'http.route', value: { stringValue: '/orders/create' } },
        { key: 'http.response.status_code', value: { intValue: '201' } },
      ],
    })
    assert.deepEqual([second?.parentSpanId, second?.kind, second?.status], ['00f067aa0ba902b8', 5, { code: 2 }])
  })

  test('are sent on in parts where there are many, and dropped where a collector is too slow', async () => {
    const { clock, sent, spans } = createBench()
    for (let number = 0; number < 5_000; number++) spans.add(span(String(number)))
    await clock.advance(60_000)
    assert.equal(sent.flatMap(({ spans }) => spans).length, 4_096)
    assert.ok(sent.every(({ spans }) => spans.length <= 512))
  })

  test('that nobody takes are told of once a minute, without harm', async () => {
    for (const answer of [() => new Response('', { status: 503 }), () => Promise.reject(new Error('refused'))]) {
      const { clock, warned, spans } = createBench(answer)
      for (let second = 0; second < 59; second++) {
        spans.add(span('a'))
        await clock.advance(1_000)
      }
      assert.equal(warned.length, 1)
      await clock.advance(5_000)
      spans.add(span('a'))
      await clock.advance(1_000)
      assert.equal(warned.length, 2)
    }
  })

  test('are sent at the end, and none is taken after it', async () => {
    const { clock, sent, spans } = createBench()
    spans.add(span('a'))
    await spans.stop()
    spans.add(span('b'))
    await clock.advance(5_000)
    assert.deepEqual(
      sent.flatMap(({ spans }) => spans.map(({ name }) => name)),
      ['a'],
    )
    await clock.runUntilIdle({ limitMs: 0 })
  })
})
