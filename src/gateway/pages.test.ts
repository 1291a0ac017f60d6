/** The state of the system, and the pages about problems. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PROBLEMS, type ProblemDocument } from '../bus/problem.ts'
import { type Asked, yes } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

/** What a part tells of its lag when it has none, and reads nobody. */
const UP_TO_DATE = { head: 1, unpublished: 0, unread: {} }

const health = (phase: string, waitsFor: string | null = null, warning: string | null = null) =>
  yes({ phase, waits_for: waitsFor, head: 1, stream: 1, cursors: {}, mailbox: 0, pid: 1, version: '0.1.0', warning })

suite('the state of the system', () => {
  test('/livez is 200, with the headers of every answer', async () => {
    const { bus, get } = createTestGateway()
    const response = await get('/livez')
    assert.deepEqual([response.status, await response.text()], [200, '{"status":"ok"}'])
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.ok(response.headers.get('x-request-id'))
    assert.equal(bus.asked.length, 0)
  })

  test('/readyz tells how much of a log is not published, and how much of the others is not read', async () => {
    const standing = { waits_for: null, mailbox: 0, pid: 1, version: '0.1.0', warning: null, phase: 'open' }
    const heads = { head: 9, stream: 7, cursors: { 'order/0': 4, 'nobody/0': 1 } }
    const { get } = createTestGateway({ Health: yes({ ...standing, ...heads }) })
    const { parts } = (await (await get('/readyz')).json()) as { parts: Record<string, unknown>[] }
    const { head, unpublished, unread } = parts[1] ?? {}
    assert.deepEqual(
      { head, unpublished, unread },
      { head: 9, unpublished: 2, unread: { 'order/0': 5, 'nobody/0': null } },
    )
  })

  test('/readyz is 200 when every actor is open', async () => {
    const { get } = createTestGateway({ Health: health('open') })
    const response = await get('/readyz')
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), {
      status: 'ready',
      parts: ['order/0', 'billing/0', 'notification/0', 'webhook/0'].map(part => ({
        part,
        phase: 'open',
        waits_for: null,
        ...UP_TO_DATE,
      })),
    })
  })

  test('/readyz asks the actors once, however many ask at once, and anew for the next', async () => {
    const { get, bus } = createTestGateway({ Health: health('open') })
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await get('/readyz')).status))
    assert.deepEqual(new Set(statuses), new Set([200]))
    assert.equal(bus.askedFor('Health').length, 4)
    await get('/readyz')
    assert.equal(bus.askedFor('Health').length, 8)
  })

  test('/readyz is 200 and "degraded" when an open actor has a warning', async () => {
    const { get } = createTestGateway({ Health: health('open', null, 'keys are lost') })
    const response = await get('/readyz')
    const { status, parts } = (await response.json()) as { status: string; parts: unknown[] }
    assert.deepEqual([response.status, status], [200, 'degraded'])
    assert.deepEqual(parts[0], {
      part: 'order/0',
      phase: 'open',
      waits_for: null,
      ...UP_TO_DATE,
      warning: 'keys are lost',
    })
  })

  test('/readyz is 503 with each part, what it does and whom it waits for', async () => {
    const said: Record<string, ReturnType<typeof health> | 'silence'> = {
      order: health('open'),
      billing: health('catching up', 'order/0'),
      notification: 'silence',
      webhook: health('open'),
    }
    const { clock, get } = createTestGateway({
      Health: (asked: Asked) => said[asked.subject.split('.')[0] ?? ''] ?? 'nobody',
    })
    const response = await get('/readyz')
    const problem = (await response.json()) as ProblemDocument & { parts: unknown }

    assert.deepEqual([response.status, problem.code, response.headers.get('retry-after')], [503, 'unavailable', '1'])
    assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    assert.deepEqual(problem.parts, [
      { part: 'order/0', phase: 'open', waits_for: null, ...UP_TO_DATE },
      { part: 'billing/0', phase: 'catching up', waits_for: 'order/0', ...UP_TO_DATE },
      { part: 'notification/0', phase: 'silent', waits_for: null },
      { part: 'webhook/0', phase: 'open', waits_for: null, ...UP_TO_DATE },
    ])
    assert.ok(clock.monotonic() <= 510)
  })

  test('/version says which', async () => {
    const { get } = createTestGateway()
    assert.match(
      await (await get('/version')).text(),
      /^\{"name":"kassa","version":"\d+\.\d+\.\d+","node":"v\d+[^"]*","currency":"RUB"\}/,
    )
  })
})

suite('the pages', () => {
  test('/ links on: as JSON, or as a page for a browser', async () => {
    const { get } = createTestGateway()
    const { links } = (await (await get('/')).json()) as { links: string[] }
    for (const link of links) assert.notEqual((await get(link)).status, 404)

    const page = await get('/', { accept: 'text/html,*/*' })
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(await page.text(), /href="\/openapi.json"/)
  })

  test('/problems lists every problem, and each has a page of its own', async () => {
    const { get } = createTestGateway()
    const list = await (await get('/problems/')).text()
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      assert.ok(list.includes(`href="/problems/${code}"`))
      const page = await get(`/problems/${code}`)
      const text = await page.text()
      assert.equal(page.status, 200)
      assert.ok(text.includes(title) && text.includes(`Status ${status}`))
      assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    }
  })
})
