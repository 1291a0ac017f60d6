/** W3C trace context: which trace a message belongs to, and which step of it has sent it (w3.org/TR/trace-context). */
import { createHash } from 'node:crypto'

/** `id`: 32 hexadecimal digits, `span`: 16. `sampled`: somebody upstream records this trace. */
export type Trace = { id: string; span: string; sampled: boolean }

const TRACE = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/
const SAMPLED = 1

/** Reads a `traceparent`; undefined where it is none. */
export const readTrace = (text: string | undefined): Trace | undefined => {
  const [, id, span, flags] = TRACE.exec(text ?? '') ?? []
  if (id === undefined || span === undefined || flags === undefined) return undefined
  return { id, span, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED }
}

/** The `traceparent` of what the step `span` sends. */
export const writeTrace = ({ id, span, sampled }: Trace): string => `00-${id}-${span}-${sampled ? '01' : '00'}`

/**
 * The span of the step that wrote entry `seq` of the log of `source` (`order/0`). Whoever has the entry can name it, so
 * that the log is the same whether somebody records traces or not.
 */
export const spanOfEntry = (traceId: string, source: string, seq: number): string =>
  createHash('sha256').update(`${traceId}/${source}/${seq}`).digest('hex').slice(0, 16)
