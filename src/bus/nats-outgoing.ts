/** What is published, gathered into one write: the connection would make a write of its own for each message. */
import type { NatsConnection } from '@nats-io/transport-node'
import type { Clock } from '../world/clock.ts'
import type { BusLog } from './bus-log.ts'
import type { WrittenHeaders } from './nats-headers.ts'

type Message = { subject: string; body: Uint8Array; reply?: string | undefined; headers?: WrittenHeaders | undefined }

export type Outgoing = {
  /** Sends it with the next write. Throws for what can never be sent: a subject with blanks, more bytes than the broker takes. */
  publish: (message: Message) => void
  /** Writes what waits; what the connection is not there for is dropped. */
  flush: () => void
}

/** So many bytes do not wait for the next turn of the event loop. */
const MOST_WAITING_BYTES = 1_000_000

/** Everything that `connection` is to publish. `connected`: whether it could be sent now. */
export const createOutgoing = (
  connection: NatsConnection,
  clock: Clock,
  connected: () => boolean,
  log: BusLog,
): Outgoing => {
  let waiting: Message[] = []
  let bytes = 0
  let planned = false

  const flush = (): void => {
    const messages = waiting
    waiting = []
    bytes = 0
    // The connection would keep it and send it at some later time, when nobody means it any more.
    if (!connected()) return
    for (const { subject, body, reply, headers } of messages) {
      try {
        connection.publish(subject, body, { ...(reply ? { reply } : {}), ...(headers ? { headers } : {}) })
      } catch (thrown) {
        log.warn({ subject, err: thrown }, 'a message could not be sent')
      }
    }
  }

  return {
    publish: message => {
      const { subject, body, headers } = message
      const size = body.length + (headers?.bytes.length ?? 0)
      const most = connection.info?.max_payload ?? Number.POSITIVE_INFINITY
      if (size > most) throw new Error(`Cannot publish on ${subject}: ${size} bytes are more than the broker's ${most}`)
      if (!/^\S+$/.test(subject)) throw new Error(`Cannot publish on "${subject}": it is empty or has blanks`)
      waiting.push(message)
      bytes += size
      if (bytes >= MOST_WAITING_BYTES) return flush()
      if (planned) return
      planned = true
      clock.soon(() => {
        planned = false
        flush()
      })
    },
    flush,
  }
}
