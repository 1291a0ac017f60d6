/** The OpenAPI 3.1 document of the gateway, derived from its table and the contracts. */
import type { z } from 'zod'
import { type JsonSchema, jsonSchemaOf } from '../bus/json-schema.ts'
import { PROBLEMS, type ProblemCode } from '../bus/problem.ts'
import { productVersion } from '../version.ts'
import { DEMO_ROUTES } from './demo-routes.ts'
import { EXAMPLES } from './examples.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { COMPONENTS, headersOf } from './openapi-components.ts'
import {
  type BreakageRoute,
  bodyFields,
  type CommandRoute,
  type DeadLetterRoute,
  pathFields,
  type QueueRoute,
  type Route,
  takesKey,
} from './route.ts'
import { problemsOf } from './route-problems.ts'
import { ROUTES } from './routes.ts'

/**
 * The handler of `/openapi.json`; the document is made when somebody first asks. `needsKey` may become true later; in a
 * `demo` it says what can be broken, too.
 */
export const answerOpenapi = (needsKey: () => boolean, demo: boolean) => {
  const routes = demo ? [...ROUTES, ...DEMO_ROUTES] : ROUTES
  const texts = new Map<boolean, string>()
  const textFor = (keyed: boolean): string => {
    const text =
      texts.get(keyed) ?? JSON.stringify({ ...openapiDocument(routes), ...(keyed ? { security: [WITH_KEY] } : {}) })
    texts.set(keyed, text)
    return text
  }
  return (exchange: Exchange): Response => sendJson(exchange, 200, textFor(needsKey()))
}

const WITH_KEY = { key: [] }

/** The whole document, of a Kassa that has no keys yet or may get some. */
export const openapiDocument = (routes: readonly Route[] = ROUTES) => ({
  openapi: '3.1.0',
  info: {
    title: 'Kassa',
    summary: 'Orders, money and letters.',
    description:
      'Every path answers with and without its trailing slash. Every error is a problem document (RFC 9457). Every POST, PUT, PATCH and DELETE takes an Idempotency-Key; the same key with the same body is carried out once.',
    version: productVersion,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  security: [{}, WITH_KEY],
  paths: pathsOf(routes),
  components: COMPONENTS,
})

const pathsOf = (routes: readonly Route[]): Record<string, Record<string, unknown>> => {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return paths
}

// Not as a second content: every client that is made of the document would then read the rows as rows or text.
const CSV_TOO = 'With `Accept: text/csv` the rows come as CSV: a line of names, then a line a row.'

// The schema is that of the JSON in `data`: OpenAPI 3.1 has no words for the frame around it.
const FEED =
  'Each `data` is one entry of a log, as JSON; what is personal is left out. The `id` says how far every log was told, and `Last-Event-ID` brings it back: nothing is missing then. The first event, `place`, is where it begins. A line `:` every 15 s shows that it goes on.'

// Else who reads the document would take it for one of the others.
const NO_KEY = 'It takes no Idempotency-Key: as often as it is asked, it is done. Only with `KASSA_DEMO=1`.'

const operationOf = (route: Route) => ({
  operationId: route.name,
  summary: route.spec.summary,
  ...(route.kind === 'list' && route.csv ? { description: CSV_TOO } : {}),
  ...(route.kind === 'events' ? { description: FEED } : {}),
  ...(route.kind === 'breakage' ? { description: NO_KEY } : {}),
  tags: [tagOf(route)],
  parameters: parametersOf(route),
  ...(hasBody(route) ? { requestBody: requestBodyOf(route) } : {}),
  responses: { ...successes(route), ...problemResponses(route) },
})

const tagOf = (route: Route): string => {
  if (route.kind === 'events') return 'events'
  if (route.kind === 'breakage') return 'demo'
  if ('actor' in route) return route.actor
  return route.kind === 'metrics' ? 'operations' : 'dead letters'
}

const parametersOf = (route: Route) => {
  const inPath = pathFields(route.path)
  const { properties = {}, required = [] } = jsonSchemaOf(route.spec.body, 'input') as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  const named = Object.entries(properties)
    .filter(([name]) => inPath.includes(name) || route.method === 'GET')
    .map(([name, schema]) => ({
      name,
      in: inPath.includes(name) ? 'path' : 'query',
      required: inPath.includes(name) || required.includes(name),
      schema,
      ...exampleOf((EXAMPLES[route.name]?.request as JsonSchema | undefined)?.[name]),
    }))
  return [...named, ...headersOf(route)]
}

type BodyRoute = CommandRoute | QueueRoute | DeadLetterRoute | BreakageRoute

const WITH_BODY: readonly Route['kind'][] = [
  'command',
  'queue',
  'dead-letter',
  'breakage',
] satisfies BodyRoute['kind'][]

const hasBody = (route: Route): route is BodyRoute =>
  WITH_BODY.includes(route.kind) && bodyFields(route as BodyRoute).length > 0

const requestBodyOf = (route: BodyRoute) => {
  const names = bodyFields(route)
  const {
    properties,
    required = [],
    ...schema
  } = jsonSchemaOf(route.spec.body, 'input') as {
    properties: Record<string, JsonSchema>
    required?: string[]
  }
  const needed = required.filter(name => names.includes(name))
  const example = EXAMPLES[route.name]?.request as Record<string, unknown> | undefined
  return {
    required: needed.length > 0,
    content: {
      'application/json': {
        schema: {
          ...schema,
          properties: only(properties, names),
          ...(needed.length > 0 ? { required: needed } : {}),
        },
        ...exampleOf(example && only(example, names)),
      },
    },
  }
}

const only = <T>(all: Record<string, T>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))

