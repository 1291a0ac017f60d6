/** A look at the broker of a Kassa under test with the plain NATS client, which knows nothing of Kassa. */
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'

/** A message as it lies in a stream. */
export type StoredMessage = { seq: number; subject: string; headers: Record<string, string>; body: Buffer }

export type NatsLook = {
  connection: NatsConnection
  jetstream: JetStreamManager
  /** Asks by hand, as `nats req` does; gives the JSON of the answer. */
  ask<T>(subject: string, body?: unknown): Promise<T>
  /** All messages of a stream; none where there is no such stream. */
  messages(stream: string): Promise<StoredMessage[]>
  /** Where each actor's log ends, by actor. */
  heads(): Promise<Record<string, number>>
  /** How many queued commands wait. */
  queued(): Promise<number>
  close(): Promise<void>
}

const STREAM_NOT_FOUND = 10059
const ASK_MS = 5_000

export async function lookAt(natsUrl: string): Promise<NatsLook> {
  const connection = await connect({ servers: natsUrl })
  const jetstream = await jetstreamManager(connection)

  const ask = async <T>(subject: string, body: unknown = {}): Promise<T> =>
    (await connection.request(subject, JSON.stringify(body), { timeout: ASK_MS })).json<T>()

  const messages = async (stream: string): Promise<StoredMessage[]> => {
    const { state } = await jetstream.streams.info(stream)
    const found: StoredMessage[] = []
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await jetstream.streams.getMessage(stream, { seq })
      if (!message) continue
      const names = message.header.keys()
      const headers = Object.fromEntries(names.map(name => [name, message.header.get(name)]))
      found.push({ seq, subject: message.subject, headers, body: Buffer.from(message.data) })
    }
    return found
  }

  return {
    connection,
    jetstream,
    ask,
    messages: async stream => {
      try {
        return await messages(stream)
      } catch (fault) {
        if (fault instanceof JetStreamApiError && fault.apiError().err_code === STREAM_NOT_FOUND) return []
        throw fault
      }
    },
    heads: async () => {
      const actors = ['order', 'billing', 'notification']
      const asked = actors.map(async actor => {
        const { head } = await ask<{ head: number }>(`${actor}.0.query.Health`)
        return [actor, head]
      })
      return Object.fromEntries(await Promise.all(asked))
    },
    queued: async () => (await jetstream.streams.info('COMMANDS')).state.messages,
    close: () => connection.close(),
  }
}
