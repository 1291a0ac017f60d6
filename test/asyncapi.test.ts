/** The AsyncAPI document, held against what travels: every message fits its channel, and every channel has its messages. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { TEST_SETTINGS } from '../src/actors/kernel/test-core.ts'
import { copyOf } from '../src/actors/kernel/test-world.ts'
import type { Delivery, Mailer } from '../src/actors/notification/mailer.ts'
import { ACTOR_NAMES, CONTRACTS } from '../src/actors/registry.ts'
import { commandOf } from '../src/bus/contract.ts'
import { queueSubject } from '../src/bus/subjects.ts'
import { asyncapiDocument } from '../src/gateway/asyncapi.ts'
import { EXAMPLES } from '../src/gateway/examples.ts'
import { createEar, type HeardShop } from './bus-ear.ts'
import { runOurTool } from './client-tools.ts'
import { newDataDir } from './kassa-command.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const url = 'https://receiver.example.com/'
const tea = { message: 'Чай остыл.', notification_type: 'tea', timestamp: '2023-09-07T14:30:00Z' }

describe('the AsyncAPI document', () => {
  const { travelled, open } = createEar()
  let checked: { said: object[]; faults: object[]; heard: Record<string, number> }

  before(async () => {
    for (const live of [liveOfAWeek, liveOfOrders, liveOfLetters, liveOfWebhooks, liveOfALoss, livesOfCommands])
      await live(open)

    const directory = newDataDir()
    writeFileSync(join(directory, 'asyncapi.json'), JSON.stringify(asyncapiDocument()))
    writeFileSync(join(directory, 'messages.json'), JSON.stringify(travelled))
    const { code, stdout, stderr } = await runOurTool(
      'check-messages.ts',
      ['asyncapi.json', 'messages.json'],
      directory,
    )
    assert.equal(code, 0, stderr)
    checked = JSON.parse(stdout)
  })

  it('is valid: the official parser has nothing to say', () => {
    assert.deepEqual(checked.said, [])
  })

  it('describes every message that travelled, with its headers', () => {
    assert.ok(travelled.length > 500, `${travelled.length} messages`)
    console.log(`${travelled.length} messages on ${Object.keys(checked.heard).length} channels`)
    assert.deepEqual(checked.faults, [])
  })

  it('has no channel on which nothing travels', () => {
    const silent = Object.entries(checked.heard).filter(([, count]) => count === 0)
    assert.deepEqual(silent, [])
  })
})

type Open = ReturnType<typeof createEar>['open']

/** An order actor that comes back after more than a week, and no longer knows the ids of before. */
async function liveOfAWeek(open: Open): Promise<void> {
  const shop = await open()
  // While nobody reads, the broker has no heartbeats to send: a week passes at once.
  for (const actor of ACTOR_NAMES) await shop.stop(actor)
  await shop.clock.advance(TEST_SETTINGS.idempotencyHours * HOUR_MS + HOUR_MS)
  for (const actor of ACTOR_NAMES) await shop.start(actor)
  await shop.settle()
}

/** Users, money, orders that end in every way, and queues. */
async function liveOfOrders(open: Open): Promise<void> {
  const shop = await open()
  const user_id = await shop.createUser('1000')
  const [confirmed, rejected] = [await shop.order(user_id), await shop.order(user_id, 100)]
  await shop.settle()
  await shop.command('RefundOrder', { order_id: confirmed, amount: '200' })
  // Billing, which would have charged it, is away.
  await shop.stop('billing')
  const cancelled = await shop.order(user_id, 1)
  await shop.command('CancelOrder', { order_id: cancelled })
  await shop.start('billing')
  await shop.settle()
  assert.deepEqual(await Promise.all([confirmed, rejected, cancelled].map(async order_id => shop.statusOf(order_id))), [
    'Refunded',
    'Rejected',
    'Cancelled',
  ])

  await shop.command('ChangeUser', { user_id, locale: 'en', email: 'john@example.com' })
  await shop.command('CreateOrder', { user_id, product_id: 'nothing', quantity: 1 }, 'a refusal to be remembered')
  await shop.command('CreateOrder', { user_id }, 'a body that is none')
  await shop.command('SubscribeQueue', { queue_name: 'user_creation_queue' })
  await shop.command('SubscribeQueue', { queue_name: 'user_creation_queue' }, 'there already')
  const stream = shop.client.logStream({ actor: 'order', cell: 0 })
  await shop.finish(stream.consumer('taken', 'order.0.event.OrderCreated.*'))
  await shop.command('SubscribeQueue', { queue_name: 'taken' })
  await shop.settle()

  await askEverything(shop, { user_id, order_id: confirmed, product_id: '12345', queue_name: 'user_creation_queue' })
  await shop.command('EraseUser', { user_id })
  await shop.settle()
}

/** Letters that wait, arrive, bounce and are held back. */
async function liveOfLetters(open: Open): Promise<void> {
  const answers: Delivery[] = [
    { outcome: 'later', error: '450 to RCPT TO' },
    { outcome: 'never', error: '550 5.1.1 to RCPT TO', bounced: true },
  ]
  const mailer: Mailer = { send: async () => answers.shift() ?? { outcome: 'sent' }, close: () => {} }
  const shop = await open(undefined, { mailer })
  const user_id = await shop.createUser('1000')
  await shop.command('SendLetter', { user_id, ...tea })
  await shop.clock.advance(10 * MINUTE_MS)
  const { message_id } = (await shop.command('SendLetter', { user_id, ...tea })).body
  await shop.settle()
  await shop.command('LiftSuppression', { user_id })
  await shop.command('LiftSuppression', { user_id }, 'lifted already')
  await shop.command('ResendLetter', { message_id })
  await shop.settle()
  await askEverything(shop, { user_id, message_id, mail_id: '1' })
}

