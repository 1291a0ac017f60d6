/** The trace of one request: the client's, or one that begins here; and a span of its own in it. */
import { readTrace, writeTrace } from '../bus/trace.ts'
import type { Random } from '../world/random.ts'
import { type Exchange, type GatewayEnv, headerValues } from './exchange.ts'

/**
 * Reads `traceparent`, of which there may be one. `ownId` is a UUID of ours that names this request alone: its digits
 * make what is new. `records`: whether somebody records the traces that begin here.
 */
export const traceOf = (exchange: Exchange, ownId: string, records: boolean): GatewayEnv['Variables']['trace'] => {
  const [given, ...more] = headerValues(exchange, 'traceparent')
  const clients = more.length === 0 ? readTrace(given?.trim()) : undefined
  const digits = ownId.replaceAll('-', '')
  const span = digits.slice(16)
  if (clients) return { ...clients, span, parent: clients.span }
  return { id: digits, span, sampled: records, parent: undefined }
}

/** A UUID that names this request alone: its id is one unless the client chose it. */
export const ownIdOf = (requestId: string, given: string | undefined, random: Random): string =>
  requestId === given ? random.uuid() : requestId

/** What goes along with everything that this request sends, and back to the client. */
export const traceparentOf = (exchange: Exchange): string => writeTrace(exchange.get('trace'))
