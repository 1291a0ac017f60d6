/** Webhooks in a shop on a broker in memory: what is sent to whom, in which order, and for how long it is tried. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFINITIONS } from './definitions.ts'
import { TEST_SETTINGS } from './kernel/test-core.ts'
import { typesIn } from './kernel/test-world.ts'
import { openWithWebhooks, type Receiver } from './test-webhooks.ts'
import { verifyStore } from './verify-store.ts'
import { signatureOf } from './webhook/signature.ts'

const SECOND_MS = 1000
const HOUR_MS = 3_600_000

const ORDER_EVENTS = ['UserCreated', 'OrderCreated', 'OrderConfirmed', 'OrderRejected']

/** The first user of a shop. */
const FIRST = '93493453'

/** A receiver that says 500 to the first user's events. */
const refusingFirst: Receiver = ({ user }) => (user === FIRST ? 500 : 200)

describe('a webhook', () => {
  it('gets every event that happens after it was made', async () => {
    const shop = await openWithWebhooks()
    await shop.subscribe()
    const user = await shop.createUser('1000')
    await shop.order(user)
    await shop.settle()
    const happened = (['order', 'billing', 'notification'] as const).flatMap(actor =>
      shop.eventsOf(actor).map(({ seq }) => `${actor}-0-${seq}`),
    )
    const sent = shop.received.map(({ id }) => id.replace(/^wh_\w+-/, ''))
    // Those of the opening shop came before.
    assert.deepEqual(sent.toSorted(), happened.filter(id => sent.includes(id)).toSorted())
    assert.ok(sent.length >= 9)
    assert.equal(new Set(sent).size, sent.length)
    assert.deepEqual(
      shop.typesFor(user).filter(type => type.startsWith('Order')),
      ['OrderCreated', 'OrderConfirmed'],
    )
  })

  it('gets the types alone that it wishes for', async () => {
    const shop = await openWithWebhooks()
    await shop.subscribe({ events: ['OrderConfirmed', 'MoneyPut'] })
    const user = await shop.createUser('1000')
    await shop.order(user)
    await shop.settle()
    assert.deepEqual(shop.typesFor(), ['MoneyPut', 'OrderConfirmed'])
  })

  it('is sent what the stream shows, signed, and none of the ciphertext', async () => {
    const shop = await openWithWebhooks()
    const made = await shop.command('CreateWebhook', { url: 'https://a.example.com/', events: ['UserCreated'] })
    const user = await shop.createUser('1000')
    const [first] = shop.received
    assert.ok(first)
    const { headers, body } = first.message
    const { timestamp, ...event } = JSON.parse(body)
    const written = shop.broker.messages('ORDER_0').find(({ subject }) => subject.includes('UserCreated'))
    const { datacontenttype, ...shown } = JSON.parse(Buffer.from(written?.body ?? '').toString())
    delete shown.data.sealed
    assert.deepEqual(event, shown)
    assert.deepEqual([timestamp, event.subject, datacontenttype], [shown.time, user, 'application/json'])
    const seconds = Number(headers['webhook-timestamp'])
    assert.ok(Math.abs(seconds * 1000 - first.at) < 1000)
    assert.equal(
      headers['webhook-signature'],
      signatureOf([String(made.body.secret)], { id: first.id, timestamp: seconds, body }),
    )
  })

  it('of which nobody hears its secret twice, but who repeats its making under the same key', async () => {
    const shop = await openWithWebhooks()
    const wish = { url: 'https://a.example.com/hook?token=t0ken' }
    const first = await shop.command('CreateWebhook', wish, 'one')
    const again = await shop.command('CreateWebhook', wish, 'one')
    assert.match(String(first.body.secret), /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual(again.body, first.body)
    assert.equal('secret' in (await shop.webhook(String(first.body.webhook_id))), false)
    await shop.settle()
    const secret = String(first.body.secret).slice(6)
    for (const bytes of shop.everything()) assert.ok(!bytes.includes(secret) && !bytes.includes('t0ken'))
  })

  it('may be one of many; each gets its own, under an id of its own', async () => {
    const shop = await openWithWebhooks()
    await shop.subscribe({ url: 'https://a.example.com/', events: ['UserCreated'] })
    await shop.subscribe({ url: 'https://b.example.com/', events: ['UserCreated'] })
    await shop.createUser('1000')
    assert.deepEqual(shop.received.map(({ url }) => url).toSorted(), [
      'https://a.example.com/',
      'https://b.example.com/',
    ])
    assert.equal(new Set(shop.received.map(({ id }) => id)).size, 2)
  })

  it('leaves nothing behind when it is deleted', async () => {
    const shop = await openWithWebhooks(() => 500)
    const webhook_id = await shop.subscribe()
    await shop.createUser('1000')
    assert.deepEqual((await shop.command('DeleteWebhook', { webhook_id })).body, { webhook_id, deleted: true })
    const before = shop.received.length
    await shop.clock.advance(HOUR_MS)
    assert.equal(shop.received.length, before)
    const { store } = shop.disks.webhook
    for (const table of ['webhooks', 'deliveries', 'catching_up'])
      assert.equal(store.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), 0)
  })

  it('shows nothing of an erased person, also when it is sent again', async () => {
    const shop = await openWithWebhooks()
    const webhook_id = await shop.subscribe()
    const user = await shop.createUser('1000', { first_name: 'Wilhelmina' })
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': 1, 'notification/0': 1 } })
    await shop.settle()
    assert.ok(shop.typesFor(user).includes('PersonErased'))
    assert.ok(shop.received.every(({ message }) => !/Wilhelmina|sealed/.test(message.body)))
  })
})

