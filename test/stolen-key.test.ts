/** What the key of one part opens: that of the notification actor no subject that charges or tells a balance (what remains: docs/decisions/0042). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { keyFileOf } from '../src/bus/broker-keys.ts'
import { followConfig } from '../src/bus/streams.ts'
import { type Trial, tryAs } from '../src/bus/test-permissions.ts'
import { expecting, get, post } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { connectAsOperator } from './nats-look.ts'

type Row = Record<string, unknown>
type Answer = { config?: object; code?: string; entries?: object[]; error?: { description: string } }

const ASK_MS = 30_000

describe('a stolen key of the notification actor', () => {
  let kassa: KassaUnderTest
  let thief: Trial
  let user: number
  let order: string

  before(async () => {
    // Streams that are cut have their actors read their own logs.
    kassa = await startKassa({ env: { KASSA_STREAM_DAYS: '1' } })
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
    user = (await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create/', person))).user_id
    await expecting(202, post(kassa.url, '/money/put/', { user_id: user, amount: '1000' }))
    const taken = post(kassa.url, '/orders/create/', { user_id: user, product_id: '12345', quantity: 5 })
    order = (await expecting<{ order_id: string }>(201, taken)).order_id
    thief = await tryAs(kassa.natsUrl, 'notification-0', keyFileOf(kassa.dataDir, 'notification-0'))
  })
  after(async () => {
    await thief?.connection.close()
    await kassa?.stop()
  })

  const api = async (subject: string, body: object = {}) =>
    (await thief.connection.request(subject, JSON.stringify(body), { timeout: ASK_MS })).json<Answer>()

  const money = async () => [
    (await expecting<Row>(200, get(kassa.url, `/v1/money/balance?user_id=${user}`))).balance,
    (await expecting<Row[]>(200, get(kassa.url, `/money/history?user_id=${user}`))).length,
  ]

  it('moves no money', async () => {
    const before = await money()
    const attempts: [string, object][] = [
      ['billing.0.command.PutMoney', { user_id: user, amount: '1000' }],
      ['billing.0.command.Withdraw', { order_id: order, amount: '500' }],
      ['billing.0.queue.Withdraw', { order_id: order, amount: '500' }],
      ['order.0.command.CreateOrder', { user_id: user, product_id: '12345', quantity: 5 }],
      ['order.0.queue.PlaceOrder', { order_id: 'stolen', user_id: user }],
      [`order.0.event.OrderCreated.${user}`, {}],
      [`billing.0.event.MoneyPut.${user}`, {}],
    ]
    for (const [subject, body] of attempts)
      assert.equal(await thief.mayPublish(subject, JSON.stringify(body)), false, subject)
    assert.deepEqual(await money(), before)
    assert.deepEqual(before, [500, 2])
  })

  it('reads no balance, neither by asking nor from the log nor from what others are told', async () => {
    const questions = [
      'billing.0.query.GetBalance',
      'billing.0.query.GetHistory',
      'billing.0.query.ReadLog',
      'billing.0.query.CopyStore',
      '$JS.API.STREAM.MSG.GET.BILLING_0',
      '$JS.API.DIRECT.GET.BILLING_0',
      '$JS.API.CONSUMER.CREATE.BILLING_0',
      '$JS.API.CONSUMER.CREATE.BILLING_0.thief',
      '$JS.API.CONSUMER.DURABLE.CREATE.BILLING_0.thief',
      '$JS.API.STREAM.CREATE.THIEF',
      '$JS.API.STREAM.UPDATE.BILLING_0',
      // Nor as another one of the keeper, who would ask for it.
      'keeper.billing-0.CONSUMER.CREATE.BILLING_0.billing-0-thief',
      'keeper.order-0.CONSUMER.CREATE.BILLING_0.order-0-thief',
      'keeper.notification-0.CONSUMER.CREATE.BILLING_0.notification-0-thief',
    ]
    for (const subject of questions) assert.equal(await thief.mayPublish(subject), false, subject)
    for (const subject of ['billing.0.event.>', '*.*.event.>', '_INBOX_gateway.>', '_INBOX.>', '$JS.>', '>'])
      assert.equal(await thief.maySubscribe(subject), false, subject)
  })

  it('has no copies of a log that is not its own from somebody who reads both', async () => {
    const copies = (source: string) => api('webhook.0.query.ReadCopies', { source, from: 1, limit: 10 })
    for (const source of ['billing/0', 'order/0']) assert.equal((await copies(source)).code, 'forbidden', source)
    assert.ok(Array.isArray((await copies('notification/0')).entries))
  })

  it('makes no stream or consumer by which the broker would read or publish for it', async () => {
    const own = ['STREAM.CREATE', 'STREAM.UPDATE'].map(what => `$JS.API.${what}.NOTIFICATION_0`)
    const consumers = ['CREATE', 'DURABLE.CREATE'].flatMap(what =>
      ['NOTIFICATION_0', 'ORDER_0'].map(stream => `$JS.API.CONSUMER.${what}.${stream}.thief`),
    )
    for (const subject of [...own, ...consumers]) assert.equal(await thief.mayPublish(subject), false, subject)

    const before = await money()
    const { config } = await api('$JS.API.STREAM.INFO.NOTIFICATION_0')
    const consumer = (changes: object) => {
      const wanted = { name: 'notification-0-thief', reader: 'notification/0', from: 1, heartbeatMs: 500 }
      const usual = followConfig({ ...wanted, inbox: '_INBOX_notification-0.thief' })
      return { stream_name: 'ORDER_0', config: { ...usual, ...changes }, action: 'create' }
    }
    const wishes: [string, object][] = [
      ['STREAM.UPDATE.NOTIFICATION_0', { ...config, sources: [{ name: 'BILLING_0' }] }],
      ['STREAM.UPDATE.NOTIFICATION_0', { ...config, republish: { src: '>', dest: 'billing.0.command.PutMoney' } }],
      ['STREAM.UPDATE.NOTIFICATION_0', { ...config, subjects: ['notification.0.event.>', 'billing.0.command.*'] }],
      ['CONSUMER.CREATE.ORDER_0.notification-0-thief', consumer({ deliver_subject: 'billing.0.command.PutMoney' })],
      ['CONSUMER.CREATE.ORDER_0.notification-0-thief', consumer({ deliver_subject: 'billing.0.queue.PutMoney' })],
      ['CONSUMER.DELETE.ORDER_0.billing-0-1-ab', {}],
    ]
    for (const [what, body] of wishes) {
      const { error } = await api(`keeper.notification-0.${what}`, body)
      assert.match(error?.description ?? 'it was done', /the keeper refuses it/, what)
    }
    const usual = await api('keeper.notification-0.CONSUMER.CREATE.ORDER_0.notification-0-thief', consumer({}))
    assert.equal(usual.error, undefined, 'what the part itself needs is done')
    assert.deepEqual(await money(), before)
  })

  it('has no other part answer where it may not publish', async () => {
    const operator = await connectAsOperator(kassa)
    const heard: string[] = []
    operator.subscribe('billing.0.command.>', { callback: (_, { subject }) => void heard.push(subject) })
    await operator.flush()

    const question = JSON.stringify({ user_id: user })
    thief.connection.publish('order.0.query.GetUser', question, { reply: 'billing.0.command.PutMoney' })
    // The same again, where it may be answered: the first was handled before it.
    const said = await thief.connection.request('order.0.query.GetUser', question, { timeout: ASK_MS })
    assert.equal(said.json<Row>().first_name, 'Ivan')
    await operator.flush()
    assert.deepEqual(heard, [])
    await operator.close()
  })

  it('is let in nowhere by a question that it asks itself, with a subject of others for the answer', async () => {
    const before = await money()
    const operator = await connectAsOperator(kassa)
    const heard: string[] = []
    operator.subscribe('billing.0.command.>', { callback: (_, { subject }) => void heard.push(subject) })
    await operator.flush()

    const { connection } = thief
    const own = connection.subscribe('notification.0.query.*', { callback: () => {} })
    for (const name of ['Health', 'ReadLog', 'Cursor']) {
      connection.publish(`notification.0.query.${name}`, '{}', { reply: 'billing.0.command.PutMoney' })
      await connection.flush()
      connection.publish('billing.0.command.PutMoney', JSON.stringify({ user_id: user, amount: '1000' }))
      await connection.flush()
    }
    own.unsubscribe()
    await operator.flush()
    await operator.close()
    assert.deepEqual(heard, [])
    assert.deepEqual(await money(), before)
  })

  it('is needed at all: without a key nobody gets in', async () => {
    await assert.rejects(connect({ servers: kassa.natsUrl, reconnect: false }), /authorization/i)
  })

  it('stands in no output and no log, and the parts themselves were refused nothing', () => {
    const seeds = ['order-0', 'gateway', 'operator', 'notification-0'].map(name =>
      readFileSync(keyFileOf(kassa.dataDir, name), 'utf8').trim(),
    )
    const said = [...kassa.lines, readFileSync(join(kassa.dataDir, 'nats', 'nats-server.log'), 'utf8')]
    const config = readFileSync(join(kassa.dataDir, 'nats', 'nats-server.conf'), 'utf8')
    for (const seed of seeds) assert.ok(![...said, config].some(text => text.includes(seed)))
    assert.deepEqual(
      kassa.lines.filter(line => line.includes('the broker refused something')),
      [],
    )
  })
})
