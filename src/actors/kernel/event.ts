/** An event as it is written: a CloudEvent in JSON, which `nats sub` shows and the log keeps byte for byte. */
import { type Address, sourceOf } from '../../bus/subjects.ts'

/** What happened, as `apply` sees it. `at` is milliseconds since 1970, `user` whom it is about. */
export type AppliedEvent = {
  seq: number
  type: string
  user: string | undefined
  at: number
  // The shape of `data` belongs to the type, as the contract says; nobody else writes the log.
  // biome-ignore lint/suspicious/noExplicitAny: narrowed by the contract of each actor
  data: any
  /** The id of the command that it answers. */
  command: string | undefined
}

/** The bytes of an event (CloudEvents 1.0, JSON format, with the extensions `sequence` and `traceparent`). */
export const writeEvent = (
  address: Address,
  event: Pick<AppliedEvent, 'seq' | 'type' | 'user' | 'at' | 'data'>,
  traceparent: string | undefined,
): Buffer => {
  const source = sourceOf(address)
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `${source}/${event.seq}`,
      source,
      type: event.type,
      subject: event.user,
      time: new Date(event.at).toISOString(),
      datacontenttype: 'application/json',
      sequence: String(event.seq),
      traceparent,
      data: event.data,
    }),
  )
}

/** Whether an entry is the `Started` of a process: nobody's loss while nobody saw it. */
export const isStarted = ({ subject }: { subject: string }): boolean => subject.includes('.event.Started.')

/** Reads an event that `writeEvent` wrote. Throws on anything else. */
export const readEvent = (
  body: Uint8Array,
): Omit<AppliedEvent, 'command'> & { source: string; traceparent: string | undefined } => {
  const event = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as {
    source: string
    sequence: string
    type: string
    subject?: string
    time: string
    traceparent?: string
    data: unknown
  }
  if (typeof event.type !== 'string' || typeof event.time !== 'string' || typeof event.data !== 'object')
    throw new Error('Cannot read an entry of the log: it is no event of ours; the log is damaged')
  return {
    source: event.source,
    seq: Number(event.sequence),
    type: event.type,
    user: event.subject,
    at: Date.parse(event.time),
    data: event.data,
    traceparent: event.traceparent,
  }
}