describe('the order of deliveries', () => {
  it('is kept for a user whose events are refused, and nobody else waits', async () => {
    const shop = await openWithWebhooks(refusingFirst)
    await shop.subscribe({ events: ORDER_EVENTS })
    const users = [await shop.createUser('1000'), await shop.createUser('1000')]
    for (const user of users) await shop.order(user)
    await shop.clock.advance(4 * SECOND_MS)
    assert.ok(shop.typesFor(users[0]).every(type => type === 'UserCreated'))
    assert.deepEqual(shop.typesFor(users[1]), ['UserCreated', 'OrderCreated', 'OrderConfirmed'])

    shop.answer(() => 200)
    await shop.clock.advance(HOUR_MS)
    assert.deepEqual([...new Set(shop.typesFor(users[0]))], ['UserCreated', 'OrderCreated', 'OrderConfirmed'])
  })

  it('is that of the attempts: one after the other, never two of a user at once', async () => {
    const underWay = new Map<string | undefined, number>()
    let most = 0
    const shop = await openWithWebhooks(async ({ user }) => {
      underWay.set(user, (underWay.get(user) ?? 0) + 1)
      most = Math.max(most, ...underWay.values())
      await new Promise<void>(resolve => shop.clock.after(50, resolve))
      underWay.set(user, (underWay.get(user) ?? 1) - 1)
      return 200
    })
    await shop.subscribe()
    const user = await shop.createUser('100000')
    for (let count = 0; count < 5; count++) await shop.order(user)
    await shop.clock.advance(20 * SECOND_MS)
    assert.equal(most, 1)
    const ofOrders = shop.received
      .filter(({ id, user: whose }) => whose === user && id.includes('-order-0-'))
      .map(({ id }) => Number(id.split('-')[3]))
    assert.deepEqual(
      ofOrders,
      ofOrders.toSorted((a, b) => a - b),
    )
  })
})

describe('a receiver that does not take an event', () => {
  it('and asks for a pause gets nothing at all until it is over', async () => {
    const shop = await openWithWebhooks((_, attempt) => (attempt === 1 ? { status: 429, retryAfterMs: 600_000 } : 200))
    await shop.subscribe({ events: ['UserCreated'] })
    await shop.createUser('1000')
    const [first] = shop.received
    await shop.createUser('1000')
    await shop.clock.advance(9 * 60 * SECOND_MS)
    assert.equal(shop.received.length, 1)
    await shop.clock.advance(5 * 60 * SECOND_MS)
    assert.ok((shop.received[1]?.at ?? 0) - (first?.at ?? 0) >= 600_000)
    assert.equal(new Set(shop.received.map(({ user }) => user)).size, 2)
  })

  it('redirects in vain', async () => {
    const shop = await openWithWebhooks((_, attempt) => (attempt === 1 ? 302 : 200))
    const webhook = await shop.subscribe({ events: ['UserCreated'] })
    await shop.createUser('1000')
    assert.deepEqual((await shop.deliveries(webhook))[0]?.last_answer, '302')
    await shop.clock.advance(10 * SECOND_MS)
    assert.deepEqual((await shop.deliveries(webhook))[0]?.status, 'Delivered')
  })

  it('costs the receivers of others nothing', async () => {
    const hanging = Promise.withResolvers<number>()
    const shop = await openWithWebhooks(({ url }) => (url.includes('slow') ? hanging.promise : 200))
    for (let count = 0; count < 12; count++)
      await shop.subscribe({ url: `https://slow-${count}.example.com/`, events: ['UserCreated'] })
    await shop.subscribe({ url: 'https://quick.example.com/', events: ['UserCreated'] })
    for (let count = 0; count < 6; count++) await shop.createUser('1000')
    assert.equal(shop.typesFor(undefined, 'https://quick.example.com/').length, 6)
  })
})

