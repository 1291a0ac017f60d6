/** Whatever is sent gets an answer that the OpenAPI document names. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { ProblemCode, ProblemDocument } from '../bus/problem.ts'
import { EXAMPLES } from './examples.ts'
import { bodyFields, type Route } from './route.ts'
import { problemsOf } from './route-problems.ts'
import { ROUTES } from './routes.ts'
import { no, type Said } from './scripted-bus.ts'
import { createTestGateway, DOCUMENT } from './test-gateway.ts'

const RUNS = 2_500

const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    '',
    '__proto__',
    '1000',
    '1e3',
    '0.001',
    '\ud800',
    '\u0000',
    [],
    {},
  ),
  fc.jsonValue({ maxDepth: 3 }),
)
// A good body with a field changed, added or taken away; or anything.
const bodyOf = (good: Record<string, unknown>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(JSON.stringify(good)) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...Object.keys(good), 'x', '__proto__', 'constructor'), value)
        .map(([key, value]) => JSON.stringify(Object.fromEntries([...Object.entries(good), [key, value]]))),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...Object.keys(good), 'x').map(key => JSON.stringify({ ...good, [key]: undefined })),
    },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
  )

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map(code => String.fromCharCode(code)),
  maxLength: 300,
})
const hostile = fc.record(
  {
    'idempotency-key': printable,
    'x-request-id': printable,
    'content-type': fc.oneof(
      fc.constantFrom('application/json', 'text/plain', 'image/png', 'multipart/form-data'),
      printable,
    ),
    prefer: fc.constantFrom('respond-async', 'x'),
    accept: fc.oneof(fc.constantFrom('text/csv', 'text/csv;q=0.5, */*;q=0.1', '*/*;q=x'), printable),
    'if-match': fc.oneof(fc.constantFrom('"7"', '*', '"0"', 'W/"7"', '"1", "2"'), printable),
    'if-none-match': fc.oneof(fc.constantFrom('"7"', '*', 'W/"7"', '"1", "7"'), printable),
    origin: fc.constantFrom('http://localhost', 'null', 'https://evil.example'),
    host: fc.constantFrom('localhost:1', '127.0.0.1', 'evil.example'),
    via: fc.constantFrom('x'),
    traceparent: printable,
  },
  { requiredKeys: [] },
)

const headers = fc.oneof(fc.constant({}), fc.constant({ 'if-none-match': '*' }), hostile)

const query = fc.oneof(
  fc.constant(''),
  fc.constant('?user_id=93493453'),
  fc.webQueryParameters().map(text => `?${text}`),
  fc
    .tuple(fc.constantFrom('user_id', 'limit', 'cursor', 'from', 'type', '__proto__'), printable)
    .map(([name, text]) => `?user_id=1&${name}=${encodeURIComponent(text)}`),
)

const goodBodyOf = (route: Route): Record<string, unknown> => {
  const request = (EXAMPLES[route.name]?.request as Record<string, unknown> | undefined) ?? {}
  if (route.kind !== 'command' && route.kind !== 'queue') return {}
  return Object.fromEntries(Object.entries(request).filter(([name]) => bodyFields(route).includes(name)))
}

// A feed has no end to wait for.
const ENDING = ROUTES.filter(({ kind }) => kind !== 'events')

const asked = fc.constantFrom(...ENDING).chain(route =>
  fc.record({
    route: fc.constant(route),
    segment: fc.oneof(
      fc.constantFrom('order-0-1', '54321'),
      fc.webSegment().filter(text => text !== '' && !text.startsWith('.')),
    ),
    slash: fc.constantFrom('', '/'),
    query,
    headers,
    text: bodyOf(goodBodyOf(route)),
    refusal: fc.option(fc.constantFrom<ProblemCode>('unavailable', 'internal', ...route.spec.refusals), { freq: 1 }),
  }),
)

type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never

/** Chance alone leaves it out now and then: one route, one header, and the rest right. */
const NOT_CHANGED: Asked = {
  route: ENDING.find(({ name }) => name === 'GetProduct') as Asked['route'],
  segment: '54321',
  slash: '',
  query: '',
  headers: { 'if-none-match': '*' },
  text: '',
  refusal: null,
}

suite('whatever is sent', () => {
  test('is answered with the success of its operation or with a problem that is documented for it', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(asked, async ({ route, segment, slash, query, headers, text, refusal }) => {
        const said: Record<string, Said> = refusal ? { [route.name]: no(refusal) } : {}
        const { send } = createTestGateway({ ...DOCUMENT, ...said }, { requestDeadlineMs: 50 })
        const path = route.path.replace(/:\w+/, () => segment) + slash + (route.method === 'GET' ? query : '')
        const response = await send(route.method, path, route.method === 'GET' ? { headers } : { headers, text })
        const shown = await response.text()
        if (response.status < 400) {
          const others = [
            ...(route.kind === 'command' && route.madeIf ? [201] : []),
            ...(route.kind === 'query' ? [304] : []),
          ]
          assert.ok([route.success, ...others].includes(response.status))
          seen.add(`${route.name} ${response.status}`)
          return
        }

        const problem = JSON.parse(shown) as ProblemDocument
        assert.equal(problem.status, response.status)
        assert.equal(problem.instance, response.headers.get('x-request-id'))
        assert.ok(problemsOf(route).includes(problem.code), `${route.name} ${problem.code}`)
        if (problem.code === 'internal') assert.equal(refusal, 'internal')
        seen.add(problem.code)
      }),
      { numRuns: RUNS, examples: [[NOT_CHANGED]] },
    )
    // Positive control: the run reached what it is there for.
    for (const reached of [
      'CreateOrder 201',
      'Withdraw 202',
      'CancelOrder 200',
      'PutProduct 200',
      'ExportUser 200',
      'GetProduct 304',
      'malformed_json',
      'unknown_field',
      'invalid_amount',
      'foreign_host',
    ])
      assert.ok(seen.has(reached), `${reached} was not reached`)
  })
})
