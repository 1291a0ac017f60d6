/** Sends spans to an OpenTelemetry collector: OTLP over HTTP, as JSON (opentelemetry.io/docs/specs/otlp). */

import type { Log } from '../log.ts'
import { productVersion } from '../version.ts'
import type { Cancel, Clock } from '../world/clock.ts'
import type { Span, Spans } from './span.ts'

/** Spans wait this long for company, ms. */
const SEND_AFTER_MS = 1_000

/** The most in one message, and the most that wait for a collector that is slow; further ones are dropped. */
const SENT_AT_ONCE = 512
const WAITING_MOST = 4_096

/** A collector has so long for its answer, ms; and the last message has no longer than this at the end. */
const PATIENCE_MS = 5_000
const END_MS = 1_000

/** Of a collector that is away a line is written so often, ms. */
const TOLD_EVERY_MS = 60_000

export type OtlpOptions = {
  /** Where traces are posted: ends in `/v1/traces` as a rule. */
  url: string
  headers: Readonly<Record<string, string>>
  /** `kassa-order`: how the process is called in a trace. */
  service: string
  clock: Clock
  log: Pick<Log, 'warn'>
  post?: typeof fetch
}

/** Spans that are sent in the background. What a collector does not take is lost: traces are for looking, not for the books. */
export const createOtlpSpans = ({ url, headers, service, clock, log, post = fetch }: OtlpOptions): Spans => {
  let waiting: Span[] = []
  let cancel: Cancel | undefined
  let sending: Promise<void> | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  let stopped = false

  const plan = (): void => {
    if (cancel || sending || stopped || waiting.length === 0) return
    cancel = clock.after(SEND_AFTER_MS, () => {
      cancel = undefined
      void send(PATIENCE_MS)
    })
  }

  const send = (patienceMs: number): Promise<void> => {
    const spans = waiting.slice(0, SENT_AT_ONCE)
    waiting = waiting.slice(SENT_AT_ONCE)
    sending = deliver(spans, patienceMs).finally(() => {
      sending = undefined
      plan()
    })
    return sending
  }

  const deliver = async (spans: Span[], patienceMs: number): Promise<void> => {
    try {
      const response = await post(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify(messageOf(service, spans)),
        signal: AbortSignal.timeout(patienceMs),
      })
      await response.arrayBuffer()
      if (!response.ok) tell(`it answered ${response.status}`)
    } catch (fault) {
      tell(fault instanceof Error ? fault.message : String(fault))
    }
  }

  const tell = (reason: string): void => {
    if (clock.monotonic() - toldAt < TOLD_EVERY_MS) return
    toldAt = clock.monotonic()
    log.warn({ reason }, 'the collector takes no traces; they are lost, and all else goes on')
  }

  return {
    add: span => {
      if (stopped || waiting.length >= WAITING_MOST) return
      waiting.push(span)
      plan()
    },
    stop: async () => {
      stopped = true
      cancel?.()
      await sending
      if (waiting.length > 0) await send(END_MS)
    },
  }
}

const KINDS = { server: 2, consumer: 5 } as const
const FAILED = 2

const messageOf = (service: string, spans: readonly Span[]) => ({
  resourceSpans: [
    {
      resource: { attributes: attributesOf({ 'service.name': service, 'service.version': productVersion }) },
      scopeSpans: [{ scope: { name: 'kassa', version: productVersion }, spans: spans.map(spanOf) }],
    },
  ],
})

const spanOf = ({ traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, failed }: Span) => ({
  traceId,
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name,
  kind: KINDS[kind],
  startTimeUnixNano: nanos(startMs),
  endTimeUnixNano: nanos(Math.max(startMs, endMs)),
  attributes: attributesOf(attributes),
  ...(failed ? { status: { code: FAILED } } : {}),
})

const attributesOf = (attributes: Record<string, string | number>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    // 64-bit numbers are text in JSON (protobuf.dev/programming-guides/json).
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }))

/** Nanoseconds as text: more than a number of JavaScript can hold. */
const nanos = (ms: number): string =>
  `${Math.floor(ms)}${String(Math.round((ms % 1) * 1_000) % 1_000).padStart(3, '0')}000`
