/** The gateway as a process: it listens, and it drains. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { connectNats } from '../bus/nats.ts'
import { pause, systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { Log } from '../log.ts'
import { systemRandom } from '../random.ts'
import { createApp } from './app.ts'
import { answerBrokenHttp, unreadable } from './broken-http.ts'

/** From SIGTERM on, requests in flight get this long; one attempt at an actor that is gone still ends in it. */
const DRAIN_MS = 1_500

/** Then connections are cut: the supervisor ends what is not gone after five seconds. */
const CUT_MS = 2_500

/** How often connections that have fallen idle are closed while draining. */
const IDLE_LOOK_MS = 50

/** How many ports after a taken one are tried, when none was asked for. */
const PORTS_TRIED = 20

/** Starts the gateway. Throws a plain fault when the port is taken and was asked for, `Unavailable` without a broker. */
export const startGateway = async (config: Config, log: Log): Promise<{ url: string; stop: () => Promise<void> }> => {
  const url = config.natsUrl ?? `nats://127.0.0.1:${config.natsPort}`
  const bus = await connectNats({ url, name: 'gateway', actors: ACTOR_NAMES, log })

  let endsAt: number | undefined
  const ports = { bus, clock: systemClock, random: systemRandom, config, log, endsAt: () => endsAt }
  const app = createApp(ports)
  const answer = getRequestListener(app.fetch, { hostname: 'localhost', errorHandler: unreadable })
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (incoming, outgoing) => {
    void answer(incoming, outgoing)
  })
  server.on('clientError', answerBrokenHttp)
  try {
    await listen(server, config)
  } catch (fault) {
    await bus.close()
    throw fault
  }

  let stopped: Promise<void> | undefined
  const stop = async () => {
    endsAt = systemClock.monotonic() + DRAIN_MS
    await drain(server)
    await bus.close()
  }
  return {
    url: urlOf(server, config.host),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

const listen = async (server: Server, { host, port, portAsked }: Config): Promise<void> => {
  for (let tried = port; ; tried++) {
    try {
      return await listenOn(server, host, tried)
    } catch (fault) {
      const code = fault instanceof Error && 'code' in fault ? fault.code : undefined
      if (code === 'EADDRINUSE' && !portAsked && tried < Math.min(port + PORTS_TRIED, 65_535)) continue
      if (code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL')
        throw plainFault(exitCodes.unavailable, `Cannot listen on ${host}:${tried} (${code}); give another KASSA_PORT`)
      throw fault
    }
  }
}

const listenOn = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

const urlOf = (server: Server, host: string): string => {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

// Takes no more connections and waits for those there. One with a request in flight closes after its answer.
const drain = async (server: Server): Promise<void> => {
  let open = true
  const closed = new Promise<void>(resolve => server.close(() => resolve())).then(() => {
    open = false
  })
  const cut = systemClock.after(CUT_MS, () => server.closeAllConnections())
  while (open) {
    server.closeIdleConnections()
    await Promise.race([closed, pause(systemClock, IDLE_LOOK_MS)])
  }
  cut()
}
