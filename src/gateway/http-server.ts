/** The gateway's HTTP server: it listens, and it drains. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { PROBLEMS } from '../bus/problem.ts'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { type Clock, pause } from '../world/clock.ts'
import {
  answerBrokenHttp,
  answerOverloaded,
  answerUnknownExpectation,
  answerWithoutHost,
  unreadable,
} from './broken-http.ts'
import type { Certificate } from './certificate.ts'
import type { GatewayEnv } from './exchange.ts'
import type { HttpMeters } from './http-meters.ts'
import type { InFlight } from './in-flight.ts'

/** Draining, connections are cut after this long: the supervisor ends what is not gone after five seconds. */
const CUT_MS = 2_500

/**
 * Draining, an open connection may still bring a request for this long and is told to close with the answer. Closed at
 * once, it would cut off what a client has just sent.
 */
const GRACE_MS = 250

/** How often connections that have fallen idle are closed while draining. */
const IDLE_LOOK_MS = 50

/** How many ports after a taken one are tried, when none was asked for. */
const PORTS_TRIED = 20

/** One more is closed at once. Each takes some 20 KB, and as much as its body has, 64 KB at the most. */
const CONNECTIONS_MOST = 4_000

/** In a storm a no comes after this long: who asks again at once would have it many times in that time, and nothing else. */
const REFUSAL_AFTER_MS = 200

/** Slow senders hold a connection no longer than this. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 }

/**
 * `renew`: new connections get this certificate. Bun has no way to do so: there it is unset, and the next start of the
 * gateway brings the new one in.
 */
export type HttpServer = { url: string; drain: () => Promise<void>; renew?: (certificate: Certificate) => void }

/** Listens, for HTTPS where there is a certificate. Throws a plain fault when the port is taken, unless none was asked for: then the next free one is used. */
export const listenHttp = async (
  app: Hono<GatewayEnv>,
  config: Pick<Config, 'host' | 'port' | 'portAsked'>,
  clock: Clock,
  {
    certificate,
    inFlight,
    meters,
  }: { certificate?: Certificate | undefined; inFlight?: InFlight; meters?: HttpMeters } = {},
): Promise<HttpServer> => {
  const answer = getRequestListener(app.fetch, { hostname: 'localhost', errorHandler: unreadable })
  // Node's closeIdleConnections passes over connections that never sent a request; browsers open some in advance.
  const unused = new Set<Socket>()
  const hear = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    unused.delete(incoming.socket)
    if (incoming.headers.host === undefined && incoming.httpVersion === '1.1') return answerWithoutHost(outgoing)
    if (!/^(100-continue)?$/i.test(incoming.headers.expect ?? '')) return answerUnknownExpectation(outgoing)
    // Before anything is made of it: what a refusal costs is missing to those who are served.
    if (inFlight?.isFull() && incoming.method === 'POST') return slowDown(outgoing)
    void answer(incoming, outgoing)
  }
  const slowDown = (outgoing: ServerResponse) => {
    meters?.refusedEarly(PROBLEMS.overloaded.status)
    clock.after(REFUSAL_AFTER_MS, () => outgoing.destroyed || answerOverloaded(outgoing))
  }
  // Node would refuse a missing Host by itself, and an Expect that it does not know, with no body.
  const options = { ...TIMEOUTS, requireHostHeader: false }
  const secure = certificate && createSecureServer({ ...options, ...certificate }, hear)
  const server: Server = secure ?? createServer(options, hear)
  server.maxConnections = CONNECTIONS_MOST
  server.on('checkExpectation', hear)
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
    unused.add(socket)
    socket.on('close', () => unused.delete(socket))
  })
  server.on('clientError', answerBrokenHttp)
  await listen(server, config)

  const closeIdle = () => {
    for (const socket of unused) socket.destroy()
    server.closeIdleConnections()
  }
  return {
    url: urlOf(server, secure ? 'https' : 'http', config.host),
    drain: () => drain(server, closeIdle, clock),
    ...(secure?.setSecureContext ? { renew: renewed => secure.setSecureContext(renewed) } : {}),
  }
}

const listen = async (server: Server, { host, port, portAsked }: Pick<Config, 'host' | 'port' | 'portAsked'>) => {
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

const urlOf = (server: Server, scheme: string, host: string): string => {
  const { port } = server.address() as AddressInfo
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

// Takes no more connections and waits for those there. One with a request in flight closes after its answer.
const drain = async (server: Server, closeIdle: () => void, clock: Clock): Promise<void> => {
  let open = true
  const closed = new Promise<void>(resolve => server.close(() => resolve())).then(() => {
    open = false
  })
  const cancelCut = clock.after(CUT_MS, () => server.closeAllConnections())
  await pause(clock, GRACE_MS)
  while (open) {
    closeIdle()
    await Promise.race([closed, pause(clock, IDLE_LOOK_MS)])
  }
  cancelCut()
}
