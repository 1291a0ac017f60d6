/** A command as it came from the queue becomes an item of the mailbox. */
import type { QueuedCommand } from '../../bus/bus.ts'
import { COMMAND_HEADERS } from '../../bus/command-id.ts'
import { MESSAGE_ID } from '../../bus/entry-message.ts'
import { nameOf } from '../../bus/subjects.ts'
import type { QueuedItem } from './mailbox.ts'

/** Its id is the sender's, or else the broker's name for the message (protocol, R9). */
export const queuedItemOf = ({ subject, headers, fallbackId, body, sentAt, ack }: QueuedCommand): QueuedItem => ({
  kind: 'queued',
  id: headers[MESSAGE_ID] || fallbackId,
  name: nameOf(subject),
  bytes: body,
  sentAt,
  // A no is kept in any case; that nothing changed only where the client may ask again.
  remember: headers[COMMAND_HEADERS.key] !== undefined,
  trace: headers[COMMAND_HEADERS.trace],
  ack,
})
