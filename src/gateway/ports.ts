/** What the gateway needs of the world; a test or a simulation brings its own. */
import type { Access } from '../access/access.ts'
import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Figure } from '../metrics/figure.ts'
import type { Spans } from '../tracing/span.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { HttpMeters } from './http-meters.ts'
import type { InFlight } from './in-flight.ts'

export type GatewayPorts = {
  bus: Bus
  clock: Clock
  random: Random
  config: Pick<Config, 'requestDeadlineMs' | 'settleWaitMs' | 'currency' | 'rateLimit' | 'trustProxy' | 'demo'>
  log: Log
  /** Who may ask; anybody, unless something else is given. */
  access?: Access
  /** What is worked on at once, where others are to know of it. */
  inFlight?: InFlight
  /** Where requests are counted, where others are to count there too. */
  meters?: HttpMeters
  /** What this process tells of itself at `/metrics`. */
  processFigures?: () => Figure[]
  /** Records traces; unset where nobody wishes for them. */
  spans?: Spans
  /** The moment, in the clock's monotonic milliseconds, when every request must have its answer; unset while we go on. */
  endsAt?: () => number | undefined
  /** Aborted when the gateway is to end: whoever watches is let go. */
  ending?: AbortSignal
}
