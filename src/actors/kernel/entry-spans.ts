/** The span of each entry: a step of a trace, from what it came of to its commit. Named by the entry, so nothing is kept. */
import { type Entry, readHeaders } from '../../bus/entry.ts'
import { type Address, sourceOf } from '../../bus/subjects.ts'
import { readTrace, spanOfEntry } from '../../bus/trace.ts'
import type { Spans } from '../../tracing/span.ts'
import { readEvent } from './event.ts'

/** Tells `spans` of committed entries that belong to a trace which somebody records; `startMs` is when their turn began. */
export const tellEntries = (
  spans: Spans,
  address: Address,
  entries: readonly Entry[],
  { startMs, endMs }: { startMs: number; endMs: number },
): void => {
  const source = sourceOf(address)
  for (const { seq, body, headers } of entries) {
    const { traceparent, type, data } = readEvent(body)
    const trace = readTrace(traceparent)
    if (!trace?.sampled) continue
    const { cause, command } = readHeaders(headers)
    const order: unknown = data?.order_id
    spans.add({
      traceId: trace.id,
      spanId: spanOfEntry(trace.id, source, seq),
      parentSpanId: cause ? spanOfEntry(trace.id, cause.source, cause.seq) : trace.span,
      name: type,
      kind: cause || command === undefined ? 'consumer' : 'server',
      startMs,
      endMs,
      attributes: {
        'kassa.entry': `${source}/${seq}`,
        ...(typeof order === 'string' ? { 'kassa.order_id': order } : {}),
      },
      failed: false,
    })
  }
}