const successes = (route: Route) => ({
  [route.success]: successOf(route, route.success),
  ...(route.kind === 'command' && route.madeIf ? { 201: successOf(route, 201) } : {}),
  ...(route.kind === 'query' && isVersioned(route)
    ? {
        304: {
          description: 'Not modified: the client has this version.',
          headers: headersNamed([...EVERYWHERE, 'ETag']),
        },
      }
    : {}),
})

/** The headers of every answer. */
const EVERYWHERE: readonly string[] = ['X-Request-Id', 'traceparent']

const successOf = (route: Route, status: keyof typeof SUCCESS) => ({
  description: SUCCESS[status],
  headers: headersNamed(successHeaders(route, status)),
  content: {
    [mediaTypeOf(route)]: { schema: replySchema(route), ...exampleOf(EXAMPLES[route.name]?.reply) },
  },
})

/** Of its success. */
const mediaTypeOf = ({ kind }: Route): string => {
  if (kind === 'events') return 'text/event-stream'
  return kind === 'metrics' ? 'text/plain' : 'application/json'
}

const SUCCESS = { 200: 'Done', 201: 'Created', 202: 'Accepted' } as const

const isVersioned = ({ spec }: Route): boolean => 'version' in ((spec.reply as Partial<z.ZodObject>).shape ?? {})

const headersNamed = (names: readonly string[]) =>
  Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]))

const replySchema = (route: Route): JsonSchema => {
  if (route.kind === 'queue') return { $ref: '#/components/schemas/Receipt' }
  if (route.kind === 'command' && route.answeredBy) return jsonSchemaOf(route.answeredBy.spec.reply, 'output')
  if (route.kind === 'command' && route.madeIf)
    return jsonSchemaOf(
      (route.spec.reply as z.ZodObject).omit({ [route.madeIf]: true } as Record<never, true>),
      'output',
    )
  if (route.kind !== 'list') return jsonSchemaOf(route.spec.reply, 'output')

  // The bare array of a page's items.
  return jsonSchemaOf((route.spec.reply as z.ZodObject).shape.items as z.ZodType, 'output')
}

const successHeaders = (route: Route, status: number): string[] => {
  const names = [...EVERYWHERE]
  if (mediaTypeOf(route) === 'application/json') names.push('Server-Timing')
  if (takesKey(route)) names.push('Idempotent-Replayed')
  if (route.kind === 'list' || route.kind === 'page') names.push('Link')
  if (route.kind === 'dead-letters') names.push('Kassa-Unanswered')
  if ((route.kind === 'query' || route.kind === 'command') && isVersioned(route)) names.push('ETag')
  if (route.kind === 'command' && route.location && status !== 200) names.push('Location')
  if (route.kind === 'command' && route.settles) names.push('Preference-Applied')
  if (route.kind === 'command' && STATUS_TOLD.has(route.settles)) names.push('Order-Status')
  return names
}

const STATUS_TOLD = new Set<CommandRoute['settles']>(['order', 'cancellation', 'refund'])

const problemResponses = (route: Route) => {
  const byStatus = Map.groupBy(problemsOf(route), code => PROBLEMS[code].status)
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemResponse(route, status, codes)]))
}

const problemResponse = (route: Route, status: number, codes: ProblemCode[]) => {
  const names = [...EVERYWHERE, 'Server-Timing']
  if (status === 503 || status === 429) names.push('Retry-After')
  if (takesKey(route) && (status >= 500 || names.includes('Retry-After'))) names.push('Idempotency-Key')
  return {
    description: codes.map(code => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
    headers: headersNamed(names),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
        },
      },
    },
  }
}

const exampleOf = (example: unknown) => (example === undefined ? {} : { example })
