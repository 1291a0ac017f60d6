/** Erasing a person: nothing personal can be read in any actor afterwards, the books stay whole, and no backup undoes it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFINITIONS } from './definitions.ts'
import { TEST_SETTINGS } from './kernel/test-core.ts'
import { copyOf, type TestDisk } from './kernel/test-world.ts'
import { ACTOR_NAMES } from './registry.ts'
import { createTestMailer, openShop, type Shop } from './test-shop.ts'
import { verifyStore } from './verify-store.ts'

const PERSONAL = ['Wilhelmina', 'Featherstone', 'wilhelmina@example.com', 'only-for-you']
const wilhelmina = { first_name: 'Wilhelmina', last_name: 'Featherstone', email: 'wilhelmina@example.com' }

/** A shop that has written to Wilhelmina, changed her, and failed a queued command about her. */
const openWith = async (options: Parameters<typeof openShop>[0] = {}) => {
  const shop = await openShop(options)
  const user = await shop.createUser('1000', wilhelmina)
  const order = await shop.order(user)
  await shop.command('ChangeUser', { user_id: user, locale: 'en' }, 'a change')
  await shop.settle()
  const letter = {
    user_id: user,
    message: 'only-for-you',
    notification_type: 'note',
    timestamp: '2023-09-07T14:30:00Z',
  }
  const { body } = await shop.command('SendLetter', letter)
  const bad = JSON.stringify({ user_id: user, ...wilhelmina, nonsense: 'only-for-you' })
  await shop.finish(shop.client.queue.send('order.0.queue.RegisterUser', Buffer.from(bad), { id: 'bad' }))
  await shop.settle()
  return { shop, user, order, letter: String(body.message_id) }
}

const keysOf = ({ keys }: TestDisk, person: string) =>
  keys.prepare('SELECT count(*) FROM keys WHERE person = ?').pluck().get(person) as number
const commandsOf = async (shop: Shop, user_id: string) =>
  (await shop.query('GetCommandsOf', { user_id }, 'order')).body.items as { body: unknown }[]

describe('a person who was erased', () => {
  it('is known until then: the test would see them', async () => {
    const { shop, user, letter } = await openWith()
    assert.equal((await shop.query('GetUser', { user_id: user })).body.first_name, 'Wilhelmina')
    assert.equal((await shop.query('GetLetter', { message_id: letter })).body.message, 'only-for-you')
    assert.match(JSON.stringify(await commandsOf(shop, user)), /only-for-you/)
    assert.ok(keysOf(shop.disks.order, user) + keysOf(shop.disks.notification, user) === 2)
  })

  it('is in clear text in no store and no stream, before or after', async () => {
    const { shop, user } = await openWith()
    const found = () => shop.everything().flatMap(bytes => PERSONAL.filter(text => bytes.includes(text)))
    assert.deepEqual(found(), [])
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    assert.deepEqual(found(), [])
  })

  it('has no key in any actor any more, so nobody can open what was sealed', async () => {
    const { shop, user } = await openWith()
    assert.deepEqual((await shop.command('EraseUser', { user_id: user })).body, { user_id: Number(user), erased: true })
    await shop.settle()
    for (const actor of ACTOR_NAMES) assert.equal(keysOf(shop.disks[actor], user), 0, actor)
  })

  it('is found by nobody: not as a user, a reader, a payer of new money, or a wish that failed', async () => {
    const { shop, user, letter } = await openWith()
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    assert.equal((await shop.query('GetUser', { user_id: user })).code, 'user_not_found')
    assert.equal((await shop.query('ListLetters', { user_id: user })).code, 'user_not_found')
    assert.equal((await shop.query('GetLetter', { message_id: letter })).body.message, '')
    assert.deepEqual(
      (await commandsOf(shop, user)).map(({ body }) => body),
      [null],
    )
    assert.equal((await shop.command('PutMoney', { user_id: user, amount: '1' })).code, 'user_not_found')
    assert.equal((await shop.command('EraseUser', { user_id: user })).code, 'user_not_found')
    assert.equal((await shop.command('ResendLetter', { message_id: letter })).code, 'letter_not_found')
  })

  it('is not told of by a reply that is asked for again under its key', async () => {
    const { shop, user } = await openWith()
    const change = { user_id: user, locale: 'en' }
    const again = await shop.command('ChangeUser', change, 'a change')
    assert.equal(again.body.last_name, 'Featherstone')
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    assert.equal((await shop.command('ChangeUser', change, 'a change')).code, 'user_not_found')
  })

  it('leaves the books whole: orders, operations and the balance stand as they were', async () => {
    const { shop, user, order } = await openWith()
    const before = await shop.operationsOf(user)
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    assert.deepEqual(await shop.operationsOf(user), before)
    assert.equal(await shop.balanceOf(user), 500)
    assert.equal((await shop.query('GetOrder', { order_id: order })).body.status, 'Confirmed')
    await shop.command('RefundOrder', { order_id: order })
    await shop.settle()
    assert.equal(await shop.balanceOf(user), 1000)
    for (const actor of ACTOR_NAMES) {
      const { faults } = verifyStore(DEFINITIONS[actor], { actor, cell: 0 }, shop.disks[actor].store, TEST_SETTINGS)
      assert.deepEqual(faults, [], actor)
    }
  })

  it('gets no letter any more: neither one that waits nor one of an order that goes on', async () => {
    const mailer = createTestMailer()
    const { shop, user, order } = await openWith({ mailer })
    const send_at = new Date(shop.clock.now() + 60_000).toISOString()
    const note = { user_id: user, message: 'x', notification_type: 'note', timestamp: '2023-09-07T14:30:00Z', send_at }
    await shop.command('SendLetter', note)
    const handed = mailer.handed.length
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    await shop.command('RefundOrder', { order_id: order })
    await shop.clock.advance(120_000)
    assert.equal(mailer.handed.length, handed)
  })

  it('does not come back under the same id', async () => {
    const { shop, user } = await openWith()
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    const again = JSON.stringify({ user_id: user, ...wilhelmina })
    await shop.finish(shop.client.queue.send('order.0.queue.RegisterUser', Buffer.from(again), { id: 'again' }))
    await shop.settle()
    assert.equal((await shop.query('GetUser', { user_id: user })).code, 'user_not_found')
    assert.deepEqual(
      (await commandsOf(shop, user)).map(({ body }) => body),
      [null, null],
    )
    assert.equal(keysOf(shop.disks.order, user), 0)
  })

  for (const actor of ['order', 'notification'] as const)
    it(`stays forgotten when the files of ${actor} are put back from before`, async () => {
      const { shop, user, letter } = await openWith()
      const backup = copyOf(shop.disks[actor])
      await shop.command('EraseUser', { user_id: user })
      await shop.settle()
      await shop.stop(actor)
      assert.equal(keysOf(backup, user), 1)
      // The store and the keys of before, and the mark of now: as somebody restores them.
      Object.assign(shop.disks[actor], { store: backup.store, keys: backup.keys })
      await shop.start(actor)
      assert.equal(keysOf(backup, user), 0)
      assert.equal((await shop.query('GetUser', { user_id: user })).code, 'user_not_found')
      assert.equal((await shop.query('GetLetter', { message_id: letter })).body.message, '')
      const { faults } = verifyStore(DEFINITIONS[actor], { actor, cell: 0 }, backup.store, TEST_SETTINGS)
      assert.deepEqual(faults, [])
    })

  it('stays forgotten when only the keys are put back', async () => {
    const { shop, user } = await openWith()
    const backup = copyOf(shop.disks.order)
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    await shop.stop('order')
    shop.disks.order.keys = backup.keys
    await shop.start('order')
    assert.equal(keysOf(backup, user), 0)
  })
})

