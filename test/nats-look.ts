/** A look at the broker of a Kassa under test with the plain NATS client, which knows nothing of Kassa. */
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { OPERATOR } from '../src/actors/broker-users.ts'
import { keyFileOf, readNkey } from '../src/bus/broker-keys.ts'
import { nkeyAuthenticator } from '../src/bus/nkey.ts'

/** A message as it lies in a stream. */
export type StoredMessage = { seq: number; subject: string; headers: Record<string, string>; body: Buffer }

export type NatsLook = {
  jetstream: JetStreamManager
  /** Asks by hand, as `nats req` does; gives the JSON of the answer. */
  ask<T>(subject: string, body?: unknown): Promise<T>
  /** Asks everybody, as `nats micro` does; gives the JSON of the first `count` answers. */
  askAll<T>(subject: string, count: number): Promise<T[]>
  /** Asks by hand; gives the headers of the answer too. */
  askWhole(subject: string, body?: unknown): Promise<{ headers: Record<string, string>; json: unknown }>
  /** Publishes as `nats pub` does; resolves when the broker has it. */
  publish(subject: string, text: string): Promise<void>
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

/** Where a Kassa's broker is, and where the keys to it lie. */
export type Reachable = { natsUrl: string; dataDir: string }

/** A connection to its broker as the operator, by the key in its data directory. */
export const connectAsOperator = ({ natsUrl, dataDir }: Reachable): Promise<NatsConnection> =>
  connect({ servers: natsUrl, authenticator: nkeyAuthenticator(readNkey(keyFileOf(dataDir, OPERATOR))) })

export async function lookAt(kassa: Reachable): Promise<NatsLook> {
  const connection = await connectAsOperator(kassa)
  const jetstream = await jetstreamManager(connection)

  const ask = async <T>(subject: string, body: unknown = {}): Promise<T> =>
    (await connection.request(subject, JSON.stringify(body), { timeout: ASK_MS })).json<T>()

  const askAll = async <T>(subject: string, count: number): Promise<T[]> => {
    const options = { strategy: 'count', maxMessages: count, maxWait: ASK_MS } as const
    const answers: T[] = []
    for await (const answer of await connection.requestMany(subject, '', options)) answers.push(answer.json<T>())
    return answers
  }

  const askWhole = async (subject: string, body: unknown = {}) => {
    const answer = await connection.request(subject, JSON.stringify(body), { timeout: ASK_MS })
    const headers = (answer.headers?.keys() ?? []).map(name => [name, answer.headers?.get(name) ?? ''] as const)
    return { headers: Object.fromEntries(headers), json: answer.json<unknown>() }
  }

  const messages = async (stream: string): Promise<StoredMessage[]> => {
    const { state } = await jetstream.streams.info(stream)
    const numbers = Array.from({ length: state.last_seq - state.first_seq + 1 }, (_, index) => state.first_seq + index)
    const stored = await Promise.all(numbers.map(seq => jetstream.streams.getMessage(stream, { seq })))
    return stored
      .filter(message => message !== null)
      .map(({ seq, subject, header, data }) => {
        const headers = Object.fromEntries(header.keys().map(name => [name, header.get(name)]))
        return { seq, subject, headers, body: Buffer.from(data) }
      })
  }

  return {
    jetstream,
    ask,
    askAll,
    askWhole,
    publish: async (subject, text) => {
      connection.publish(subject, text)
      await connection.flush()
    },
    messages: async stream => {
      try {
        return await messages(stream)
      } catch (fault) {
        if (fault instanceof JetStreamApiError && fault.apiError().err_code === STREAM_NOT_FOUND) return []
        throw fault
      }
    },
    heads: async () => {
      const actors = ['order', 'billing', 'notification', 'webhook']
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
