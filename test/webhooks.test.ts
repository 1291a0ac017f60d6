/** Webhooks through a whole Kassa: to real receivers on loopback, whatever dies on the way. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually } from './eventually.ts'
import { expecting, get, post, send } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

type Row = Record<string, unknown>
type Event = { type: string; id: string; subject?: string; data: Row }
type Received = { id: string; event: Event; body: string; headers: IncomingMessage['headers'] }

/** What was sent may have to wait for a restart, and for the first retry. */
const ARRIVAL_MS = 30_000

/** A receiver that notes what comes; `answer` may say something else than 200. */
const startReceiver = async (
  answer: (received: Received, response: ServerResponse) => void = (_, response) => void response.end(),
) => {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const one = { id: String(request.headers['webhook-id']), event: JSON.parse(body), body, headers: request.headers }
      received.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const until = (what: string, holds: () => boolean) => eventually(what, ARRIVAL_MS, async () => holds() || undefined)
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    until,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>(resolve => void server.close(() => resolve()))
    },
  }
}

/** What a client does here. */
const clientOf = (kassa: () => KassaUnderTest) => ({
  createUser: async (amount = '100000'): Promise<number> => {
    const person = { first_name: 'Wilhelmina', last_name: 'Featherstone', email: 'w@example.com' }
    const { user_id } = await expecting<{ user_id: number }>(201, post(kassa().url, '/user/create/', person))
    await expecting(202, post(kassa().url, '/money/put/', { user_id, amount }))
    return user_id
  },
  order: (user_id: number) =>
    expecting(201, post(kassa().url, '/orders/create/', { user_id, product_id: '12345', quantity: 1 })),
  subscribe: (url: string, events?: string[]) =>
    expecting<Row>(201, post(kassa().url, '/v1/webhooks', { url, ...(events ? { events } : {}) })),
})

