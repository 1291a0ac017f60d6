/** The documents, carried out: every request they show is sent, and what comes back is what they say. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Exchange, exchangesOf } from './document-blocks.ts'
import { eventually } from './eventually.ts'
import { send } from './http-client.ts'
import { newDataDir } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

const pageFile = fileURLToPath(new URL('../docs/api-by-example.md', import.meta.url))
const seedDir = fileURLToPath(new URL('../../shared/seed', import.meta.url))

/** How long what was queued may take to show. */
const QUEUE_MS = 10_000

/** Values of a document told anew, so that nothing can be built in: what stands there, and what takes its place. */
type Retelling = { name: string; env: () => Record<string, string>; replaced: [from: string | RegExp, to: string][] }

const asWritten: Retelling = { name: 'as written', env: () => ({}), replaced: [] }

const retold: Retelling = {
  name: 'with other ids, prices and names, and the other form of every slash',
  env: () => ({
    KASSA_FIRST_USER_ID: '7000001',
    KASSA_FIRST_ORDER_ID: '6001',
    KASSA_FIRST_OPERATION_ID: '801',
    KASSA_FIRST_MESSAGE_ID: '5000',
    KASSA_CATALOG: catalogFile([{ product_id: 'tea_7', name: 'Tea', price: '99.90' }]),
  }),
  replaced: [
    [/93493453/g, '7000001'],
    [/54321/g, '6001'],
    [/"product_id": "12345"/g, '"product_id": "tea_7"'],
    [/"12345"/g, '"801"'],
    [/"12346"/g, '"802"'],
    [/"12347"/g, '"803"'],
    [/6789(\d)/g, '500$1'],
    [/"amount": "500"/g, '"amount": "499.50"'],
    [/John/g, 'Анна-Мария'],
    [/Colinse|Doe/g, 'O’Брайен'],
    [/user@email\.com/g, 'anna.maria@example.org'],
    [/unique_user_id/g, 'u-2'],
    [/unique_order_id/g, 'o-2'],
    [/user_id_associated_with_order/g, 'u-3'],
    [/Product XYZ/g, 'Чай'],
    [/user_creation_queue/g, 'new_users'],
  ],
}

describe('docs/api-by-example.md', () => {
  const page = exchangesOf(readFileSync(pageFile, 'utf8'))

  it('shows each of the ten operations', () => {
    const shown = new Set(page.map(({ method, path }) => `${method} ${path.replace(/\/?(\?.*)?$/, '')}`))
    const ten = [
      'POST /user/create',
      'POST /money/put',
      'GET /money/history',
      'GET /notifications/messages',
      'POST /orders/create',
      'POST /notifications/send',
      'POST /mq/users',
      'POST /mq/billing/subscribe',
      'POST /mq/orders',
      'POST /mq/withdrawals',
    ]
    assert.deepEqual(
      ten.filter(operation => !shown.has(operation)),
      [],
    )
  })

  for (const retelling of [asWritten, retold])
    it(`holds from top to bottom, ${retelling.name}`, () => carryOut(page, retelling))
})

const seedFiles = existsSync(seedDir) ? readdirSync(seedDir).filter(name => name.endsWith('.txt')) : []

describe('the founding document', { skip: seedFiles.length === 0 && 'it is not beside this clone' }, () => {
  for (const file of seedFiles) {
    const all = exchangesOf(readFileSync(join(seedDir, file), 'utf8'))
    // The document lists an operation for the facade and again for the service that owns it.
    const find = (path: string) => {
      const exchange = all.find(exchange => exchange.path.startsWith(path))
      assert.ok(exchange, `the document shows ${path}`)
      return exchange
    }

    it('still has its ten operations, the repeated ones always the same', () => {
      assert.equal(all.length, 15)
      assert.equal(new Set(all.map(({ method, path }) => `${method} ${path}`)).size, 10)
      assert.equal(new Set(all.map(({ method, path, body }) => JSON.stringify([method, path, body]))).size, 10)
      assert.ok(find('/user/create/').body?.includes('"user@email.com", \n}'), 'with its trailing comma')
      assert.ok(find('/money/put/').body?.includes('"user_id:" 93493453'), 'with its colon inside the key')
    })

    for (const retelling of [asWritten, retold]) {
      it(`holds for an order and its letters, ${retelling.name}`, async () => {
        const put = { ...find('/money/put/'), reply: '{"balance": 1000}' }
        const sent = { ...find('/notifications/send'), reply: '{"message_id": "67892"}' }
        const paths = ['/orders/create/', '/money/history', '/notifications/messages']
        await carryOut([find('/user/create/'), put, ...paths.map(find), sent], retelling)
      })

      it(`holds for two payments and the four of the broker, ${retelling.name}`, async () => {
        const put = find('/money/put/')
        const subscription =
          '{"queue_name": "user_creation_queue", "stream": "ORDER_0", "consumer": "user_creation_queue", "pending": 2}'
        await carryOut(
          [
            find('/user/create/'),
            { ...put, reply: '{"balance": 1000}' },
            put,
            find('/mq/users'),
            { ...find('/mq/billing/subscribe'), reply: subscription },
            find('/mq/orders'),
            find('/mq/withdrawals'),
          ],
          retelling,
        )
      })
    }
  }
})