describe('a person who was changed', () => {
  it('gets the next letter at the new address, in the new language; what waits goes there too', async () => {
    const mailer = createTestMailer()
    const shop = await openShop({ mailer })
    const user = await shop.createUser('1000', wilhelmina)
    const send_at = new Date(shop.clock.now() + 60_000).toISOString()
    const note = { user_id: user, message: 'x', notification_type: 'note', timestamp: '2023-09-07T14:30:00Z' }
    await shop.command('SendLetter', note)
    await shop.command('SendLetter', { ...note, send_at })
    await shop.settle()
    await shop.command('ChangeUser', { user_id: user, email: 'mina@example.com', locale: 'en' })
    await shop.settle()
    await shop.command('SendLetter', note)
    await shop.clock.advance(120_000)
    assert.deepEqual(
      mailer.handed.map(({ to, subject }) => `${to} ${subject}`),
      ['wilhelmina@example.com Сообщение', 'mina@example.com Message', 'mina@example.com Сообщение'],
    )
  })

  it('whose address had bounced is written to again at the new one, and not for a new name', async () => {
    const mailer = createTestMailer(({ to }) =>
      to === 'wilhelmina@example.com' ? { outcome: 'never', error: '550', bounced: true } : { outcome: 'sent' },
    )
    const shop = await openShop({ mailer })
    const user = await shop.createUser('1000', wilhelmina)
    const note = { user_id: user, message: 'x', notification_type: 'note', timestamp: '2023-09-07T14:30:00Z' }
    const write = async () => {
      await shop.command('SendLetter', note)
      await shop.settle()
      return (await shop.lettersOf(user)).at(-1)?.status
    }
    assert.deepEqual([await write(), await write()], ['Failed', 'Suppressed'])
    await shop.command('ChangeUser', { user_id: user, first_name: 'Mina' })
    await shop.settle()
    assert.equal(await write(), 'Suppressed')
    await shop.command('ChangeUser', { user_id: user, email: 'mina@example.com' })
    await shop.settle()
    assert.equal(await write(), 'Sent')
    assert.deepEqual(
      mailer.handed.map(({ to }) => to),
      ['wilhelmina@example.com', 'mina@example.com'],
    )
  })
})
