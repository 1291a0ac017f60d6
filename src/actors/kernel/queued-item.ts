/** A command as it came from the queue becomes an item of the mailbox. */
import { createHash } from 'node:crypto'
import type { QueuedCommand } from '../../bus/bus.ts'
import { COMMAND_HEADERS, traceIn } from '../../bus/command-id.ts'
import { MESSAGE_ID } from '../../bus/entry-message.ts'
import { nameOf } from '../../bus/subjects.ts'
import type { QueuedItem } from './mailbox.ts'

/** Of a longer id only the hash is kept: an entry that no stream could take would stop its actor for good. */
const MOST_ID_CHARACTERS = 600

const idOf = (named: string): string =>
  named.length <= MOST_ID_CHARACTERS ? named : `sha256/${createHash('sha256').update(named).digest('base64url')}`

/** Its id is the sender's, or else the broker's name for the message (protocol, R9). */
export const queuedItemOf = ({ subject, headers, fallbackId, body, sentAt, ack }: QueuedCommand): QueuedItem => ({
  kind: 'queued',
  id: idOf(headers[MESSAGE_ID] || fallbackId),
  name: nameOf(subject),
  bytes: body,
  sentAt,
  // A no is kept in any case; that nothing changed only where the client may ask again.
  remember: headers[COMMAND_HEADERS.key] !== undefined,
  trace: traceIn(headers),
  ack,
})