/** The function that docs/webhooks.md shows, as it stands there. */
const verifierOfThePage = async () => {
  const page = readFileSync(resolve(import.meta.dirname, '../docs/webhooks.md'), 'utf8')
  const [, block] = /^```js\n([\s\S]*?)^```$/m.exec(page) ?? []
  assert.ok(block, 'the page shows how to verify')
  const directory = mkdtempSync(join(tmpdir(), 'kassa-verify-'))
  try {
    writeFileSync(join(directory, 'verify.mjs'), block)
    const module: unknown = await import(pathToFileURL(join(directory, 'verify.mjs')).href)
    return (module as { verify: (secret: string, headers: object, body: string) => boolean }).verify
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const seqOf = (id: string): number => Number(id.split('-')[3])

describe('a webhook', () => {
  let kassa: KassaUnderTest
  const client = clientOf(() => kassa)
  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  it('brings an order’s events, signed so that its owner can tell them from others', async t => {
    const receiver = await startReceiver()
    t.after(receiver.close)
    const { secret, webhook_id } = await client.subscribe(receiver.url, ['OrderCreated', 'OrderConfirmed'])
    const user = await client.createUser()
    await client.order(user)
    await receiver.until('two events', () => receiver.received.length === 2)
    assert.deepEqual(
      receiver.received.map(({ event }) => [event.type, event.subject]),
      [
        ['OrderCreated', String(user)],
        ['OrderConfirmed', String(user)],
      ],
    )
    const verify = await verifierOfThePage()
    for (const { body, headers } of receiver.received) {
      assert.ok(verify(String(secret), headers, body))
      assert.ok(!verify(String(secret), headers, body.replace('Order', 'order')))
      assert.ok(!verify('whsec_AAAA', headers, body))
      assert.ok(!verify(String(secret), { ...headers, 'webhook-timestamp': '1694097000' }, body))
    }
    const path = `/v1/webhooks/${webhook_id}/deliveries?status=Delivered`
    const { items } = await expecting<{ items: Row[] }>(200, get(kassa.url, path))
    assert.deepEqual(
      items.map(({ delivery_id }) => delivery_id).reverse(),
      receiver.received.map(({ id }) => id),
    )
  })

  it('brings an event again that was refused, and no later one of that user before it', async t => {
    const refused = new Set<string>()
    const receiver = await startReceiver(({ id }, response) => {
      response.statusCode = refused.has(id) ? 200 : 500
      refused.add(id)
      response.end()
    })
    t.after(receiver.close)
    await client.subscribe(receiver.url, ['MoneyPut', 'UserCreated'])
    const user = await client.createUser()
    await client.createUser()
    const mine = () => receiver.received.filter(({ event, id }) => event.subject === String(user) && /-order-/.test(id))
    await receiver.until('the second attempt', () => mine().length >= 2)
    assert.equal(new Set(mine().map(({ id }) => id)).size, 1)
    assert.notEqual(mine()[0]?.headers['webhook-timestamp'], mine()[1]?.headers['webhook-timestamp'])
  })

  it('does not follow a redirect', async t => {
    const target = await startReceiver()
    const receiver = await startReceiver((_, response) => response.writeHead(308, { location: target.url }).end())
    t.after(() => Promise.all([target.close(), receiver.close()]))
    const { webhook_id } = await client.subscribe(receiver.url)
    await expecting(202, post(kassa.url, `/v1/webhooks/${webhook_id}/test`, undefined))
    await eventually('the test has failed', ARRIVAL_MS, async () => {
      const { items } = await expecting<{ items: Row[] }>(
        200,
        get(kassa.url, `/v1/webhooks/${webhook_id}/deliveries?status=Failed`),
      )
      return items.some(({ last_answer }) => last_answer === '308') || undefined
    })
    assert.equal(target.received.length, 0)
  })

  it('may not lead to a private address, nor over http elsewhere', async () => {
    for (const url of [
      'https://169.254.169.254/',
      'https://[fd00::1]/',
      'http://example.com/',
      'https://a:b@example.com/',
    ]) {
      const reply = await post(kassa.url, '/v1/webhooks', { url })
      assert.deepEqual([reply.status, (reply.json as Row).code], [400, 'invalid_field'], url)
    }
  })

  it('is read, changed and deleted by version, and gets what it missed while it was disabled', async t => {
    const receiver = await startReceiver()
    t.after(receiver.close)
    const made = await post(kassa.url, '/v1/webhooks', { url: receiver.url, events: ['OrderConfirmed'] })
    const { webhook_id } = made.json as Row
    const path = `/v1/webhooks/${webhook_id}`
    assert.equal(made.headers.get('location'), path)
    const etag = String(made.headers.get('etag'))
    const change = (body: unknown, version: string) =>
      send(kassa.url, 'PATCH', path, { body, headers: { 'If-Match': version } })
    const disabled = await change({ status: 'Disabled' }, etag)
    assert.deepEqual([disabled.status, (disabled.json as Row).reason], [200, 'asked'])
    assert.equal((await change({ status: 'Enabled' }, etag)).status, 412)
    const user = await client.createUser()
    await client.order(user)
    assert.equal((await change({ status: 'Enabled' }, String(disabled.headers.get('etag')))).status, 200)
    await receiver.until('what it missed', () => receiver.received.length === 1)
    assert.equal(receiver.received[0]?.event.subject, String(user))
    await expecting(200, send(kassa.url, 'DELETE', path))
    assert.equal((await get(kassa.url, path)).status, 404)
  })

  it('leaves its URL and its secret in no file and no line of the log', async t => {
    const receiver = await startReceiver()
    t.after(receiver.close)
    const { secret } = await client.subscribe(`${receiver.url}t0ken-in-the-url`)
    assert.ok(!kassa.lines.some(line => line.includes(String(secret)) || line.includes('t0ken-in-the-url')))
    assert.equal((await kassa.verify()).code, 0)
  })
})

describe('a webhook actor that is killed', { skip: process.platform === 'win32' && 'signals are of Unix' }, () => {
  it('in the middle of a burst brings every event, each user’s in order, under one id each; so does a replay', async t => {
    const kassa = await startKassa()
    t.after(() => kassa.stop())
    const client = clientOf(() => kassa)
    const receiver = await startReceiver((_, response) => void setTimeout(() => response.end(), 5))
    t.after(receiver.close)
    const { webhook_id } = await client.subscribe(receiver.url, ['OrderCreated', 'OrderConfirmed'])
    const users = await Promise.all([client.createUser(), client.createUser(), client.createUser()])

    const burst = Promise.all(
      users.map(async user => {
        for (let count = 0; count < 20; count++) await client.order(user)
      }),
    )
    for (const count of [10, 40, 70]) {
      await receiver.until(`${count} events`, () => receiver.received.length >= count)
      await kassa.kill9('webhook')
    }
    await burst
    const distinct = (from = 0) => new Set(receiver.received.slice(from).map(({ id }) => id))
    await receiver.until('every event', () => distinct().size === 120)

    /** The numbers of a user's events as they came for the first time. */
    const firsts = (user: number, from = 0) => {
      const mine = receiver.received.slice(from).filter(({ event }) => event.subject === String(user))
      return [...new Set(mine.map(({ id }) => seqOf(id)))]
    }
    const inOrder = (from = 0) => {
      for (const user of users) {
        const seqs = firsts(user, from)
        assert.equal(seqs.length, 40)
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => a - b),
        )
      }
    }
    inOrder()
    assert.equal(new Set(receiver.received.map(({ event }) => event.id)).size, 120)

    const before = receiver.received.length
    await expecting(202, post(kassa.url, `/v1/webhooks/${webhook_id}/replay`, { from: { 'order/0': 1 } }))
    await receiver.until('some of it again', () => receiver.received.length > before + 10)
    await kassa.kill9('webhook')
    await receiver.until('all of it again', () => distinct(before).size === 120)
    inOrder(before)
    assert.deepEqual(distinct(before), distinct())
    const verified = await kassa.verify()
    assert.equal(verified.code, 0, verified.stdout)
  })
})
