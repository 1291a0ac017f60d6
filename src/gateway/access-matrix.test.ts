/** Every route × everybody who may ask: who is let in, who is not, and that nothing of another's leaks. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createAccess } from '../access/access.ts'
import { idIn } from '../access/access-key.ts'
import { runKeys } from '../access/keys-command.ts'
import { REFUSAL_HEADERS } from '../bus/command-id.ts'
import { PROBLEMS, problemDocument, type Refusal } from '../bus/problem.ts'
import { createLog } from '../log.ts'
import { systemClock } from '../world/clock.ts'
import { DEMO_ROUTES } from './demo-routes.ts'
import { EXAMPLES } from './examples.ts'
import { CLIENTS } from './permissions.ts'
import { pathFields, type Route } from './route.ts'
import { ROUTES } from './routes.ts'
import { no, type Said, type Script, yes } from './scripted-bus.ts'
import { createTestGateway, DOCUMENT } from './test-gateway.ts'

/** What can be asked of a Kassa that may be broken; of another, the same but for that. */
const ALL: readonly Route[] = [...ROUTES, ...DEMO_ROUTES]

const OWN = '93493453'
const OTHER = '55555'

const YESTERDAY = Date.now() - 86_400_000

const dataDir = mkdtempSync(join(tmpdir(), 'kassa-matrix-'))
const keyFor = (words: string, now = Date.now()): string => {
  let text = ''
  const print = (line: string) => {
    text = line
  }
  runKeys(words.split(' '), { dataDir, now: () => now, print, explain: () => {} })
  return text
}

/** Of the command that makes keys, and read as the gateway reads them. */
const KEYS = {
  operator: keyFor('create --role operator --name boss'),
  client: keyFor('create --role client --name shop'),
  own: keyFor(`create --role client --name app --user ${OWN}`),
  revoked: keyFor('create --role operator --name left'),
  expired: keyFor('create --role operator --expires 1d', YESTERDAY - 1),
}
keyFor(`revoke ${idIn(KEYS.revoked)}`)
const access = createAccess({ dataDir }, systemClock, createLog('silent', 'gateway'))

/** A request that its contract takes, about a user. */
const requestOf = (route: Route, userId: string) => {
  const example = { ...(EXAMPLES[route.name]?.request as Record<string, unknown> | undefined) }
  if ('user_id' in route.spec.body.shape) example.user_id = userId
  const inPath = pathFields(route.path)
  const path = inPath.reduce((path, name) => path.replace(`:${name}`, String(example[name] ?? '1')), route.path)
  const rest = Object.entries(example).filter(([name]) => !inPath.includes(name))
  if (route.method !== 'GET') return { path, text: JSON.stringify(Object.fromEntries(rest)) }
  const query = new URLSearchParams(rest.map(([name, value]) => [name, String(value)]))
  return { path: query.size > 0 ? `${path}?${query}` : path }
}

const ask = async (route: Route, key: string | undefined, userId: string, script: Script = {}) => {
  const { bus, send } = createTestGateway(script, { demo: true }, access)
  const { path, text } = requestOf(route, userId)
  const response = await send(route.method, path, {
    ...(text === undefined ? {} : { text }),
    ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
  })
  // A feed has no end to wait for.
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) await response.body?.cancel()
  const said = (await response.json().catch(() => ({}))) as Record<string, unknown>
  return { status: response.status, said, response, asked: bus.asked, sent: bus.sent }
}

/** What is said, apart from the request's own id. */
const problemOf = ({ status, said: { instance: _, ...problem } }: Awaited<ReturnType<typeof ask>>) => ({
  status,
  ...problem,
})

/** Actors that know the caller's own user alone, as real ones would say it. */
const OWN_ALONE: Script = Object.fromEntries(
  ['GetUser', 'GetBalance', 'GetHistory', 'ListLetters', 'ListAllLetters', 'ListOrders', 'CreateOrder'].map(name => [
    name,
    ({ body }) => {
      const { user_id } = body as { user_id: unknown }
      const detail = `there is no user ${user_id}`
      if (String(user_id) !== OWN) return noWith({ code: 'user_not_found', detail })
      return DOCUMENT[name] as Said
    },
  ]),
)

