/** Who may what at the broker: every user against every subject that matters, on a real nats-server. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { keyFileOf, publicKeyOf, readNkey } from '../bus/broker-keys.ts'
import { natsServerCache } from '../bus/server/cache.ts'
import { findNatsServer } from '../bus/server/find.ts'
import { type RunningServer, runNatsServer } from '../bus/server/run.ts'
import { type Trial, tryAs } from '../bus/test-permissions.ts'
import { exitCodes } from '../exit.ts'
import { anyFreePort } from '../processes/ports.ts'
import { brokerUsers, PERMISSIONS } from './broker-users.ts'

const USERS = ['order-0', 'billing-0', 'notification-0', 'webhook-0', 'gateway', 'keeper', 'operator', 'reader']
const ACTORS = USERS.slice(0, 4)

/** Said by hand, apart from what the lists are made of: who may publish there, or listen; the operator always may. */
const PUBLISH: Record<string, string[]> = {
  // Commands and queries: the gateway asks, and who must.
  'order.0.command.CreateOrder': ['gateway'],
  'billing.0.command.PutMoney': ['gateway'],
  'notification.0.command.SendLetter': ['gateway'],
  'order.0.command.RedriveDeadLetter': ['gateway'],
  'order.0.command.Adopt': [],
  'order.0.command.NoSuchThing': [],
  'order.1.command.CreateOrder': [],
  'billing.0.query.GetBalance': ['gateway', 'reader'],
  'billing.0.query.GetHistory': ['gateway', 'reader'],
  'order.0.query.GetUser': ['gateway', 'reader', 'notification-0'],
  'billing.0.query.FindReply': ['gateway'],
  'billing.0.query.CopyStore': [],
  'order.0.query.CheckKeys': [],
  'order.0.query.LookOut': [],
  // Between actors: readers ask sources for their log, sources ask readers how far they have come.
  'order.0.query.ReadLog': ['billing-0', 'notification-0', 'webhook-0'],
  'billing.0.query.ReadLog': ['order-0', 'webhook-0'],
  'notification.0.query.ReadLog': ['webhook-0'],
  'webhook.0.query.ReadLog': [],
  'notification.0.query.Cursor': ['order-0'],
  'webhook.0.query.Cursor': ['order-0', 'billing-0', 'notification-0'],
  'order.0.query.Health': ['gateway', 'reader'],
  'billing.0.query.Health': ['gateway', 'reader'],
  // The queue.
  'billing.0.queue.Withdraw': ['gateway'],
  'order.0.queue.RegisterUser': ['gateway'],
  '$JS.API.STREAM.MSG.GET.COMMANDS': [...ACTORS, 'gateway'],
  '$JS.API.STREAM.CREATE.COMMANDS': ['keeper'],
  '$JS.API.STREAM.DELETE.COMMANDS': [],
  '$JS.API.STREAM.PURGE.COMMANDS': [],
  '$JS.API.CONSUMER.MSG.NEXT.COMMANDS.billing-0': ['billing-0'],
  '$JS.API.CONSUMER.DURABLE.CREATE.COMMANDS.billing-0': ['keeper'],
  '$JS.API.CONSUMER.CREATE.COMMANDS.x': ['keeper'],
  '$JS.ACK.COMMANDS.order-0.1.1.1.1.0': ['order-0'],
  '$JS.ACK._.hash.COMMANDS.order-0.1.1.1.1.0.x': ['order-0'],
  // Where it is known who reads, the broker need not remember what may be answered; the consumers of others are theirs.
  '$JS.ACK.ORDER_0.billing-0.1.1.1.1.0': ['billing-0'],
  '$JS.ACK._.hash.ORDER_0.billing-0.1.1.1.1.0.x': ['billing-0'],
  '$JS.ACK.ORDER_0.new_users.1.1.1.1.0': [],
  '$JS.ACK.NOTIFICATION_0.billing-0.1.1.1.1.0': [],
  // The subject of another's consumer, with an own one in the place of its numbers: by it its messages could be had.
  '$JS.ACK.COMMANDS.order-0.COMMANDS.billing-0.1.1.0': ['order-0'],
  '$JS.ACK.COMMANDS.order-0.ORDER_0.billing-0.1.1.0': ['order-0'],
  '$JS.ACK.ORDER_0.new_users.ORDER_0.billing-0.1.1.0': [],
  // Logs: one writer, the readers of its definition, and the gateway, which shows people what happens.
  'order.0.event.OrderConfirmed.1': ['order-0'],
  'billing.0.event.MoneyPut.1': ['billing-0'],
  'notification.0.event.LetterSent.1': ['notification-0'],
  'billing.1.event.MoneyPut.1': [],
  '$JS.API.STREAM.CREATE.BILLING_0': ['keeper'],
  '$JS.API.STREAM.DELETE.BILLING_0': ['billing-0'],
  '$JS.API.STREAM.UPDATE.BILLING_0': ['keeper'],
  '$JS.API.STREAM.PURGE.BILLING_0': ['billing-0'],
  '$JS.API.STREAM.MSG.DELETE.BILLING_0': [],
  '$JS.API.STREAM.CREATE.OTHER': [],
  '$JS.API.STREAM.INFO.BILLING_0': ['billing-0', 'order-0', 'webhook-0', 'gateway', 'reader', 'keeper'],
  '$JS.API.STREAM.MSG.GET.BILLING_0': ['billing-0', 'order-0', 'webhook-0', 'gateway', 'reader'],
  '$JS.API.STREAM.MSG.GET.ORDER_0': [...ACTORS, 'gateway', 'reader'],
  '$JS.API.CONSUMER.CREATE.ORDER_0.x': ['keeper'],
  '$JS.API.CONSUMER.CREATE.BILLING_0.x': ['keeper'],
  '$JS.API.CONSUMER.CREATE.BILLING_0': [],
  '$JS.API.CONSUMER.DURABLE.CREATE.ORDER_0.new_users': ['keeper'],
  '$JS.API.CONSUMER.DURABLE.CREATE.BILLING_0.x': ['keeper'],
  '$JS.FC.BILLING_0.x.y': ['billing-0', 'order-0', 'webhook-0', 'gateway'],
  '$JS.API.CONSUMER.DELETE.ORDER_0.x': ['keeper'],
  // What the keeper asks for others, by the name of who asks.
  'keeper.order-0.STREAM.CREATE.ORDER_0': ['order-0'],
  'keeper.order-0.STREAM.UPDATE.ORDER_0': ['order-0'],
  'keeper.order-0.STREAM.CREATE.BILLING_0': [],
  'keeper.billing-0.STREAM.CREATE.ORDER_0': [],
  'keeper.billing-0.STREAM.CREATE.COMMANDS': ['billing-0'],
  'keeper.gateway.STREAM.CREATE.COMMANDS': ['gateway'],
  'keeper.order-0.STREAM.CREATE.OTHER': [],
  'keeper.order-0.CONSUMER.CREATE.BILLING_0.x': ['order-0'],
  'keeper.gateway.CONSUMER.CREATE.BILLING_0.x': ['gateway'],
  'keeper.notification-0.CONSUMER.CREATE.ORDER_0.x': ['notification-0'],
  'keeper.notification-0.CONSUMER.CREATE.BILLING_0.x': [],
  'keeper.order-0.CONSUMER.DURABLE.CREATE.ORDER_0.new_users': ['order-0'],
  'keeper.billing-0.CONSUMER.DURABLE.CREATE.BILLING_0.x': [],
  'keeper.billing-0.CONSUMER.DURABLE.CREATE.COMMANDS.billing-0': ['billing-0'],
  'keeper.billing-0.CONSUMER.DURABLE.CREATE.COMMANDS.order-0': [],
  // Looking around.
  '$JS.API.INFO': [...ACTORS, 'gateway', 'keeper', 'reader'],
  '$JS.API.STREAM.LIST': ['reader'],
  '$JS.API.CONSUMER.LIST.ORDER_0': ['order-0', 'reader'],
  '$SRV.PING': ['reader'],
  // Answers go to whoever asked, and to no inbox beside.
  '_INBOX_gateway.x': [],
  '_INBOX_order-0.x': [],
  '_INBOX.x': [],
}

