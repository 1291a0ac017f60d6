/** What the keeper asks of JetStream for others: what our own code makes there, and no other stream or consumer. */
import { isDeepStrictEqual } from 'node:util'
import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream'
import { inboxesOf } from './permissions.ts'
import {
  commandsConfig,
  followConfig,
  logStreamConfig,
  logSubjects,
  publicConsumerConfig,
  queueConsumer,
  queueConsumerConfig,
  queueSubjects,
} from './streams.ts'
import { type Address, COMMANDS, streamOf } from './subjects.ts'

const NANOS_PER_MS = 1_000_000

/** No other: the broker reads names in any case, so that of two configurations it might take the one nobody looked at. */
const FIELDS_OF_A_CONSUMER = ['stream_name', 'config', 'action']

/** Who asks for what, with which body. That the user may ask for that of that stream, the broker has seen to. */
export type Wish = { user: string; what: string; body: unknown }

/** All actors of the installation, and the stream of that name as it is made now. */
export type Known = { addresses: readonly Address[]; there: (stream: string) => Promise<StreamConfig | undefined> }

/** Why the wish is refused, or `undefined` where it may be asked of JetStream as it is. */
export async function refusalOf({ user, what, body }: Wish, { addresses, there }: Known): Promise<string | undefined> {
  const [kind, verb, ...rest] = what.split('.')
  const name = rest.at(-1) ?? ''
  if (kind === 'STREAM') {
    const config = body as StreamConfig
    if (config?.name !== name) return 'the body names another stream'
    if (verb === 'CREATE') return isOurStream(config, addresses) ? undefined : 'no stream of ours is made like that'
    if (verb === 'UPDATE') return (await isSmallChange(config, addresses, there)) ? undefined : 'more would change'
  }
  if (kind === 'CONSUMER') {
    const isOwn = name === user || name.startsWith(`${user}-`)
    if (verb === 'DELETE') return isOwn ? undefined : 'the consumer is another one’s'
    if (!Object.keys(body ?? {}).every(field => FIELDS_OF_A_CONSUMER.includes(field)))
      return 'the body has other fields'
    const { stream_name: stream, config } = body as { stream_name: string; config: ConsumerConfig }
    if (stream !== rest.at(-2)) return 'the body names another stream'
    if (verb === 'CREATE') return isOwn && isFollower(name, user, config) ? undefined : 'nobody follows a log like that'
    if (verb === 'DURABLE')
      return isOurDurable(name, stream, config, addresses) ? undefined : 'it is no consumer of ours'
  }
  return 'the keeper does not do that'
}

const isOurStream = (config: StreamConfig, addresses: readonly Address[]): boolean => {
  if (config.name === COMMANDS) return isLike(config, commandsConfig(addresses))
  const address = addresses.find(one => streamOf(one) === config.name)
  return address !== undefined && [true, false].some(quick => isLike(config, logStreamConfig(address, quick)))
}

/** Beside what is said of it, the queue may get the subjects of actors, and lose any. */
const isSmallChange = async (config: StreamConfig, addresses: readonly Address[], there: Known['there']) => {
  const now = await there(config.name)
  if (now === undefined) return false
  if (config.name !== COMMANDS) return isLike(config, now)
  const known = [...now.subjects, ...addresses.map(queueSubjects)]
  return (
    config.subjects.every(subject => known.includes(subject)) && isLike(config, { ...now, subjects: config.subjects })
  )
}

const isFollower = (name: string, user: string, config: ConsumerConfig): boolean => {
  const { deliver_subject: inbox = '', opt_start_seq: from = 0, idle_heartbeat = 0 } = config
  const wanted = followConfig({ name, reader: user, inbox, from, heartbeatMs: idle_heartbeat / NANOS_PER_MS })
  // `_INBOX_order-0.>` without its last token.
  return inbox.startsWith(inboxesOf(user).slice(0, -1)) && isLike(config, wanted)
}

const isOurDurable = (name: string, stream: string, config: ConsumerConfig, addresses: readonly Address[]): boolean => {
  if (stream === COMMANDS) {
    const address = addresses.find(one => queueConsumer(one) === name)
    return address !== undefined && isLike(config, queueConsumerConfig(address))
  }
  const address = addresses.find(one => streamOf(one) === stream)
  const subject = config.filter_subject ?? ''
  // `order.0.event.>` without its last token.
  const isOfLog = address !== undefined && subject.startsWith(logSubjects(address).slice(0, -1))
  return isOfLog && isLike(config, publicConsumerConfig(address, name, subject))
}

/** The same but for what is only said of it, for people. */
const isLike = (one: object, other: object): boolean => isDeepStrictEqual(unsaid(one), unsaid(other))

const unsaid = (config: object): object => {
  const { description, metadata, ...rest } = config as { description?: unknown; metadata?: unknown }
  return JSON.parse(JSON.stringify(rest))
}