/** Webhooks whose receivers take, refuse and are gone. */
async function liveOfWebhooks(open: Open): Promise<void> {
  let answer: number = 200
  const shop = await open(() => answer)
  const { webhook_id } = (await shop.command('CreateWebhook', { url, description: 'the warehouse' })).body
  const user_id = await shop.createUser('1000')
  await shop.command('RotateSecret', { webhook_id })
  await shop.command('TestWebhook', { webhook_id })
  await shop.command('ReplayWebhook', { webhook_id, from: { 'order/0': 1 } })
  await shop.settle()

  answer = 500
  // Whoever tries it out sees it fail at once.
  await shop.command('TestWebhook', { webhook_id })
  await shop.settle()
  await shop.order(user_id)
  await shop.clock.advance(MINUTE_MS)
  await shop.command('ChangeWebhook', { webhook_id, status: 'Enabled', description: null })
  await shop.settle()
  answer = 200
  // A replayed event that arrived may be sent again; of what waits nothing need be.
  const { items } = (await shop.query('ListDeliveries', { webhook_id })).body as { items: { delivery_id: string }[] }
  for (const { delivery_id } of items) await shop.command('RetryDelivery', { webhook_id, delivery_id })
  await shop.settle()
  answer = 410
  await shop.createUser('1')
  await shop.settle()
  await askEverything(shop, { webhook_id })
  await shop.command('DeleteWebhook', { webhook_id })
}

/** An order actor that lost what others had seen, and was adopted: a new epoch, and readers that go back. */
async function liveOfALoss(open: Open): Promise<void> {
  const shop = await open()
  const user_id = await shop.createUser('1000')
  const place = async (id: string) => {
    const order_details = { product_name: 'p', quantity: 1, total_amount: '500' }
    await queue(shop, 'order', 'PlaceOrder', { order_id: 'X', user_id, order_details }, id)
  }
  await shop.stop('order')
  const early = copyOf(shop.disks.order)
  await shop.start('order')
  await place('first')
  await shop.stop('order')
  shop.broker.deleteStream('ORDER_0')
  // Else its readers would heal it.
  for (const reader of ['billing', 'notification'] as const) shop.disks[reader].store.exec('DELETE FROM copies')
  shop.disks.order = early
  await assert.rejects(shop.start('order'), /does not have it/)
  await shop.query('LookOut', {}, 'order')
  await shop.query('Adopt', {}, 'order')
  await shop.stop('order')
  await shop.start('order')
  await shop.clock.advance(20_000)
  // Who goes back starts over.
  for (const reader of ACTOR_NAMES.filter(actor => actor !== 'order')) {
    await shop.stop(reader)
    await shop.start(reader)
  }
  await place('again')
  assert.equal(await shop.statusOf('X'), 'Confirmed')
}

/** Every command by the queue: some are carried out, some wait and some become dead letters. */
async function livesOfCommands(open: Open): Promise<void> {
  const shop = await open()
  for (const actor of ACTOR_NAMES)
    for (const [name, { request }] of Object.entries(EXAMPLES))
      if (commandOf(CONTRACTS[actor], name)) await queue(shop, actor, name, request as object, `${actor} ${name}`)
  await shop.clock.advance(10 * MINUTE_MS)

  const { items } = (await shop.query('ListDeadLetters', {}, 'billing')).body as { items: { dead_letter_id: string }[] }
  const [first, second] = items.map(({ dead_letter_id }) => dead_letter_id)
  await shop.ask('billing.0.command.RedriveDeadLetter', { dead_letter_id: first })
  await shop.ask('billing.0.command.DiscardDeadLetter', { dead_letter_id: second })
  await shop.settle()
}

const queue = async (shop: HeardShop, actor: (typeof ACTOR_NAMES)[number], name: string, body: object, id: string) => {
  const bytes = Buffer.from(JSON.stringify(body))
  await shop.finish(shop.client.queue.send(queueSubject({ actor, cell: 0 }, name), bytes, { id }))
  await shop.settle()
}

/** What the queries of the kernel are asked for. */
const KERNEL_BODIES: Record<string, object> = {
  CheckKeys: { entries: [1, 2] },
  Cursor: { source: 'order/0' },
  ReadCopies: { source: 'order/0', from: 1, limit: 10 },
  ReadLog: { from: 1, limit: 10 },
  GetTimeline: { thread: 'order 54321' },
  FindReply: { command_id: '-/CreateUser/none' },
}

/** Asks every query of every actor that has no other body than these ids. */
async function askEverything(shop: HeardShop, ids: Record<string, unknown>): Promise<void> {
  for (const actor of ACTOR_NAMES)
    for (const [name, { body }] of Object.entries(CONTRACTS[actor].queries)) {
      if (name === 'Adopt' || name === 'LookOut') continue
      const known = Object.fromEntries(Object.entries(ids).filter(([field]) => field in body.shape))
      await shop.query(name, { ...known, ...KERNEL_BODIES[name] }, actor)
    }
}
