/** Cancelling and refunding an order, by the three actors: whenever it is asked for, the money ends where it belongs. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bus } from '../bus/bus.ts'
import { commandSubject } from '../bus/subjects.ts'
import { openShop, type Shop } from './test-shop.ts'

/** Events reach the actor on this bus so much later. */
const late =
  (shop: Shop, ms: number) =>
  (bus: Bus): Bus => ({
    ...bus,
    logStream: address => {
      const stream = bus.logStream(address)
      return {
        ...stream,
        follow: (from, reader, deliver, broken) =>
          stream.follow(from, reader, entry => void shop.clock.after(ms, () => deliver(entry)), broken),
      }
    },
  })

const kindsOf = async (shop: Shop, user: string) =>
  (await shop.lettersOf(user)).map(({ message }) => message.replace(/#\d+ ?/, ''))
const PENDING = 'Ваш заказ ожидает подтверждения.'
const CONFIRMED = 'Ваш заказ подтвержден и отправлен.'
const CANCELLED = 'Ваш заказ отменен.'

describe('an order that is cancelled', () => {
  it('before billing has heard of it: is charged and given back, net zero', async () => {
    const shop = await openShop()
    const user = await shop.createUser('1000')
    await shop.stop('billing')
    const order_id = await shop.order(user)
    const { code, body } = await shop.command('CancelOrder', { order_id })
    assert.deepEqual([code, body.status], [undefined, 'Cancelled'])

    await shop.start('billing')
    await shop.settle()
    assert.equal(await shop.statusOf(order_id), 'Cancelled')
    assert.deepEqual(await shop.operationsOf(user), ['refill 1000', 'withdrawal 500', 'refund 500'])
    assert.equal(await shop.balanceOf(user), 1000)
    assert.deepEqual(await kindsOf(shop, user), [PENDING, CANCELLED])
  })

  it('while its charge is on the way back: wins over the charge, net zero', async () => {
    const shop = await openShop()
    await shop.stop('order')
    await shop.start('order', late(shop, 2_000))
    const user = await shop.createUser('1000')
    const order_id = await shop.order(user)
    await shop.clock.advance(1_000)
    assert.equal(await shop.balanceOf(user), 500)
    assert.equal(await shop.statusOf(order_id), 'Pending')

    assert.equal((await shop.command('CancelOrder', { order_id })).body.status, 'Cancelled')
    await shop.settle()
    await shop.settle()
    assert.equal(await shop.statusOf(order_id), 'Cancelled')
    assert.equal(await shop.balanceOf(user), 1000)
    assert.ok(!shop.eventsOf('order').some(({ type }) => type === 'OrderConfirmed'))
    assert.deepEqual(await kindsOf(shop, user), [PENDING, CANCELLED])
  })

  it('and could not have been paid: stays cancelled, and no money moves', async () => {
    const shop = await openShop()
    const user = await shop.createUser('499.99')
    await shop.stop('billing')
    const order_id = await shop.order(user)
    await shop.command('CancelOrder', { order_id })
    await shop.start('billing')
    await shop.settle()
    assert.equal(await shop.statusOf(order_id), 'Cancelled')
    assert.deepEqual(await shop.operationsOf(user), ['refill 499.99'])
    assert.deepEqual(await kindsOf(shop, user), [PENDING, CANCELLED])
  })

  it('after it was paid: is refused, and nothing changes', async () => {
    const shop = await openShop()
    const user = await shop.createUser('1000')
    const order_id = await shop.order(user)
    await shop.settle()
    assert.equal((await shop.command('CancelOrder', { order_id })).code, 'order_not_pending')
    await shop.settle()
    assert.equal(await shop.balanceOf(user), 500)
    assert.deepEqual(await kindsOf(shop, user), [PENDING, CONFIRMED])
  })

  it('at whatever moment: is paid and sent, or cancelled and given back', async () => {
    const ends = new Set<string>()
    for (let afterMs = 0; afterMs <= 24; afterMs++) {
      const shop = await openShop()
      const user = await shop.createUser('1000')
      shop.broker.faults.delay = 1
      shop.broker.faults.delayMaxMs = 4
      const ask = (name: string, body: object) =>
        shop.client.request(commandSubject({ actor: 'order', cell: 0 }, name), Buffer.from(JSON.stringify(body)), {
          timeoutMs: 5_000,
        })
      const created = ask('CreateOrder', { user_id: user, product_id: '12345', quantity: 5 })
      await shop.clock.advance(afterMs)
      const cancelled = ask('CancelOrder', { order_id: '54321' })
      await shop.finish(Promise.all([created, cancelled]))
      await shop.settle()

      const [status, balance] = [await shop.statusOf('54321'), await shop.balanceOf(user)]
      assert.equal(balance, status === 'Cancelled' ? 1000 : 500, `${afterMs} ms, ${String(status)}`)
      assert.equal((await shop.lettersOf(user)).length, 2)
      ends.add(String(status))
    }
    assert.deepEqual([...ends].sort(), ['Cancelled', 'Confirmed'])
  })
})

describe('a paid order that is refunded', () => {
  const paid = async () => {
    const shop = await openShop()
    const user = await shop.createUser('1000')
    const order_id = await shop.order(user)
    await shop.settle()
    return { shop, user, order_id }
  }

  it('whole: gives everything back and tells its user', async () => {
    const { shop, user, order_id } = await paid()
    const { body } = await shop.command('RefundOrder', { order_id })
    assert.deepEqual([body.status, body.refunded_amount], ['Refunded', '500'])
    await shop.settle()
    assert.deepEqual(await shop.operationsOf(user), ['refill 1000', 'withdrawal 500', 'refund 500'])
    assert.equal(await shop.balanceOf(user), 1000)
    assert.deepEqual(await kindsOf(shop, user), [PENDING, CONFIRMED, 'По вашему заказу возвращено 500.'])
  })

  it('in part: gives that part back, and never another one', async () => {
    const { shop, user, order_id } = await paid()
    await shop.command('RefundOrder', { order_id, amount: '99.90' })
    assert.equal((await shop.command('RefundOrder', { order_id, amount: '1' })).code, 'order_not_refundable')
    await shop.settle()
    assert.equal(await shop.balanceOf(user), 599.9)
  })

  it('under one key twice: gives back once', async () => {
    const { shop, user, order_id } = await paid()
    const first = await shop.command('RefundOrder', { order_id, amount: '100' }, 'a refund')
    const again = await shop.command('RefundOrder', { order_id, amount: '100' }, 'a refund')
    assert.deepEqual(again.body, first.body)
    await shop.settle()
    assert.equal(await shop.balanceOf(user), 600)
  })

  it('goes back even where the balance would then be more than could be put', async () => {
    const { shop, user, order_id } = await paid()
    await shop.command('PutMoney', { user_id: user, amount: '9999999999499.99' })
    await shop.command('RefundOrder', { order_id })
    await shop.settle()
    assert.equal(await shop.balanceOf(user), 10000000000499.99)
    assert.equal((await shop.command('PutMoney', { user_id: user, amount: '0.01' })).code, 'balance_limit')
  })

  it('is not charged again by a withdrawal that comes late', async () => {
    const { shop, user, order_id } = await paid()
    await shop.command('RefundOrder', { order_id })
    await shop.settle()
    const subject = 'billing.0.queue.Withdraw'
    const sent = shop.client.queue.send(subject, Buffer.from(JSON.stringify({ order_id, amount: 500 })), { id: 'late' })
    await shop.finish(sent)
    await shop.settle()
    assert.equal(await shop.balanceOf(user), 1000)
  })
})