const noWith = (refusal: Refusal): Said => ({
  body: problemDocument(refusal, 'actor'),
  headers: {
    [REFUSAL_HEADERS.status]: String(PROBLEMS[refusal.code].status),
    [REFUSAL_HEADERS.detail]: refusal.detail,
  },
})

const others = (name: 'GetOrder' | 'GetLetter'): Script => ({
  [name]: yes({ ...(EXAMPLES[name]?.reply as object), user_id: Number(OTHER) }),
})
const absent = (name: 'GetOrder' | 'GetLetter'): Script => ({
  [name]: ({ body }) => {
    const noun = name === 'GetOrder' ? 'order' : 'letter'
    const [id] = Object.values(body as object)
    return noWith({ code: `${noun}_not_found`, detail: `there is no ${noun} ${id}` })
  },
})

suite('every route, for everybody who may ask', () => {
  let [allowed, denied] = [0, 0]
  const matrix: Record<string, string>[] = []
  after(() => rmSync(dataDir, { recursive: true }))

  for (const route of ALL) {
    const holding = (CLIENTS as Record<string, string | undefined>)[route.name]

    test(`${route.method} ${route.path} is for ${holding === undefined ? 'operators' : `clients, ${holding}`}`, async () => {
      const row: Record<string, string> = { route: `${route.method} ${route.path}` }
      matrix.push(row)
      const isRefused = async (who: string, key: string | undefined, code: string, status: number) => {
        const refused = await ask(route, key, OWN)
        row[who] = String(refused.status)
        assert.deepEqual([refused.status, refused.said.code], [status, code], who)
        assert.deepEqual([refused.asked, refused.sent], [[], []], `nobody was asked by ${who}`)
        if (status === 401) assert.match(refused.response.headers.get('www-authenticate') ?? '', /^Bearer/)
        denied++
      }
      const isLetIn = async (who: keyof typeof KEYS, userId: string, script: Script = {}) => {
        const { status, said } = await ask(route, KEYS[who], userId, script)
        row[who] = String(status)
        assert.ok(status < 300, `${who}: ${status} ${JSON.stringify(said)}`)
        allowed++
      }

      await isRefused('none', undefined, 'key_missing', 401)
      await isRefused('wrong', `${KEYS.operator.slice(0, -1)}-`, 'key_invalid', 401)
      await isRefused('empty', '', 'key_invalid', 401)
      await isRefused('revoked', KEYS.revoked, 'key_invalid', 401)
      await isRefused('expired', KEYS.expired, 'key_invalid', 401)
      await isLetIn('operator', OTHER)
      if (holding === undefined) await isRefused('client', KEYS.client, 'forbidden', 403)
      else await isLetIn('client', OTHER)
      if (holding === undefined || holding === 'never') {
        await isRefused('own', KEYS.own, 'forbidden', 403)
        row["other's"] = '403'
        return
      }

      await isLetIn('own', OWN, holding === 'user' ? OWN_ALONE : {})
      // A thing that is nobody's is no other user's either.
      if (holding === 'free') row["other's"] = row.own ?? ''
      if (holding === 'user') {
        const theirs = await ask(route, KEYS.own, OTHER, OWN_ALONE)
        assert.deepEqual(
          problemOf(theirs),
          problemOf(await ask(route, KEYS.client, OTHER, OWN_ALONE)),
          'as if there was no such user',
        )
        assert.equal(theirs.status, 404)
        row["other's"] = String(theirs.status)
        assert.ok(!JSON.stringify(theirs.asked.map(({ body }) => body)).includes(OTHER), 'no actor hears of the other')
        denied++
      }
      if (holding === 'order' || holding === 'letter') {
        const name = holding === 'order' ? 'GetOrder' : 'GetLetter'
        const theirs = await ask(route, KEYS.own, OWN, others(name))
        assert.deepEqual(problemOf(theirs), problemOf(await ask(route, KEYS.own, OWN, absent(name))))
        assert.equal(theirs.status, 404)
        row["other's"] = String(theirs.status)
        assert.ok(!JSON.stringify(theirs.said).includes(OTHER))
        denied++
      }
    })
  }

  test('nothing leaked', () => {
    for (const { route, ...statuses } of matrix)
      console.log(
        `route ${route}: ${Object.entries(statuses)
          .map(([who, status]) => `${who} ${status}`)
          .join(', ')}`,
      )
    console.log(`${ALL.length} routes: ${allowed} let in, ${denied} denied, 0 leaks`)
    assert.ok(
      matrix.every(row => Object.keys(row).length === 10),
      'everybody asked everywhere',
    )
    assert.ok(allowed > ALL.length && denied > 3 * ALL.length)
  })

  test('the caller’s name goes with every question, and is the scope of its keys', async () => {
    const { asked } = await ask(ROUTES.find(({ name }) => name === 'GetBalance') as Route, KEYS.client, OWN)
    assert.deepEqual(
      asked.map(({ headers }) => headers['Kassa-Caller']),
      ['shop'],
    )
  })

  for (const path of ['/v1/orders', '/v1/notifications'])
    test(`${path} without a user is of the caller’s own`, async () => {
      const { send, bus } = createTestGateway({}, {}, access)
      const response = await send('GET', path, { headers: { authorization: `Bearer ${KEYS.own}` } })
      assert.equal(response.status, 200)
      assert.deepEqual(
        bus.asked.map(({ body }) => (body as { user_id: string }).user_id),
        [OWN],
      )
    })

  test('what tells of no customer needs no key', async () => {
    const { get } = createTestGateway({ Health: no('unavailable') }, {}, access)
    for (const path of [
      '/',
      '/livez',
      '/version',
      '/problems',
      '/problems/key_missing',
      '/openapi.json',
      '/asyncapi.json',
      '/schemas/OrderCreated.json',
      '/console',
      '/console/console.js',
      '/docs',
      '/docs/messages',
    ])
      assert.equal((await get(path)).status, 200, path)
    assert.equal((await get('/readyz')).status, 503)
  })

  test('how far the logs have come is the operator’s to know', async () => {
    const standing = { head: 17, stream: 17, cursors: { 'billing/0': 3 }, mailbox: 0, pid: 1, version: '1.0.0' }
    const health = yes({ phase: 'open', waits_for: null, warning: null, ...standing })
    const { get } = createTestGateway({ Health: health }, {}, access)
    const shown = async (headers: Record<string, string>) =>
      JSON.stringify(await (await get('/readyz', headers)).json())
    assert.doesNotMatch(await shown({}), /"head"|"unread"/)
    assert.doesNotMatch(await shown({ authorization: `Bearer ${KEYS.client}` }), /"head"|"unread"/)
    assert.match(await shown({ authorization: `Bearer ${KEYS.operator}` }), /"head".*"unread"/)
  })

  test('a key is taken from its header alone, once, as Bearer', async () => {
    const { get } = createTestGateway({}, {}, access)
    const status = async (path: string, headers: Record<string, string> = {}) => (await get(path, headers)).status
    const path = '/v1/money/balance?user_id=1'
    assert.equal(await status(path, { authorization: `bearer ${KEYS.operator}` }), 200)
    assert.equal(await status(path, { authorization: `Basic ${KEYS.operator}` }), 401)
    assert.equal(await status(path, { authorization: KEYS.operator }), 401)
    assert.equal(await status(path, { cookie: `key=${KEYS.operator}` }), 401)
    assert.equal(await status(`${path}&access_token=${KEYS.operator}`), 401)
  })

  test('with a key it may come through a proxy and under another name; pages of elsewhere stay out', async () => {
    const { get } = createTestGateway({}, {}, access)
    const status = async (headers: Record<string, string>) =>
      (await get('/v1/money/balance?user_id=1', { authorization: `Bearer ${KEYS.operator}`, ...headers })).status
    assert.equal(await status({ host: 'shop.example', 'x-forwarded-for': '1.2.3.4', via: '1.1 proxy' }), 200)
    assert.equal(await status({ host: 'shop.example', origin: 'https://shop.example' }), 200)
    assert.equal(await status({ host: 'shop.example', origin: 'https://evil.example' }), 403)
    assert.equal(await status({ host: 'shop.example', origin: 'null' }), 403)
  })
})
