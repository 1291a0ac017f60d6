/** Orders that were lost and given up, and are sent again: their money was taken before, and is taken once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { queueSubject } from '../bus/subjects.ts'
import { copyOf } from './kernel/test-world.ts'
import { openShop, type Shop } from './test-shop.ts'

/** Sends an order whose id is the sender's own. */
const send = async (shop: Shop, id: string, user_id: string, total_amount = 500) => {
  const body = { order_id: 'X', user_id, order_details: { product_name: 'p', quantity: 1, total_amount } }
  const subject = queueSubject({ actor: 'order', cell: 0 }, 'PlaceOrder')
  await shop.finish(shop.client.queue.send(subject, Buffer.from(JSON.stringify(body)), { id }))
  await shop.settle()
}

/** A shop whose order actor forgot all that it did during `lost`, and was adopted. */
const afterLosing = async (shop: Shop, lost: () => Promise<void>) => {
  await shop.stop('order')
  const early = copyOf(shop.disks.order)
  await shop.start('order')
  await lost()
  await shop.stop('order')
  shop.broker.deleteStream('ORDER_0')
  // Else its readers would heal it.
  for (const reader of ['billing', 'notification'] as const) shop.disks[reader].store.exec('DELETE FROM copies')

  shop.disks.order = early
  await assert.rejects(shop.start('order'), /does not have it/)
  assert.equal((await shop.query('Adopt', {}, 'order')).code, undefined)
  await shop.stop('order')
  await shop.start('order')
  await shop.clock.advance(20_000)
  // Who goes back starts over.
  for (const reader of ['billing', 'notification'] as const) {
    await shop.stop(reader)
    await shop.start(reader)
  }
}

describe('an order that was lost and given up, and is sent again', () => {
  it('is confirmed when it was charged before, with no second charge and no second letter', async () => {
    const shop = await openShop()
    const user = await shop.createUser('1000')
    await afterLosing(shop, () => send(shop, 'first', user))
    assert.equal((await shop.query('GetOrder', { order_id: 'X' })).code, 'order_not_found')

    await send(shop, 'again', user)
    assert.equal(await shop.statusOf('X'), 'Confirmed')
    assert.deepEqual(await shop.operationsOf(user), ['refill 1000', 'withdrawal 500'])
    assert.equal((await shop.lettersOf(user)).length, 2)
  })

  it('is rejected when it was rejected before, though there is money now', async () => {
    const shop = await openShop()
    const user = await shop.createUser('100')
    await afterLosing(shop, () => send(shop, 'first', user))
    await shop.command('PutMoney', { user_id: user, amount: '1000' })

    await send(shop, 'again', user)
    assert.equal(await shop.statusOf('X'), 'Rejected')
    assert.equal(await shop.balanceOf(user), 1100)
  })

  it('is cancelled when its money was given back before', async () => {
    const shop = await openShop()
    const user = await shop.createUser('1000')
    await afterLosing(shop, async () => {
      await send(shop, 'first', user)
      await shop.command('RefundOrder', { order_id: 'X' })
      await shop.settle()
    })

    await send(shop, 'again', user)
    assert.equal(await shop.statusOf('X'), 'Cancelled')
    assert.deepEqual(await shop.operationsOf(user), ['refill 1000', 'withdrawal 500', 'refund 500'])
  })

  it('with another amount is cancelled, and what was taken before is given back', async () => {
    const shop = await openShop()
    const user = await shop.createUser('1000')
    await afterLosing(shop, () => send(shop, 'first', user))

    await send(shop, 'again', user, 700)
    await shop.settle()
    assert.equal(await shop.statusOf('X'), 'Cancelled')
    assert.deepEqual(await shop.operationsOf(user), ['refill 1000', 'withdrawal 500', 'refund 500'])
  })
})
