/** The OpenAPI 3.1 document of the gateway, derived from its table and the contracts. */
import type { z } from 'zod'
import { PROBLEMS, type ProblemCode } from '../bus/problem.ts'
import { productVersion } from '../version.ts'
import { EXAMPLES } from './examples.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { COMPONENTS, headersOf } from './openapi-components.ts'
import type { Route } from './route.ts'
import { problemsOf } from './route-problems.ts'
import { ROUTES } from './routes.ts'

/** The handler of `/openapi.json`; the document is made when somebody first asks. */
export const answerOpenapi = () => {
  let text: string | undefined
  return (exchange: Exchange): Response => {
    text ??= JSON.stringify(openapiDocument())
    return sendJson(exchange, 200, text)
  }
}

/** The whole document. */
export const openapiDocument = () => ({
  openapi: '3.1.0',
  info: {
    title: 'Kassa',
    summary: 'Orders, money and letters.',
    description:
      'Every path answers with and without its trailing slash. Every error is a problem document (RFC 9457). Every POST takes an Idempotency-Key; the same key with the same body is carried out once.',
    version: productVersion,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  paths: pathsOf(ROUTES),
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

const operationOf = (route: Route) => ({
  operationId: route.name,
  summary: route.spec.summary,
  tags: ['actor' in route ? route.actor : 'dead letters'],
  parameters: parametersOf(route),
  ...(hasBody(route) ? { requestBody: requestBodyOf(route) } : {}),
  responses: { [route.success]: successOf(route), ...problemResponses(route) },
})

const parametersOf = (route: Route) => {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name)
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

const hasBody = (route: Route): boolean => route.kind === 'command' || route.kind === 'queue'

const requestBodyOf = (route: Route) => ({
  required: true,
  content: {
    'application/json': {
      schema: jsonSchemaOf(route.spec.body, 'input'),
      ...exampleOf(EXAMPLES[route.name]?.request),
    },
  },
})

const successOf = (route: Route) => ({
  description: SUCCESS[route.success],
  headers: successHeaders(route),
  content: {
    'application/json': { schema: replySchema(route), ...exampleOf(EXAMPLES[route.name]?.reply) },
  },
})

const SUCCESS = { 200: 'Done', 201: 'Created', 202: 'Accepted' } as const

const replySchema = (route: Route): JsonSchema => {
  if (route.kind === 'queue') return { $ref: '#/components/schemas/Receipt' }
  if (route.kind === 'command' && route.answeredBy) return jsonSchemaOf(route.answeredBy.spec.reply, 'output')
  if (route.kind !== 'list') return jsonSchemaOf(route.spec.reply, 'output')

  // The bare array of a page's items.
  return jsonSchemaOf((route.spec.reply as z.ZodObject).shape.items as z.ZodType, 'output')
}

const successHeaders = (route: Route) => {
  const names = ['X-Request-Id']
  if (route.method === 'POST') names.push('Idempotent-Replayed')
  if (route.kind === 'list') names.push('Link')
  if (route.kind === 'query') names.push('ETag')
  if (route.kind === 'command' && route.location) names.push('Location')
  if (route.kind === 'command' && route.settles) names.push('Preference-Applied')
  if (route.kind === 'command' && route.settles === 'order') names.push('Order-Status')
  return Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]))
}

const problemResponses = (route: Route) => {
  const byStatus = Map.groupBy(problemsOf(route), code => PROBLEMS[code].status)
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemResponse(route, status, codes)]))
}

const problemResponse = (route: Route, status: number, codes: ProblemCode[]) => {
  const names = ['X-Request-Id']
  if (status === 503 || status === 429 || codes.includes('in_progress')) names.push('Retry-After')
  if (route.method === 'POST' && (status >= 500 || names.includes('Retry-After'))) names.push('Idempotency-Key')
  return {
    description: codes.map(code => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
    headers: Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }])),
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
