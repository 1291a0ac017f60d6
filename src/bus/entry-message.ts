/** An entry as a message of its stream, and back. */
import type { Headers } from './bus.ts'
import { type Entry, headerPairs, headerText } from './entry.ts'

/** The name under which a message carries its own id; an entry's is its chain. */
export const MESSAGE_ID = 'Nats-Msg-Id'

/** The stream takes the message only as the one after this number … */
export const EXPECTED_LAST_SEQ = 'Nats-Expected-Last-Sequence'

/** … and only after the message with this id. */
export const EXPECTED_LAST_ID = 'Nats-Expected-Last-Msg-Id'

/**
 * The headers with which an entry is published (protocol, R4): its own, its chain, and what must stand before it.
 * `previous` is left out where the broker can't know it.
 */
export function entryHeaders(entry: Entry, previous: string | undefined): [name: string, value: string][] {
  const pairs = headerPairs(entry.headers)
  pairs.push([MESSAGE_ID, entry.chain], [EXPECTED_LAST_SEQ, String(entry.seq - 1)])
  // A broker knows no last id of an empty stream and would refuse any.
  if (entry.seq > 1 && previous !== undefined) pairs.push([EXPECTED_LAST_ID, previous])
  return pairs
}

/** The entry in a stored message. Its chain is what its writer claims, '' where a foreign writer gave none. */
export const entryOf = (seq: number, subject: string, body: Uint8Array, headers: Headers): Entry => ({
  seq,
  subject,
  body,
  headers: headerText(name => headers[name]),
  chain: headers[MESSAGE_ID] ?? '',
})
