/** What may be broken through the gateway, by whom, and that there is nothing of it without `KASSA_DEMO=1`. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DEMO_ROUTES } from './demo-routes.ts'
import { no } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const demo = { demo: true }

suite('a Kassa that is no demo', () => {
  for (const { method, path } of DEMO_ROUTES)
    test(`has nothing at ${path}`, async () => {
      const { send, bus } = createTestGateway()
      const answers = await Promise.all(
        [path, '/v1/nothing'].map(async path => {
          const response = await send(method, path, { text: '{"actor":"billing"}' })
          const { instance: _, ...problem } = (await response.json()) as Record<string, unknown>
          return { status: response.status, problem }
        }),
      )
      assert.equal(answers[0]?.status, 404)
      assert.deepEqual(answers[0], answers[1], 'as at any other address')
      assert.deepEqual(bus.asked, [])
    })

  test('tells of none, neither in its version nor in its description', async () => {
    const { get } = createTestGateway()
    assert.doesNotMatch(await (await get('/version')).text(), /demo/)
    assert.doesNotMatch(await (await get('/openapi.json')).text(), /v1\/demo/)
  })
})

suite('a demo', () => {
  test('says so in its version, and describes what can be broken', async () => {
    const { get } = createTestGateway({}, demo)
    assert.equal(((await (await get('/version')).json()) as { demo: unknown }).demo, true)
    const { paths } = (await (await get('/openapi.json')).json()) as { paths: Record<string, { post?: object }> }
    for (const { path } of DEMO_ROUTES) {
      const operation = JSON.stringify(paths[path]?.post)
      assert.match(operation, /demo_unavailable/)
      assert.doesNotMatch(operation, /"name":"Idempotency-Key"|idempotency_key_reused/)
    }
  })

  test('asks whoever breaks it once, and tells what was done', async () => {
    const { post, bus } = createTestGateway({}, demo)
    const killed = await post('/v1/demo/kill', { actor: 'billing' })
    assert.deepEqual([killed.status, await killed.json()], [200, { actor: 'billing', pid: 4711 }])
    const deleted = await post('/v1/demo/delete-stream', { actor: 'order' })
    assert.deepEqual([deleted.status, await deleted.json()], [200, { stream: 'ORDER_0', messages: 57 }])
    const slowed = await post('/v1/demo/slow-mail', { seconds: 15 })
    assert.deepEqual([slowed.status, await slowed.json()], [200, { seconds: 15, each_letter_ms: 2000 }])
    assert.deepEqual(
      bus.asked.map(({ subject, body }) => ({ subject, body })),
      [
        { subject: 'supervisor.0.demo.KillActor', body: { actor: 'billing' } },
        { subject: 'supervisor.0.demo.DeleteStream', body: { actor: 'order' } },
        { subject: 'notification.0.demo.SlowMail', body: { seconds: 15 } },
      ],
    )
  })

  test('does not break a second time where the answer is lost', async () => {
    const { post, bus } = createTestGateway({ KillActor: 'silence' }, demo)
    assert.equal((await post('/v1/demo/kill', { actor: 'billing' })).status, 503)
    assert.equal(bus.askedFor('KillActor').length, 1)
  })

  test('says why something cannot be broken', async () => {
    const { post } = createTestGateway({ KillActor: no('demo_unavailable') }, demo)
    const response = await post('/v1/demo/kill', { actor: 'billing' })
    const { code, detail } = (await response.json()) as Record<string, unknown>
    assert.deepEqual([response.status, code, detail], [409, 'demo_unavailable', 'said demo_unavailable'])
  })

  const refused: [what: string, body: unknown, headers: Record<string, string>, status: number, code: string][] = [
    ['a part that is no actor', { actor: 'gateway' }, {}, 400, 'invalid_field'],
    ['nobody', {}, {}, 400, 'missing_field'],
    ['a page of elsewhere', { actor: 'order' }, { origin: 'https://evil.example' }, 403, 'foreign_origin'],
    ['a page that hides where it is from', { actor: 'order' }, { origin: 'null' }, 403, 'foreign_origin'],
    [
      'a form of another page of this machine',
      { actor: 'order' },
      { origin: 'http://localhost:3000', 'content-type': 'text/plain' },
      415,
      'unsupported_media_type',
    ],
    ['a name that points here', { actor: 'order' }, { host: 'evil.example' }, 403, 'foreign_host'],
    ['somebody behind a proxy', { actor: 'order' }, { 'x-forwarded-for': '1.2.3.4' }, 403, 'forbidden'],
  ]
  for (const [what, body, headers, status, code] of refused)
    test(`refuses ${what}`, async () => {
      const { post, bus } = createTestGateway({}, demo)
      const response = await post('/v1/demo/kill', body, headers)
      assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [status, code])
      assert.deepEqual(bus.asked, [])
    })

  test('refuses a proxy also where keys are on', async () => {
    const operator = { isOn: () => true, callerWith: () => ({ name: 'boss', role: 'operator' as const }) }
    const { post, bus } = createTestGateway({}, demo, operator)
    const key = { authorization: 'Bearer kassa_x' }
    assert.equal((await post('/v1/demo/kill', { actor: 'order' }, { ...key, via: '1.1 proxy' })).status, 403)
    assert.deepEqual(bus.asked, [])
    assert.equal((await post('/v1/demo/kill', { actor: 'order' }, key)).status, 200)
  })
})
