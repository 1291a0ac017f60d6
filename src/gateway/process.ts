/** The gateway as a process: a bus, an app and a server. */
import { createAccess } from '../access/access.ts'
import { jwtOf } from '../access/jwt.ts'
import { refuseUnsafeStart } from '../access/unsafe-start.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { accessOf, asItself } from '../bus/broker-access.ts'
import { connectNats } from '../bus/nats.ts'
import type { Join } from '../bus/neighbours.ts'
import { GATEWAY } from '../bus/permissions.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { watchProcess } from '../metrics/process-figures.ts'
import { spansOf } from '../tracing/spans-of.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import { createApp } from './app.ts'
import { readCertificate, watchCertificate } from './certificate.ts'
import { createHttpMeters } from './http-meters.ts'
import { type HttpServer, listenHttp } from './http-server.ts'
import { createInFlight } from './in-flight.ts'

/** From the stop on, requests in flight get this long; then what still waits for an actor is 503 with its key. */
const DRAIN_MS = 1_500

// Bun can't change the certificate of a server.
const tellOnly = (log: Log) => () =>
  log.warn({}, 'there is a new certificate, which this runtime uses with the next start of the gateway')

/** `readAgain`: the certificate is used as it lies there now. */
type Gateway = { url: string; readAgain: () => void; stop: () => Promise<void> }

const alone: Join = bus => bus

/**
 * Starts the gateway. Throws a plain fault when it can't listen, and `Unavailable` when there is no broker. `join` makes
 * it a neighbour of actors in this process.
 */
export const startGateway = async (config: Config, log: Log, join: Join = alone): Promise<Gateway> => {
  refuseUnsafeStart(config, systemClock.now())
  const certificate = readCertificate(config)
  const access = createAccess({ ...config, jwt: jwtOf(config) }, systemClock, log)
  const url = config.natsUrl ?? `nats://127.0.0.1:${config.natsPort}`
  const broker = accessOf(config, url, GATEWAY)
  const keptFor = asItself(config, url, GATEWAY)
  const bus = join(await connectNats({ url, name: GATEWAY, access: broker, keptFor, actors: ADDRESSES, log }))

  let endsAt: number | undefined
  const ending = new AbortController()
  const inFlight = createInFlight(systemClock)
  const meters = createHttpMeters()
  const own = watchProcess(systemClock, process.env)
  const spans = await spansOf(config, GATEWAY, log)
  const app = createApp({
    bus,
    clock: systemClock,
    random: systemRandom,
    config,
    log,
    access,
    inFlight,
    meters,
    processFigures: own.read,
    ...(spans ? { spans } : {}),
    endsAt: () => endsAt,
    ending: ending.signal,
  })
  let server: HttpServer
  try {
    server = await listenHttp(app, config, systemClock, { certificate, inFlight, meters })
  } catch (fault) {
    own.stop()
    await bus.close()
    throw fault
  }

  const watch = watchCertificate(config, server.renew ?? tellOnly(log), { clock: systemClock, log })

  let stopped: Promise<void> | undefined
  const stop = async () => {
    endsAt = systemClock.monotonic() + DRAIN_MS
    ending.abort()
    watch.stop()
    own.stop()
    await server.drain()
    await bus.close()
    await spans?.stop()
  }
  return {
    url: server.url,
    readAgain: watch.readAgain,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