/** Sends the requests to a fresh Kassa, one after the other. */
async function carryOut(exchanges: Exchange[], retelling: Retelling): Promise<void> {
  const kassa = await startKassa({ env: retelling.env() })
  const nats = await lookAt(kassa.natsUrl)
  try {
    for (const exchange of exchanges) await carryOutOne(kassa, nats, retell(exchange, retelling))
  } finally {
    await nats.close()
    await kassa.stop()
  }
}

async function carryOutOne(kassa: KassaUnderTest, nats: NatsLook, exchange: Exchange): Promise<void> {
  const { method, path, headers, body } = exchange
  if (!path.startsWith('/v1/')) {
    assertReply(exchange, await send(kassa.url, method, path, { body, headers }))
  } else {
    // It shows what was queued before, which takes its time.
    let last: unknown
    const shown = eventually(`GET ${path} is as the document says`, QUEUE_MS, async () => {
      try {
        assertReply(exchange, await send(kassa.url, method, path))
        return true
      } catch (fault) {
        last = fault
        return undefined
      }
    })
    await shown.catch(() => assert.ifError(last))
  }
  if (path.startsWith('/mq/'))
    await eventually('the queue is worked off', QUEUE_MS, async () => (await nats.queued()) === 0 || undefined)
}

function assertReply(exchange: Exchange, actual: Awaited<ReturnType<typeof send>>): void {
  const what = `${exchange.method} ${exchange.path}`
  assert.equal(actual.status, exchange.status, `${what}: ${actual.text}`)
  for (const [name, value] of Object.entries(exchange.replyHeaders))
    assert.equal(actual.headers.get(name), value, `${what}: ${name}`)

  if (exchange.reply !== undefined) {
    assert.deepEqual(withoutChance(actual.json), withoutChance(JSON.parse(mended(exchange.reply))), what)
    return
  }
  // The document shows no body for what is queued: it is a receipt.
  const { id, ...rest } = actual.json as Record<string, unknown>
  assert.deepEqual(rest, { accepted: true }, what)
  assert.match(String(id), /^[0-9a-f-]{36}$/, what)
}

/** What no document can know stands as a word: times, and how many entries a log has. Their form is checked. */
function withoutChance(value: unknown, key = ''): unknown {
  if (/^(timestamp|created_at|updated_at)$/.test(key) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(value)))
    return 'a moment'
  if (key === 'version' && Number.isInteger(value)) return 'a number'
  if (Array.isArray(value)) return value.map(item => withoutChance(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutChance(item, name)]))
}

/** The two defects of the founding document's JSON: a colon inside the key, a comma before the end. */
function mended(json: string): string {
  return json.replace(/:"(?=\s)/g, '":').replace(/,(?=\s*[}\]])/g, '')
}

function retell(exchange: Exchange, { name, replaced }: Retelling): Exchange {
  const told = (text: string): string => replaced.reduce((text, [from, to]) => text.replace(from, to), text)
  const toldHeaders = (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, told(value)]))

  return {
    ...exchange,
    path: name === asWritten.name ? exchange.path : withOtherSlash(told(exchange.path)),
    body: exchange.body === undefined ? undefined : told(exchange.body),
    replyHeaders: toldHeaders(exchange.replyHeaders),
    reply: exchange.reply === undefined ? undefined : told(exchange.reply),
  }
}

/** `/user/create/` for `/user/create`, and the other way round. */
function withOtherSlash(path: string): string {
  const [bare = '', query] = path.split('?')
  const other = bare.endsWith('/') ? bare.slice(0, -1) : `${bare}/`
  return query === undefined ? other : `${other}?${query}`
}

function catalogFile(products: object[]): string {
  const file = join(newDataDir(), 'catalog.json')
  writeFileSync(file, JSON.stringify(products))
  return file
}
