/** How the broker's streams and consumers are made. */
import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream'
import { productVersion } from '../version.ts'
import { type Address, COMMANDS, sourceOf, streamOf } from './subjects.ts'

const NANOS_PER_MS = 1_000_000

/**
 * How long the broker remembers the chain of a message. Long enough to be useful to nobody: a relay asks the stream
 * where it stands instead. The broker keeps these ids in memory.
 */
export const DUPLICATE_WINDOW_MS = 100

/** A sender that got no answer may send a queued command again for this long without it being stored twice. */
export const QUEUE_DUPLICATE_WINDOW_MS = 120_000

/** A queued command that was not acknowledged is delivered again after this. */
export const ACK_WAIT_MS = 30_000

/** So many queued commands may be delivered and not yet acknowledged. */
export const MAX_ACK_PENDING = 1_000

/**
 * Messages of one subject that a log stream may have; nothing reaches it. With such a bound nats-server keeps a stream in
 * blocks of 4 MB, else of 8; and the newest block of each stream it has in memory.
 */
const MOST_OF_A_SUBJECT = 1_000_000_000

/** The first number of the JetStream API that knows `persist_mode` (nats-server 2.12). */
export const ASYNC_API_LEVEL = 2

/** What stands beside a stream or consumer for whoever looks at it: whose it is, what its messages are, who made it. */
const metadataOf = (owner: string, schema: string): Record<string, string> => ({
  'kassa.owner': owner,
  'kassa.schema': schema,
  'kassa.version': productVersion,
})

const EVENTS = 'CloudEvents 1.0 JSON'
const WISHES = 'JSON: the fields of the command that the subject names'

/** `order.0.event.>` */
export const logSubjects = ({ actor, cell }: Address): string => `${actor}.${cell}.event.>`

/** `order.0.queue.*` */
export const queueSubjects = ({ actor, cell }: Address): string => `${actor}.${cell}.queue.*`

/** The durable consumer of `COMMANDS` by which an actor takes its commands. */
export const queueConsumer = ({ actor, cell }: Address): string => `${actor}-${cell}`

/**
 * The stream that carries a log. `quick` leaves the disk to the operating system: what a broker loses, the store of
 * the log's owner publishes again.
 */
export const logStreamConfig = (address: Address, quick: boolean): Partial<StreamConfig> => ({
  name: streamOf(address),
  description: `The log of ${sourceOf(address)}: one message an entry, numbered like the log`,
  subjects: [logSubjects(address)],
  retention: 'limits',
  storage: 'file',
  num_replicas: 1,
  max_msgs_per_subject: MOST_OF_A_SUBJECT,
  duplicate_window: DUPLICATE_WINDOW_MS * NANOS_PER_MS,
  metadata: { 'kassa.log': sourceOf(address), ...metadataOf(sourceOf(address), EVENTS) },
  ...(quick ? { persist_mode: 'async' } : {}),
})

/** `order.*.queue.*`, which earlier versions took: a command for a cell that there is not then waited for ever. */
export const anyCellsQueue = ({ actor }: Address): string => `${actor}.*.queue.*`

/** The queue. Nothing can heal it, so it is written as safely as the broker is set to (ours: one fsync a message). */
export const commandsConfig = (addresses: readonly Address[]): Partial<StreamConfig> => ({
  name: COMMANDS,
  description: 'Commands that nobody waits for, until their actor has carried them out',
  subjects: [...new Set(addresses.map(queueSubjects))],
  retention: 'workqueue',
  storage: 'file',
  num_replicas: 1,
  duplicate_window: QUEUE_DUPLICATE_WINDOW_MS * NANOS_PER_MS,
  metadata: { 'kassa.queue': 'commands', ...metadataOf('all actors', WISHES) },
})

/** The consumer by which an actor takes its commands from the queue. */
export const queueConsumerConfig = (address: Address): Partial<ConsumerConfig> => ({
  durable_name: queueConsumer(address),
  description: `Commands for ${sourceOf(address)}`,
  metadata: metadataOf(sourceOf(address), WISHES),
  filter_subject: queueSubjects(address),
  deliver_policy: 'all',
  ack_policy: 'explicit',
  ack_wait: ACK_WAIT_MS * NANOS_PER_MS,
  max_ack_pending: MAX_ACK_PENDING,
  // A command is given up by its actor, with a reason in the log, never by the broker.
  max_deliver: -1,
})

/** A consumer for anybody who reads the log of `address` by hand, from its first message. */
export const publicConsumerConfig = (address: Address, name: string, subject: string): Partial<ConsumerConfig> => ({
  durable_name: name,
  description: `Reads ${subject}`,
  metadata: metadataOf(sourceOf(address), EVENTS),
  filter_subject: subject,
  deliver_policy: 'all',
  ack_policy: 'explicit',
})

/** The consumer of one `follow`: in memory, without acks, gone by itself a while after its reader. */
export const followConfig = ({
  name,
  reader,
  inbox,
  from,
  heartbeatMs,
}: {
  name: string
  reader: string
  inbox: string
  from: number
  heartbeatMs: number
}): Partial<ConsumerConfig> => ({
  name,
  description: `${reader} reads, for as long as it lives`,
  metadata: metadataOf(reader, EVENTS),
  deliver_subject: inbox,
  deliver_policy: 'by_start_sequence',
  opt_start_seq: from,
  ack_policy: 'none',
  max_deliver: 1,
  flow_control: true,
  idle_heartbeat: heartbeatMs * NANOS_PER_MS,
  inactive_threshold: 5_000 * NANOS_PER_MS,
  mem_storage: true,
  num_replicas: 1,
})
