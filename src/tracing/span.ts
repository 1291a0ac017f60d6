/** Spans: what somebody who records traces is told, a step each. */

export type Span = {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  /** `server`: somebody waited for it; `consumer`: it came of an event or of the queue. */
  kind: 'server' | 'consumer'
  /** Milliseconds since 1970. */
  startMs: number
  endMs: number
  attributes: Record<string, string | number>
  failed: boolean
}

/** Takes spans in and sends them on by itself; never throws and never waits. */
export type Spans = { add: (span: Span) => void; stop: () => Promise<void> }