const own = (user: string): [string, string[]] => [`_INBOX_${user}.>`, [user]]
const SUBSCRIBE: Record<string, string[]> = {
  ...Object.fromEntries(USERS.filter(user => user !== 'operator').map(own)),
  '_INBOX_operator.>': ['operator'],
  '_INBOX.>': ['operator'],
  'order.0.command.*': ['order-0', 'operator'],
  'order.0.query.*': ['order-0', 'operator'],
  'billing.0.command.*': ['billing-0', 'operator'],
  'billing.0.command.PutMoney': ['billing-0', 'operator'],
  '*.0.command.*': ['operator'],
  'billing.0.queue.*': ['operator'],
  'billing.0.event.>': ['gateway', 'reader', 'operator'],
  'order.*.event.OrderConfirmed.>': ['gateway', 'reader', 'operator'],
  '*.*.event.>': ['reader', 'operator'],
  '*.*.event.*.93493453': ['reader', 'operator'],
  '$SRV.PING': [...ACTORS, 'operator'],
  '$JS.API.>': ['operator'],
  'keeper.>': ['keeper', 'operator'],
  '>': ['operator'],
}

/** Whether there is a subject that both patterns mean. */
const overlap = (one: string, other: string): boolean => {
  const [left, right] = [one.split('.'), other.split('.')]
  for (let at = 0; ; at++) {
    const [a, b] = [left[at], right[at]]
    if (a === undefined || b === undefined) return a === b
    if (a === '>' || b === '>') return true
    if (a !== '*' && b !== '*' && a !== b) return false
  }
}

