/** The gateway as one function from request to response: the table, and what is the same for every line of it. */
import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { OPEN } from '../access/access.ts'
import { admit } from './admission.ts'
import { answerBreakage } from './answer-breakage.ts'
import { answerCommand } from './answer-command.ts'
import { answerDeadLetter, answerDeadLetters } from './answer-dead-letters.ts'
import { answerEvents } from './answer-events.ts'
import { answerExport } from './answer-export.ts'
import { answerList } from './answer-list.ts'
import { answerMetrics } from './answer-metrics.ts'
import { answerPage } from './answer-page.ts'
import { answerQuery } from './answer-query.ts'
import { answerQueue } from './answer-queue.ts'
import { answerTimeline } from './answer-timeline.ts'
import { answerAsyncapi } from './asyncapi.ts'
import { readConsole } from './console-files.ts'
import { DEMO_ROUTES } from './demo-routes.ts'
import type { Exchange, GatewayEnv } from './exchange.ts'
import { answerLive, answerReady, answerVersion } from './health.ts'
import { unheld } from './hold-to-user.ts'
import { createHttpMeters, type HttpMeters } from './http-meters.ts'
import { createInFlight } from './in-flight.ts'
import { createDoor } from './let-in.ts'
import { answerSchema } from './message-schemas.ts'
import { answerOpenapi } from './openapi.ts'
import { answerHome, answerProblem, answerProblems } from './pages.ts'
import type { GatewayPorts } from './ports.ts'
import { sendFault, sendProblem } from './problem-response.ts'
import { hearBody } from './request-body.ts'
import { requestIdOf } from './request-id.ts'
import { spanOf } from './request-span.ts'
import { ownIdOf, traceOf, traceparentOf } from './request-trace.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'
import { hearSettled, type Settling } from './settle.ts'
import { createTiming } from './timing.ts'

type Handler = (exchange: Exchange) => Response | Promise<Response>

/** Makes the gateway. It hears events from then on, until the bus is closed. */
export const createApp = (ports: GatewayPorts): Hono<GatewayEnv> => {
  const app = new Hono<GatewayEnv>({ strict: false })
  const settling = hearSettled(ports.bus, ports.clock, ports.log)
  const { access = OPEN, clock, config } = ports
  const { inFlight = createInFlight(clock), meters = createHttpMeters() } = ports
  const pass = createDoor({ access, clock, ...config })

  app.use(async (exchange, next) => {
    const startedMs = ports.clock.monotonic()
    meters.begin()
    await next()
    const ms = ports.clock.monotonic() - startedMs
    const meter = exchange.get('meter')
    meters.end(meter, exchange.res.status, ms)
    if (ports.spans && exchange.get('trace').sampled) ports.spans.add(spanOf(exchange, meter, ports.clock.now(), ms))
  })
  app.use(async (exchange, next) => {
    const startedMs = ports.clock.monotonic()
    const requestId = requestIdOf(exchange, ports.random)
    const ownId = ownIdOf(requestId, exchange.req.header('x-request-id'), ports.random)
    exchange.set('requestId', requestId)
    exchange.set('trace', traceOf(exchange, ownId, ports.spans !== undefined))
    exchange.set('timing', createTiming(ports.clock))
    exchange.header('X-Request-Id', requestId)
    exchange.header('traceparent', traceparentOf(exchange))
    exchange.header('Cache-Control', 'no-store')
    exchange.header('X-Content-Type-Options', 'nosniff')
    admit(exchange, access.isOn())
    await next()
    // Said at the end: the drain may have begun meanwhile, and it waits for open connections.
    if (ports.endsAt?.() !== undefined) exchange.header('Connection', 'close')
    if (ports.log.isLevelEnabled('debug'))
      ports.log.debug(lineOf(exchange, ports.clock.monotonic() - startedMs), 'request')
  })
  app.onError((fault, exchange) => sendFault(exchange, unheld(exchange, fault), ports.log))
  app.notFound(exchange =>
    sendProblem(exchange, { code: 'not_found', detail: 'There is nothing at this address; see /openapi.json' }),
  )

  const methods = new Map<string, string[]>()
  const serve = (method: string, path: string, handle: Handler) => {
    const meter = meters.slot(method, path)
    app.on(method, path, exchange => {
      exchange.set('meter', meter)
      return handle(exchange)
    })
    methods.set(path, [...(methods.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])])
  }
  for (const route of config.demo ? [...ROUTES, ...DEMO_ROUTES] : ROUTES) {
    const handle = handlerOf(ports, settling, meters, route)
    serve(route.method, route.path, async exchange => {
      if (access.isOn()) await pass(exchange, route)
      // Whoever sends slowly holds no place meanwhile.
      if (route.method !== 'GET') await hearBody(exchange)
      exchange.set('cameMs', clock.monotonic())
      // In a storm nobody is to be blind.
      return route.kind === 'metrics' ? handle(exchange) : inFlight.run(() => handle(exchange))
    })
  }
  serve('GET', '/', answerHome)
  serve('GET', '/livez', answerLive)
  serve('GET', '/readyz', answerReady(ports))
  serve('GET', '/version', answerVersion(ports))
  serve('GET', '/problems', answerProblems)
  serve('GET', '/problems/:code', answerProblem)
  serve(
    'GET',
    '/openapi.json',
    answerOpenapi(() => access.isOn(), config.demo),
  )
  serve('GET', '/asyncapi.json', answerAsyncapi())
  serve('GET', '/schemas/:file', answerSchema())
  const { page, file } = readConsole()
  serve('GET', '/console', page('console.html'))
  serve('GET', '/console/:file', file)
  serve('GET', '/docs', page('docs.html'))
  serve('GET', '/docs/messages', page('messages.html'))
  for (const [path, allowed] of methods) app.all(path, exchange => refuseMethod(exchange, allowed))

  return app
}

const handlerOf = (
  ports: GatewayPorts,
  settling: Settling,
  meters: HttpMeters,
  route: Route,
): ((exchange: Exchange) => Promise<Response>) => {
  switch (route.kind) {
    case 'command':
      return answerCommand(ports, settling, route)
    case 'query':
      return answerQuery(ports, route)
    case 'list':
      return answerList(ports, route)
    case 'page':
      return answerPage(ports, route)
    case 'timeline':
      return answerTimeline(ports, route)
    case 'export':
      return answerExport(ports, route)
    case 'queue':
      return answerQueue(ports, route)
    case 'dead-letters':
      return answerDeadLetters(ports, route)
    case 'dead-letter':
      return answerDeadLetter(ports, route)
    case 'events':
      return answerEvents(ports)
    case 'breakage':
      return answerBreakage(ports, route)
    case 'metrics':
      return answerMetrics(ports, route, meters)
  }
}

const refuseMethod = (exchange: Exchange, allowed: string[]): Response => {
  const allow = allowed.join(', ')
  return sendProblem(exchange, { code: 'method_not_allowed', detail: `This address takes ${allow}` }, { Allow: allow })
}

// Never an address as it was asked for, nor anything of a body: both may name a person.
const lineOf = (exchange: Exchange, ms: number) => ({
  requestId: exchange.get('requestId'),
  trace: exchange.get('trace').id,
  order: exchange.get('order'),
  method: exchange.req.method,
  route: routePath(exchange, -1),
  status: exchange.res.status,
  code: exchange.get('code'),
  ms: Math.round(ms),
})
