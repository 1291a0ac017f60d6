/** The bus over NATS and JetStream. */

import type { Msg } from '@nats-io/transport-node'
import { type Clock, systemClock } from '../world/clock.ts'
import { type Random, systemRandom } from '../world/random.ts'
import type { BrokerAccess } from './broker-access.ts'
import type { Bus, Message, Request } from './bus.ts'
import { type BusLog, silentLog } from './bus-log.ts'
import { askApi } from './nats-api.ts'
import { headersOf, toNats } from './nats-headers.ts'
import { type NatsLink, openLink } from './nats-link.ts'
import { natsLogStream } from './nats-log-stream.ts'
import { natsQueue } from './nats-queue.ts'
import { ownerOfInbox } from './permissions.ts'
import { ASYNC_API_LEVEL } from './streams.ts'
import type { Address } from './subjects.ts'

const CONNECT_TIMEOUT_MS = 10_000

export type NatsOptions = {
  url: string
  /** The process, as the broker lists its connections: `order.0`, `gateway`. */
  name: string
  /** By what it gets in; without one, as nobody. */
  access?: BrokerAccess
  /** The user that it comes as, where that is one with a list of subjects: then the keeper makes its streams. */
  keptFor?: string | undefined
  /** All actors of the installation, the same in each of its processes; the queue takes commands for them, and for no other. */
  actors?: readonly Address[]
  /** How long the first connection may take. */
  connectTimeoutMs?: number
  /**
   * Whether log streams may be made without an fsync a message, where the broker knows how. Leave it true: they are
   * healed from the stores.
   */
  quickLogs?: boolean
  clock?: Clock
  random?: Random
  log?: BusLog
}

/** Connects to the broker at `url`. Throws `Unavailable` when that does not work within `connectTimeoutMs`. */
export async function connectNats(options: NatsOptions): Promise<Bus> {
  const { url, name, access = {}, connectTimeoutMs = CONNECT_TIMEOUT_MS, quickLogs = true, actors = [] } = options
  const { clock = systemClock, random = systemRandom, log = silentLog, keptFor } = options
  const link = await openLink({ url, name, access, keptFor, connectTimeoutMs, clock, random, log })
  const quick = async () => quickLogs && !link.clustered() && (await apiLevel(link)) >= ASYNC_API_LEVEL

  return {
    request: async (subject, body, { headers = {}, timeoutMs }) =>
      messageOf(await link.ask(subject, body, { headers: toNats(Object.entries(headers)), timeoutMs })),
    serve: (subject, handle) =>
      link.subscribe(subject, message => {
        if (isOpenToAnswers(message.reply)) handle(requestOf(link, message))
        else log.warn({ subject: message.subject, reply: message.reply }, 'not handled: its answer would go astray')
      }),
    listen: (subject, hear) => link.subscribe(subject, message => hear(heardMessage(message))),
    logStream: address => natsLogStream(link, address, quick),
    queue: natsQueue(link, actors),
    onConnection: changed => void link.onConnection(changed),
    close: () => link.close(),
  }
}

/** What the broker can do, by the number it gives itself; 0 for one that gives none. */
async function apiLevel(link: NatsLink): Promise<number> {
  const info = await askApi<{ api?: { level?: number } }>(link, 'INFO')
  return info.api?.level ?? 0
}

/**
 * Whether an answer may go there. The broker asks nobody whether he may publish to the reply subject he gives: it could
 * be a command of another actor, which he may not send, and the answer its body; and what a consumer was made to
 * deliver on a subject of ours has one of JetStream's.
 */
const isOpenToAnswers = (reply: string | undefined): boolean =>
  !reply || !/^\$|^keeper\.|^[^.]+\.\d+\.(command|query|queue|event)\./.test(reply)

const messageOf = (message: Msg): Message => ({
  subject: message.subject,
  body: message.data,
  headers: headersOf(() => message.headers),
})

// Whoever listens reads bodies; the headers of an event are long, so they are read only when somebody asks for them.
const heardMessage = (message: Msg): Message => ({
  subject: message.subject,
  body: message.data,
  get headers() {
    return headersOf(() => message.headers)
  },
})

const requestOf = (link: NatsLink, message: Msg): Request => {
  let answered = false
  return {
    ...messageOf(message),
    asker: ownerOfInbox(message.reply ?? ''),
    respond: (body, headers = {}) => {
      if (answered || !message.reply) return
      answered = true
      try {
        link.publish(message.reply, body, undefined, toNats(Object.entries(headers)))
      } catch (thrown) {
        link.log.warn({ err: thrown, subject: message.subject }, 'an answer could not be sent')
      }
    },
  }
}