describe('a webhook that is disabled', () => {
  it('gets nothing, and what it missed as soon as it is enabled, in order', async () => {
    const shop = await openWithWebhooks()
    const webhook_id = await shop.subscribe({ events: ORDER_EVENTS })
    const user = await shop.createUser('100000')
    await shop.command('ChangeWebhook', { webhook_id, status: 'Disabled' })
    for (let count = 0; count < 3; count++) await shop.order(user)
    await shop.settle()
    assert.deepEqual(shop.typesFor(user), ['UserCreated'])
    assert.equal((await shop.webhook(webhook_id)).reason, 'asked')

    await shop.command('ChangeWebhook', { webhook_id, status: 'Enabled' })
    await shop.order(user)
    await shop.settle()
    const pair = ['OrderCreated', 'OrderConfirmed']
    assert.deepEqual(shop.typesFor(user).toSorted(), ['UserCreated', ...pair, ...pair, ...pair, ...pair].toSorted())
    const order = shop.received.map(({ id }) => Number(id.split('-')[3]))
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(shop.received.map(({ id }) => id)).size, shop.received.length)
  })

  it('is neither tried nor replayed', async () => {
    const shop = await openWithWebhooks()
    const webhook_id = await shop.subscribe()
    await shop.command('ChangeWebhook', { webhook_id, status: 'Disabled' })
    assert.equal((await shop.command('TestWebhook', { webhook_id })).code, 'webhook_disabled')
    assert.equal((await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': 1 } })).code, 'webhook_disabled')
  })
})

describe('a replay', () => {
  it('sends everything again from there on, under the same ids, and then what is new', async () => {
    const shop = await openWithWebhooks()
    const webhook_id = await shop.subscribe({ events: ORDER_EVENTS })
    const user = await shop.createUser('100000')
    for (let count = 0; count < 3; count++) await shop.order(user)
    await shop.settle()
    const first = shop.received.map(({ id }) => id)
    const from = Number(first[1]?.split('-')[3])
    await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': from } })
    await shop.settle()
    assert.deepEqual(
      shop.received.map(({ id }) => id),
      [...first, ...first.slice(1)],
    )
    await shop.order(user)
    await shop.settle()
    assert.deepEqual(shop.typesFor().slice(-2), ['OrderCreated', 'OrderConfirmed'])
    assert.deepEqual((await shop.webhook(webhook_id)).catching_up, {})
  })

  it('gives a new webhook what happened before it was made', async () => {
    const shop = await openWithWebhooks()
    const user = await shop.createUser('1000')
    await shop.order(user)
    await shop.settle()
    const webhook_id = await shop.subscribe({ events: ORDER_EVENTS })
    await shop.settle()
    await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': 1 } })
    await shop.settle()
    assert.deepEqual(
      [...new Set(shop.received.map(({ id, type }) => `${id} ${type}`))].map(line => line.split(' ')[1]),
      ['UserCreated', 'OrderCreated', 'OrderConfirmed'],
    )
  })

  it('goes on where it was when its actor dies in the middle', async () => {
    const shop = await openWithWebhooks()
    const user = await shop.createUser('9999999')
    for (let count = 0; count < 300; count++) await shop.order(user, 1)
    await shop.settle()
    const webhook_id = await shop.subscribe({ events: ['OrderCreated'] })
    shop.answer(() => (shop.received.length <= 100 ? 200 : new Promise(() => {})))
    await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': 1 } })
    await shop.clock.advance(SECOND_MS)
    await shop.stop('webhook')
    assert.ok(shop.received.length > 100 && shop.received.length < 300, `${shop.received.length}`)
    shop.answer(() => 200)
    await shop.start('webhook')
    await shop.clock.advance(60 * SECOND_MS)
    assert.equal(new Set(shop.received.map(({ id }) => id)).size, 300)
  })

  it('takes only logs that there are, and entries that they have', async () => {
    const shop = await openWithWebhooks()
    const webhook_id = await shop.subscribe()
    const replay = async (from: object) => (await shop.command('ReplayWebhook', { webhook_id, from })).code
    assert.equal(await replay({}), 'invalid_field')
    assert.equal(await replay({ 'shop/0': 1 }), 'invalid_field')
    assert.equal(await replay({ 'webhook/0': 1 }), 'invalid_field')
    assert.equal(await replay({ 'order/0': 1_000_000 }), 'invalid_field')
    assert.equal(await replay({ 'order/0': 0 }), 'invalid_field')
  })
})

describe('a test of a webhook', () => {
  it('sends an event that means nothing, once, past whatever waits', async () => {
    const shop = await openWithWebhooks(() => 500)
    const webhook_id = await shop.subscribe()
    await shop.createUser('1000')
    const before = shop.received.length
    const { body } = await shop.command('TestWebhook', { webhook_id })
    assert.deepEqual([body.type, body.status, body.user_id], ['WebhookTested', 'Waiting', null])
    await shop.settle()
    const [test] = shop.received.slice(before).filter(({ type }) => type === 'WebhookTested')
    assert.equal(test?.id, body.delivery_id)
    const [failed] = await shop.deliveries(webhook_id, { status: 'Failed' })
    assert.deepEqual([failed?.delivery_id, failed?.attempts], [body.delivery_id, 1])
  })
})

describe('what is wished of a webhook', () => {
  const no: [string, object, string][] = [
    ['CreateWebhook', { url: 'http://receiver.example.com/' }, 'invalid_field'],
    ['CreateWebhook', { url: 'https://10.0.0.1/' }, 'invalid_field'],
    ['CreateWebhook', { url: 'https://[fd00::1]/' }, 'invalid_field'],
    ['CreateWebhook', { url: 'https://user:password@example.com/' }, 'invalid_field'],
    ['CreateWebhook', { url: 'ftp://example.com/' }, 'invalid_field'],
    ['CreateWebhook', { url: `https://example.com/${'a'.repeat(2000)}` }, 'invalid_field'],
    ['CreateWebhook', {}, 'missing_field'],
    ['CreateWebhook', { url: 'https://example.com/', secret: 'whsec_mine' }, 'unknown_field'],
    ['CreateWebhook', { url: 'https://example.com/', events: ['OrderEaten'] }, 'invalid_field'],
    ['CreateWebhook', { url: 'https://example.com/', events: ['WebhookTested'] }, 'invalid_field'],
    ['CreateWebhook', { url: 'https://example.com/', events: [] }, 'invalid_field'],
    ['ChangeWebhook', { webhook_id: 'wh_0', status: 'Disabled' }, 'webhook_not_found'],
    ['RotateSecret', { webhook_id: 'wh_0' }, 'webhook_not_found'],
    ['DeleteWebhook', { webhook_id: 'wh_0' }, 'webhook_not_found'],
    ['ReplayWebhook', { webhook_id: 'wh_0', from: { 'order/0': 1 } }, 'webhook_not_found'],
    ['TestWebhook', { webhook_id: 'wh_0' }, 'webhook_not_found'],
    ['RetryDelivery', { webhook_id: 'wh_0', delivery_id: 'wh_0-order-0-1' }, 'webhook_not_found'],
  ]
  it('is refused where it makes no sense', async () => {
    const shop = await openWithWebhooks()
    for (const [name, body, code] of no)
      assert.equal((await shop.command(name, body)).code, code, `${name} ${JSON.stringify(body).slice(0, 80)}`)
  })

  it('is refused for a version that is over', async () => {
    const shop = await openWithWebhooks()
    const webhook_id = await shop.subscribe()
    const { version } = await shop.webhook(webhook_id)
    const changed = await shop.command('ChangeWebhook', { webhook_id, description: 'mine', if_version: version })
    assert.equal(changed.body.description, 'mine')
    for (const name of ['ChangeWebhook', 'RotateSecret', 'DeleteWebhook'])
      assert.equal((await shop.command(name, { webhook_id, if_version: version })).code, 'version_mismatch', name)
  })

  it('is refused for a delivery that is none, or on its way', async () => {
    const shop = await openWithWebhooks(() => 500)
    const webhook_id = await shop.subscribe()
    const other = await shop.subscribe()
    await shop.createUser('1000')
    const [waiting] = await shop.deliveries(webhook_id)
    const retry = async (webhook_id: string, delivery_id: unknown) =>
      (await shop.command('RetryDelivery', { webhook_id, delivery_id })).code
    assert.equal(await retry(webhook_id, waiting?.delivery_id), 'delivery_not_retryable')
    assert.equal(await retry(other, waiting?.delivery_id), 'delivery_not_found')
    assert.equal(await retry(webhook_id, 'nonsense'), 'delivery_not_found')
  })

  it('has an end at a hundred', async () => {
    const shop = await openWithWebhooks()
    for (let count = 0; count < 100; count++) await shop.subscribe({ events: ['OrderRefunded'] })
    const { code } = await shop.command('CreateWebhook', { url: 'https://example.com/' })
    assert.equal(code, 'webhook_limit')
    const { body } = await shop.query('ListWebhooks', { limit: '30' })
    assert.equal((body.items as unknown[]).length, 30)
    assert.notEqual(body.next_cursor, null)
  })
})

describe('the webhook actor', () => {
  it('has tables that follow from its log, whatever happened', async () => {
    const shop = await openWithWebhooks(refusingFirst)
    const webhook_id = await shop.subscribe()
    const other = await shop.subscribe({ events: ORDER_EVENTS, url: 'https://other.example.com/' })
    const users = [await shop.createUser('1000'), await shop.createUser('1000')]
    for (const user of users) await shop.order(user)
    await shop.clock.advance(HOUR_MS)
    await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': 2, 'billing/0': 1 } })
    await shop.command('TestWebhook', { webhook_id })
    await shop.command('RotateSecret', { webhook_id })
    shop.answer(() => 410)
    await shop.order(users[1] as string)
    await shop.settle()
    await shop.command('ChangeWebhook', { webhook_id, status: 'Enabled', url: 'https://b.example.com/' })
    await shop.command('DeleteWebhook', { webhook_id: other })
    shop.answer(() => 200)
    await shop.settle()
    const address = { actor: 'webhook', cell: 0 }
    assert.deepEqual(verifyStore(DEFINITIONS.webhook, address, shop.disks.webhook.store, TEST_SETTINGS).faults, [])
  })

  it('reads nothing while nobody wishes for events', async () => {
    const shop = await openWithWebhooks()
    const user = await shop.createUser('1000')
    await shop.order(user)
    await shop.clock.advance(10 * SECOND_MS)
    assert.deepEqual(typesIn(shop.disks.webhook), ['Started'])
    const { cursors } = (await shop.query('Health', {}, 'webhook')).body as { cursors: Record<string, number> }
    assert.equal(cursors['order/0'], shop.eventsOf('order').length)
  })

  it('is open to a first webhook only when it has passed over what happened while it was away', async () => {
    const shop = await openWithWebhooks()
    const user = await shop.createUser('1000')
    await shop.stop('webhook')
    await shop.order(user)
    await shop.settle()
    await shop.stop('order')
    // As after an upgrade: all start at once, and none answers the others yet.
    await Promise.all([shop.start('webhook'), shop.start('order')])
    await shop.subscribe({ events: ORDER_EVENTS })
    await shop.settle()
    assert.deepEqual(shop.received, [])
  })

  it('opens all the same when a source stays away', async () => {
    const shop = await openWithWebhooks()
    await shop.stop('webhook')
    await shop.stop('billing')
    await shop.start('webhook')
    assert.match(await shop.subscribe(), /^wh_/)
  })

  it('loses nothing when it is away', async () => {
    const shop = await openWithWebhooks()
    await shop.subscribe({ events: ORDER_EVENTS })
    const user = await shop.createUser('1000')
    await shop.stop('webhook')
    await shop.order(user)
    await shop.settle()
    await shop.start('webhook')
    await shop.settle()
    assert.deepEqual(shop.typesFor(user), ['UserCreated', 'OrderCreated', 'OrderConfirmed'])
  })
})
