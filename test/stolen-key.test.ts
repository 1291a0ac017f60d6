/** What the key of one part opens: that of the notification actor no subject that charges or tells a balance (what remains: docs/decisions/0028). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { keyFileOf } from '../src/bus/broker-keys.ts'
import { type Trial, tryAs } from '../src/bus/test-permissions.ts'
import { expecting, get, post } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

type Row = Record<string, unknown>

describe('a stolen key of the notification actor', () => {
  let kassa: KassaUnderTest
  let thief: Trial
  let user: number
  let order: string

  before(async () => {
    kassa = await startKassa()
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
    ]
    for (const subject of questions) assert.equal(await thief.mayPublish(subject), false, subject)
    for (const subject of ['billing.0.event.>', '*.*.event.>', '_INBOX_gateway.>', '_INBOX.>', '$JS.>', '>'])
      assert.equal(await thief.maySubscribe(subject), false, subject)
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
