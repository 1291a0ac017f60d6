/** The OpenAPI document: whole, and true to what is answered. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { z } from 'zod'
import { readBody, readParameters } from '../bus/contract.ts'
import { PROBLEMS } from '../bus/problem.ts'
import { EXAMPLES } from './examples.ts'
import { openapiDocument } from './openapi.ts'
import { problemsOf } from './route-problems.ts'
import { ROUTES } from './routes.ts'
import { createTestGateway } from './test-gateway.ts'
import { assertRefsLead } from './test-refs.ts'

type Operation = {
  operationId: string
  summary: string
  parameters: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: { content: Record<string, { schema: Record<string, unknown>; example?: unknown }> }
  responses: Record<
    string,
    { description: string; headers: object; content?: Record<string, { schema: object; example?: unknown }> }
  >
}

// As a client reads it: through JSON, so that nothing that JSON can't say is taken for said.
const document = JSON.parse(JSON.stringify(openapiDocument())) as ReturnType<typeof openapiDocument>
const operations = document.paths as Record<string, Record<string, Operation>>

suite('the OpenAPI document', () => {
  test('is served at /openapi.json', async () => {
    const { get } = createTestGateway()
    const response = await get('/openapi.json')
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), document)
  })

  test('asks for a key once there is one, and says before that none is needed', async () => {
    let on = false
    const { get } = createTestGateway({}, {}, { isOn: () => on, callerWith: () => undefined })
    const security = async () => ((await (await get('/openapi.json')).json()) as { security: unknown }).security
    assert.deepEqual(await security(), [{}, { key: [] }])
    on = true
    assert.deepEqual(await security(), [{ key: [] }])
  })

  test('says its version, its title and where it stands', () => {
    assert.equal(document.openapi, '3.1.0')
    assert.ok(document.info.title && document.info.version)
  })

  test('refers only to what it has', () => {
    assertRefsLead(document, 5)
  })

  test('names every operation once', () => {
    const ids = Object.values(operations).flatMap(path => Object.values(path).map(({ operationId }) => operationId))
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual(ids.sort(), ROUTES.map(({ name }) => name).sort())
  })

  for (const route of ROUTES) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    const operation = () => operations[path]?.[route.method.toLowerCase()] as Operation

    test(`${route.method} ${path} has its success and every status of its problems`, () => {
      const more = [
        ...(route.kind === 'command' && route.madeIf ? [201] : []),
        ...(route.kind === 'query' && 'version' in route.spec.reply.shape ? [304] : []),
      ]
      const statuses = new Set([route.success, ...more, ...problemsOf(route).map(code => PROBLEMS[code].status)])
      assert.deepEqual(Object.keys(operation().responses), [...statuses].map(String).sort())
      for (const [status, { description, content }] of Object.entries(operation().responses)) {
        assert.ok(description)
        const shown = { events: 'text/event-stream', metrics: 'text/plain' } as Record<string, string>
        const success = shown[route.kind] ?? 'application/json'
        const types = Number(status) < 300 ? [success] : status === '304' ? [] : ['application/problem+json']
        assert.deepEqual(Object.keys(content ?? {}), types)
      }
    })

    test(`${route.method} ${path} has its parameters and its body`, () => {
      const { parameters, requestBody, summary } = operation()
      assert.ok(summary)
      const inPath = parameters.filter(parameter => parameter.in === 'path')
      assert.deepEqual(
        inPath.map(({ name, required }) => [name, required]),
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
      )
      // The version comes in If-Match.
      const fields = Object.keys(route.spec.body.shape).filter(name => name !== 'if_version')
      const headers = parameters.filter(parameter => parameter.in === 'header').map(({ name }) => name)
      assert.equal(headers.includes('If-Match'), 'if_version' in route.spec.body.shape)
      assert.equal(headers.includes('Idempotency-Key'), route.method !== 'GET')
      const shown = parameters.filter(parameter => parameter.in !== 'header').map(({ name }) => name)
      const body = requestBody?.content['application/json']?.schema
      assert.deepEqual([...shown, ...Object.keys((body?.properties as object | undefined) ?? {})].sort(), fields.sort())
      if (body) assert.equal(body.additionalProperties, false)
      assert.doesNotMatch(JSON.stringify(operation()), /"jsonSchema"|"problem":/)
    })

    test(`${route.method} ${path} has examples that fit`, () => {
      const { request, reply } = EXAMPLES[route.name] ?? {}
      if (request)
        (route.method === 'GET' ? readParameters : readBody)(route.spec.body, request as Record<string, string>)
      if (!reply) return
      const spec = route.kind === 'command' && route.answeredBy ? route.answeredBy.spec : route.spec
      if (route.kind === 'command' && route.madeIf)
        return void assert.deepEqual((spec.reply as z.ZodObject).omit({ made: true }).parse(reply), reply)
      const schema = route.kind === 'list' ? (spec.reply as z.ZodObject).shape.items : spec.reply
      assert.deepEqual((schema as z.ZodType).parse(reply), reply)
    })
  }
})
