/** Connections to the broker under torture, which may be just coming back. */
import type { NatsConnection } from '@nats-io/transport-node'
import { eventually } from '../../test/eventually.ts'
import { connectAsOperator, lookAt, type NatsLook, type Reachable } from '../../test/nats-look.ts'

/** A broker whose disk had been full is started anew a second or two after there is room again. */
const CONNECT_MS = 20_000

/** Whoever is refused comes again: that a broker is away for a moment is no fault. */
const patiently = <T>(kassa: Reachable, make: (kassa: Reachable) => Promise<T>): Promise<T> =>
  eventually('the broker can be connected to', CONNECT_MS, () => make(kassa).catch(() => undefined))

/** Looks at the broker and closes the connection again. */
export const withNats = async <T>(kassa: Reachable, work: (nats: NatsLook) => Promise<T>): Promise<T> => {
  const nats = await patiently(kassa, lookAt)
  try {
    return await work(nats)
  } finally {
    await nats.close()
  }
}

/** Publishes by a plain connection; resolves when the broker has got all of it. */
export const publishing = async (kassa: Reachable, work: (connection: NatsConnection) => void): Promise<void> => {
  const connection = await patiently(kassa, connectAsOperator)
  try {
    work(connection)
    await connection.flush()
  } finally {
    await connection.close()
  }
}
