/** Letters by mail, in a shop on a broker in memory: who gets them, and what stops them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery, Letter, Mailer } from './notification/mailer.ts'
import { openShop, type Shop } from './test-shop.ts'

const MINUTE_MS = 60_000

const sent: Delivery = { outcome: 'sent' }
const greylisted: Delivery = { outcome: 'later', error: '450 to RCPT TO' }
const noSuchUser: Delivery = { outcome: 'never', error: '550 5.1.1 to RCPT TO', bounced: true }

/** A shop with one user, a mailer that answers as told, and when what was handed to it. */
const openWithMail = async (answer: (letter: Letter, attempt: number) => Delivery | Promise<Delivery> = () => sent) => {
  const handed: Letter[] = []
  const mailer: Mailer = {
    send: async letter => {
      handed.push(letter)
      return answer(letter, handed.length)
    },
    close: () => {},
  }
  const shop = await openShop({ mailer })
  const user = await shop.createUser('1000')

  const write = async (): Promise<string> => {
    const note = { user_id: user, message: 'Чай остыл.', notification_type: 'tea', timestamp: '2023-09-07T14:30:00Z' }
    const { body } = await shop.command('SendLetter', note)
    await shop.settle()
    return String(body.message_id)
  }
  return { shop, handed, user, write }
}

const statusOf = async (shop: Shop, message_id: string) => (await shop.query('GetLetter', { message_id })).body

describe('a letter by mail', () => {
  it('waits until the mail server has it, then is sent', async () => {
    const server = Promise.withResolvers<Delivery>()
    const { shop, write } = await openWithMail(() => server.promise)
    const letter = await write()
    assert.equal((await statusOf(shop, letter)).status, 'Queued')
    server.resolve(sent)
    await shop.settle()
    assert.equal((await statusOf(shop, letter)).status, 'Sent')
  })

  it('goes to the address that the order actor knows, with subject and text in the user’s language', async () => {
    const { shop, handed, user } = await openWithMail()
    await shop.order(user)
    await shop.settle()
    assert.deepEqual(
      handed.map(({ to, subject, text }) => [to, subject, text]),
      [
        ['user@email.com', 'Заказ #54321 ожидает подтверждения', 'Ваш заказ #54321 ожидает подтверждения.'],
        ['user@email.com', 'Заказ #54321 подтвержден', 'Ваш заказ #54321 подтвержден и отправлен.'],
      ],
    )
  })

  it('of one kind goes out once an order, also when every actor starts anew', async () => {
    const { shop, handed, user } = await openWithMail()
    await shop.order(user)
    await shop.settle()
    for (const actor of ['order', 'billing', 'notification'] as const) {
      await shop.stop(actor)
      await shop.start(actor)
      await shop.settle()
    }
    assert.equal(handed.length, 2)
  })

  it('is not lost while the order actor, which knows the address, is away', async () => {
    const { shop, handed, write } = await openWithMail()
    await shop.stop('order')
    const letter = await write()
    assert.equal(handed.length, 0)
    await shop.start('order')
    await shop.clock.advance(2 * MINUTE_MS)
    assert.equal((await statusOf(shop, letter)).status, 'Sent')
    assert.equal(handed.length, 1)
  })

  it('at the mail server when its reader is erased is told of no more', async () => {
    const server = Promise.withResolvers<Delivery>()
    const { shop, user, write } = await openWithMail(() => server.promise)
    const letter = await write()
    await shop.command('EraseUser', { user_id: user })
    await shop.settle()
    server.resolve(sent)
    await shop.settle()
    const { status, message, subject } = await statusOf(shop, letter)
    assert.deepEqual([status, message, subject], ['Failed', '', ''])
  })

  it('that waited for the mail server when its reader is erased does not go out', async () => {
    const { shop, handed, user, write } = await openWithMail(() => greylisted)
    await write()
    assert.equal(handed.length, 1)
    await shop.command('EraseUser', { user_id: user })
    await shop.clock.advance(5 * MINUTE_MS)
    assert.equal(handed.length, 1)
  })
})

describe('a letter on its way when the actor stops', () => {
  it('is waited for, and does not go out twice', async () => {
    const server = Promise.withResolvers<Delivery>()
    const { shop, handed, write } = await openWithMail(() => server.promise)
    const letter = await write()
    shop.clock.after(1000, () => server.resolve(sent))
    await shop.stop('notification')
    await shop.start('notification')
    await shop.settle()
    assert.deepEqual([(await statusOf(shop, letter)).status, handed.length], ['Sent', 1])
  })

  it('and does not come to an end goes out again after the start, under the same Message-ID', async () => {
    const { shop, handed, write } = await openWithMail((_, attempt) => (attempt === 1 ? new Promise(() => {}) : sent))
    const letter = await write()
    await shop.stop('notification')
    await shop.start('notification')
    await shop.settle()
    assert.equal((await statusOf(shop, letter)).status, 'Sent')
    assert.equal(handed.length, 2)
    assert.equal(handed[0]?.messageId, handed[1]?.messageId)
  })
})

describe('an address that bounced', () => {
  const openWithBounce = async () => {
    let isKnown = false
    const opened = await openWithMail(() => (isKnown ? sent : noSuchUser))
    return {
      ...opened,
      mend: () => {
        isKnown = true
      },
    }
  }

  it('gets no further letter: they are kept and not sent', async () => {
    const { shop, handed, user, write } = await openWithBounce()
    assert.equal((await statusOf(shop, await write())).status, 'Failed')
    await write()
    await shop.order(user)
    await shop.settle()
    assert.deepEqual(
      (await shop.lettersOf(user)).map(({ status }) => status),
      ['Failed', 'Suppressed', 'Suppressed', 'Suppressed'],
    )
    assert.equal(handed.length, 1)
  })

  it('is written to again when a person says so', async () => {
    const { shop, user, write, mend } = await openWithBounce()
    await write()
    mend()
    await shop.command('LiftSuppression', { user_id: user })
    assert.equal((await statusOf(shop, await write())).status, 'Sent')
  })

  it('gets the one letter that a person sends once more, under its Message-ID', async () => {
    const { shop, handed, write, mend } = await openWithBounce()
    const first = await write()
    const withheld = await write()
    mend()
    for (const message_id of [first, withheld]) {
      await shop.command('ResendLetter', { message_id })
      await shop.settle()
      assert.equal((await statusOf(shop, message_id)).status, 'Sent')
    }
    assert.equal(handed[0]?.messageId, handed[1]?.messageId)
    assert.equal((await statusOf(shop, await write())).status, 'Suppressed')
  })

  it('is not held against the one that the user has meanwhile: the letter goes there', async () => {
    const answer = Promise.withResolvers<Delivery>()
    const { shop, handed, user, write } = await openWithMail(({ to }) =>
      to === 'user@email.com' ? answer.promise : sent,
    )
    const letter = await write()
    await shop.command('ChangeUser', { user_id: user, email: 'new@email.com' })
    await shop.settle()
    answer.resolve(noSuchUser)
    await shop.clock.advance(2 * MINUTE_MS)
    assert.equal((await statusOf(shop, letter)).status, 'Sent')
    assert.deepEqual(
      handed.map(({ to }) => to),
      ['user@email.com', 'new@email.com'],
    )
    assert.equal((await statusOf(shop, await write())).status, 'Sent')
  })
})
