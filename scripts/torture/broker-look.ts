/** Connections to the broker under torture, which may be just coming back. */
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { eventually } from '../../test/eventually.ts'
import { lookAt, type NatsLook } from '../../test/nats-look.ts'

/** A broker whose disk had been full is started anew a second or two after there is room again. */
const CONNECT_MS = 20_000

/** Whoever is refused comes again: that a broker is away for a moment is no fault. */
const patiently = <T>(natsUrl: string, make: (natsUrl: string) => Promise<T>): Promise<T> =>
  eventually('the broker can be connected to', CONNECT_MS, () => make(natsUrl).catch(() => undefined))

/** Looks at the broker and closes the connection again. */
export const withNats = async <T>(natsUrl: string, work: (nats: NatsLook) => Promise<T>): Promise<T> => {
  const nats = await patiently(natsUrl, lookAt)
  try {
    return await work(nats)
  } finally {
    await nats.close()
  }
}

/** Publishes by a plain connection; resolves when the broker has got all of it. */
export const publishing = async (natsUrl: string, work: (connection: NatsConnection) => void): Promise<void> => {
  const connection = await patiently(natsUrl, servers => connect({ servers }))
  try {
    work(connection)
    await connection.flush()
  } finally {
    await connection.close()
  }
}
