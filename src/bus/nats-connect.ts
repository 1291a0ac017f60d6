/** The first connection to the broker; later ones the client makes by itself. */
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type Clock, pause } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { BrokerAccess } from './broker-access.ts'
import { serversOf, shownUrl } from './broker-url.ts'
import type { BusLog } from './bus-log.ts'
import { Unavailable } from './unavailable.ts'

// A restarted broker is back within tens of milliseconds; one that is gone costs ten refused connects a second.
const RECONNECT_WAIT_MS = 100
// A peer that vanished without a word is given up after two or three of these.
const PING_INTERVAL_MS = 5_000
const CONNECT_ATTEMPT_MS = 2_000

export type LinkOptions = {
  url: string
  name: string
  access: BrokerAccess
  /** The user that it comes as, where that user has a list of subjects. */
  keptFor?: string | undefined
  clock: Clock
  random: Random
  log: BusLog
  /** How long the first connection may take before `Unavailable` is thrown. */
  connectTimeoutMs: number
}

/** Tries until it works or `connectTimeoutMs` is over, then throws `Unavailable`. */
export async function connectFirst(options: LinkOptions, inboxPrefix: string): Promise<NatsConnection> {
  const { url, name, access, clock, connectTimeoutMs } = options
  const deadline = clock.monotonic() + connectTimeoutMs

  while (true) {
    try {
      return await connect({
        servers: serversOf(url),
        name,
        inboxPrefix,
        ...access,
        // The default gives up after ten attempts, and the connection is then closed for ever.
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        reconnectJitter: RECONNECT_WAIT_MS,
        pingInterval: PING_INTERVAL_MS,
        timeout: CONNECT_ATTEMPT_MS,
        noAsyncTraces: true,
      })
    } catch (cause) {
      if (clock.monotonic() >= deadline) {
        const why = cause instanceof Error ? cause.message : String(cause)
        throw new Unavailable(
          `Cannot connect to the broker at ${shownUrl(url)} within ${connectTimeoutMs} ms: ${why}; start it, or give its URL and credentials`,
          'unavailable',
          { cause },
        )
      }
      await pause(clock, RECONNECT_WAIT_MS)
    }
  }
}
