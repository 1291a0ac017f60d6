/** The mailbox that operators look into while letters are caught, in a shop on a broker in memory. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CaughtLetter, CaughtLetters, Delivery, Mailer } from './notification/mailer.ts'
import { openShop } from './test-shop.ts'

const AT = Date.parse('2023-09-07T14:30:00Z')

/** A mailer whose letters are caught when `answer` says that they were sent. */
const createCatcher = (answer: () => Delivery | Promise<Delivery>) => {
  let mails: CaughtLetter[] = []
  let last = 0
  const mailer: Mailer = {
    send: async ({ messageId, to, subject, text }) => {
      const delivery = await answer()
      const headers = [
        { name: 'From', value: 'shop@example.com' },
        { name: 'To', value: to },
        { name: 'Subject', value: subject },
        { name: 'Message-ID', value: `<${messageId}@example.com>` },
      ]
      if (delivery.outcome === 'sent') mails.push({ mailId: ++last, at: AT, bytes: 100, headers, text })
      return delivery
    },
    close: () => {},
  }
  const caught: CaughtLetters = {
    newestFirst: (before, limit) =>
      mails
        .filter(({ mailId }) => mailId < before)
        .reverse()
        .slice(0, limit),
    find: wanted => mails.find(({ mailId }) => mailId === wanted),
    forget: wanted => {
      mails = mails.filter(({ mailId }) => mailId !== wanted)
    },
  }
  return { mailer, caught, kept: () => mails.length, came: () => last }
}

/** A shop with one user, who has ordered; so there are two mails. */
const openWithMailbox = async (answer: () => Delivery | Promise<Delivery> = () => ({ outcome: 'sent' })) => {
  const { kept, came, ...outside } = createCatcher(answer)
  const shop = await openShop(outside)
  const user = await shop.createUser('1000')
  const order = await shop.order(user)
  await shop.settle()
  const list = async (page: object = {}) =>
    (await shop.query('ListMailbox', page)).body as { items: Record<string, unknown>[]; next_cursor: string | null }
  return { shop, user, order, kept, came, list }
}

describe('the mailbox', () => {
  it('shows the mails that an order caused, the newest first, each with the letter that it is', async () => {
    const { shop, user, order, list } = await openWithMailbox()
    const { items, next_cursor } = await list()
    const letters = (await shop.query('ListLetters', { user_id: user })).body.items as { message_id: string }[]
    assert.deepEqual([items.map(({ mail_id }) => mail_id), next_cursor], [['2', '1'], null])
    assert.deepEqual(
      items.map(({ message_id }) => message_id).sort(),
      letters.map(({ message_id }) => message_id).sort(),
    )
    assert.ok(items.some(({ subject }) => subject === `Заказ #${order} подтвержден`))
    assert.equal(items[0]?.received_at, '2023-09-07T14:30:00Z')
  })

  it('shows one mail with its headers and its text', async () => {
    const { shop, list } = await openWithMailbox()
    const [newest] = (await list()).items
    const { body } = await shop.query('GetMailboxMessage', { mail_id: '2' })
    const { headers, text, ...shown } = body as { headers: { name: string }[]; text: string }
    assert.deepEqual(shown, newest)
    assert.deepEqual(
      headers.map(({ name }) => name),
      ['From', 'To', 'Subject', 'Message-ID'],
    )
    assert.match(text, /^Ваш заказ/)
  })

  it('is shown page by page', async () => {
    const { list } = await openWithMailbox()
    const first = await list({ limit: 1 })
    assert.deepEqual([first.items.length, first.next_cursor], [1, '2'])
    const second = await list({ limit: 1, cursor: '2' })
    assert.deepEqual([second.items[0]?.mail_id, second.next_cursor], ['1', null])
  })

  it('says no to a cursor that is none, and to a mail that is not there', async () => {
    const { shop } = await openWithMailbox()
    assert.equal((await shop.query('ListMailbox', { cursor: 'x' })).code, 'invalid_field')
    for (const mail_id of ['3', '0', 'two'])
      assert.equal((await shop.query('GetMailboxMessage', { mail_id })).code, 'mail_not_found')
  })

  it('is off where letters are not caught', async () => {
    const shop = await openShop()
    assert.equal((await shop.query('ListMailbox', {})).code, 'mailbox_off')
    assert.equal((await shop.query('GetMailboxMessage', { mail_id: '1' })).code, 'mailbox_off')
  })

  it('forgets the mails of a person who is erased, and of nobody else', async () => {
    const { shop, user, kept, list } = await openWithMailbox()
    const other = await shop.createUser('1000')
    await shop.order(other)
    await shop.settle()
    assert.equal(kept(), 4)
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    assert.equal(kept(), 2)
    assert.deepEqual(
      (await list()).items.map(({ mail_id }) => mail_id),
      ['4', '3'],
    )
  })

  it('forgets also a mail that was on its way when its reader was erased', async () => {
    const server = Promise.withResolvers<Delivery>()
    const { shop, user, kept, came } = await openWithMailbox(() => server.promise)
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    server.resolve({ outcome: 'sent' })
    await shop.settle()
    assert.deepEqual([came(), kept()], [2, 0])
  })
})
