/** The name of one command, under which it is carried out once: its caller, what it wants, and a key. */
import { createHash } from 'node:crypto'
import { readTrace } from './trace.ts'

/** Headers that travel with a command besides the trace. */
export const COMMAND_HEADERS = {
  /** The client's key. A refusal under it is remembered like a success. */
  key: 'Idempotency-Key',
  /** The key that the gateway made because the client gave none. */
  requestId: 'Kassa-Request-Id',
  /** Who asks; `-` while there is no access control. */
  caller: 'Kassa-Caller',
  /** Milliseconds that the sender still waits, from when it sent. */
  deadlineMs: 'Kassa-Deadline-Ms',
  /** `no`: a refusal is not to be remembered under the client's key, the sender is going to ask again. */
  remember: 'Kassa-Remember',
  /** `true` on a reply that an earlier request with this key got. */
  replayed: 'Kassa-Replayed',
  /** W3C trace context. */
  trace: 'traceparent',
} as const

/** Headers of a reply that is a no (NATS ADR-32): the number and the sentence; the body is the problem document. */
export const REFUSAL_HEADERS = { status: 'Nats-Service-Error-Code', detail: 'Nats-Service-Error' } as const

/** Nobody in particular. */
export const ANYBODY = '-'

/** A key's scope is caller, operation and key: the same key may name something else elsewhere. */
export const commandId = (caller: string, command: string, key: string): string => `${caller}/${command}/${key}`

/** What a body means, whatever its spelling: a hash of its fields as the contract read them. 22 characters. */
export const fingerprintOf = (body: unknown): string =>
  createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)

/** W3C trace context, as it is kept; anything else is left out: what stands in an entry must be small (w3.org/TR/trace-context). */
export const traceIn = (headers: Readonly<Record<string, string>>): string | undefined => {
  const trace = headers[COMMAND_HEADERS.trace]
  return readTrace(trace) ? trace : undefined
}