describe('the users of the broker', () => {
  let dataDir: string
  let server: RunningServer
  const trials = new Map<string, Trial>()

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'kassa-users-'))
    const { NATS_SERVER_BIN, PATH = '' } = process.env
    const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
    const program = (await findNatsServer(search)).file
    const users = brokerUsers(user => publicKeyOf(dataDir, user))
    server = await runNatsServer({ program, dataDir, port: await anyFreePort('127.0.0.1'), users })
    for (const user of USERS) trials.set(user, await tryAs(server.url, user, keyFileOf(dataDir, user)))
  })
  after(async () => {
    for (const { connection } of trials.values()) await connection.close()
    await server?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('have more in a demo only where one asks for things to be broken, or does it', () => {
    const granted = (demo: boolean) =>
      Object.fromEntries(brokerUsers(user => user, { demo }).map(({ name, permissions }) => [name, permissions]))
    const [demo, usual] = [granted(true), granted(false)]
    const more = Object.keys(usual).map(user =>
      (['publish', 'subscribe'] as const).map(way =>
        demo[user]?.[way].allow
          .filter(subject => !usual[user]?.[way].allow.includes(subject))
          .map(to => [user, way, to]),
      ),
    )
    assert.deepEqual(more.flat(2), [
      ['notification-0', 'subscribe', 'notification.0.demo.SlowMail'],
      ['gateway', 'publish', 'supervisor.0.demo.KillActor'],
      ['gateway', 'publish', 'supervisor.0.demo.DeleteStream'],
      ['gateway', 'publish', 'notification.0.demo.SlowMail'],
    ])
    assert.deepEqual(Object.keys(demo), Object.keys(usual))
  })

  it('are the actors, the gateway, the keeper of streams, and two for people', () => {
    assert.deepEqual(Object.keys(PERMISSIONS).sort(), [...USERS].sort())
  })

  it('may what they need and nothing more', async () => {
    const wrong: string[] = []
    const counts = { allowed: 0, denied: 0 }
    const count = (what: string, should: boolean, does: boolean): void => {
      if (should !== does) wrong.push(`${what} is ${does ? 'allowed' : 'denied'}`)
      else counts[does ? 'allowed' : 'denied']++
    }
    for (const [user, { mayPublish, maySubscribe }] of trials) {
      for (const [subject, who] of Object.entries(SUBSCRIBE))
        count(`${user} listening to ${subject}`, who.includes(user), await maySubscribe(subject))
      for (const [subject, who] of Object.entries(PUBLISH))
        count(`${user} publishing to ${subject}`, [...who, 'operator'].includes(user), await mayPublish(subject))
    }
    console.log(`permissions: ${counts.allowed} allowed, ${counts.denied} denied, ${wrong.length} wrong`)
    assert.deepEqual(wrong, [])
  })

  it('answer whoever asks them, once, though they may not publish there', async () => {
    const [asker, answerer] = [trials.get('gateway')!.connection, trials.get('billing-0')!]
    const asked = Promise.withResolvers<string>()
    const subscription = answerer.connection.subscribe('billing.0.query.*', {
      callback: (_, message) => {
        message.respond('100')
        asked.resolve(message.reply!)
      },
    })
    await answerer.connection.flush()
    assert.equal((await asker.request('billing.0.query.GetBalance', '{}', { timeout: 10_000 })).string(), '100')
    assert.equal(await answerer.mayPublish(await asked.promise), false, 'a second answer is refused')
    subscription.unsubscribe()
  })

  it('have nobody who may answer hear a question of their own, for they choose where it may be answered', async () => {
    const wrong: string[] = []
    for (const { name, permissions } of brokerUsers(user => user, { demo: true }))
      for (const to of permissions.publish.allow)
        for (const from of permissions.subscribe.allow)
          if (permissions.answers && overlap(to, from)) wrong.push(`${name}: ${to} and ${from}`)
    assert.deepEqual(wrong, [])

    // Not one that was refused above: each refusal is remembered.
    const nobodys = 'order.1.command.CancelOrder'
    for (const user of ACTORS) {
      const { connection, mayPublish } = trials.get(user)!
      const own = `${user.replace('-', '.')}.query`
      const subscription = connection.subscribe(`${own}.*`, { callback: () => {} })
      for (const name of ['Health', 'ReadLog', 'Cursor']) connection.publish(`${own}.${name}`, '{}', { reply: nobodys })
      await connection.flush()
      assert.equal(await mayPublish(nobodys), false, user)
      subscription.unsubscribe()
    }
  })

  it('hear nothing of what goes to the inboxes of others, the operator neither', async () => {
    const { connection } = trials.get('operator')!
    const heard: string[] = []
    const subscription = connection.subscribe('>', { callback: (_, { subject }) => void heard.push(subject) })
    for (const subject of ['_INBOX_gateway.x', '_INBOX_order-0.x', 'order.0.event.OrderConfirmed.1'])
      connection.publish(subject, '')
    await connection.flush()
    subscription.unsubscribe()
    assert.deepEqual(
      heard.filter(subject => !subject.startsWith('$')),
      ['order.0.event.OrderConfirmed.1'],
    )
  })

  it('are the only ones: nobody gets in without a key, or with one that is not known', async () => {
    await assert.rejects(connect({ servers: server.url, reconnect: false }), /authorization/i)
    const elsewhere = mkdtempSync(join(tmpdir(), 'kassa-users-'))
    publicKeyOf(elsewhere, 'operator')
    await assert.rejects(tryAs(server.url, 'operator', keyFileOf(elsewhere, 'operator')), /authorization/i)
    rmSync(elsewhere, { recursive: true })
  })

  it('have keys that only their owner can read, the same at every start', {
    skip: process.platform === 'win32',
  }, () => {
    const mode = (file: string) => (statSync(file).mode & 0o777).toString(8)
    for (const user of USERS) assert.equal(mode(keyFileOf(dataDir, user)), '600')
    assert.equal(mode(join(dataDir, 'nats-keys')), '700')
    assert.equal(publicKeyOf(dataDir, 'reader'), publicKeyOf(dataDir, 'reader'))
  })

  it('are told of a key file that holds no key, without what is in it', () => {
    const file = join(dataDir, 'broken.nk')
    writeFileSync(file, 'SUsecret')
    assert.throws(() => readNkey(file), {
      exitCode: exitCodes.configuration,
      message: `Cannot use the key ${file}: it holds no nkey seed; move it away, and the next start makes another`,
    })
    assert.throws(() => readNkey(join(dataDir, 'none.nk')), { exitCode: exitCodes.configuration, message: /ENOENT/ })
  })
})
