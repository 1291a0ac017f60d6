/** A row that is not what was written, though its page may be: no query shows it, and no turn decides by it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { billingActor } from './billing/actor.ts'
import type { AnyActorDefinition } from './kernel/actor.ts'
import { StoreDamaged } from './kernel/store.ts'
import { createTestCore, type TestCore } from './kernel/test-core.ts'
import { orderActor } from './order/actor.ts'

const USER = '93493453'
const SETTINGS = { defaultPriceMinor: 100_00 }

type Shop = { order: TestCore; billing: TestCore }

/** A user with money, a product, an order that was paid, and one that was too dear. */
const openShop = (): Shop => {
  const open = (definition: AnyActorDefinition) => createTestCore(definition, { settings: SETTINGS })
  const shop = { order: open(orderActor), billing: open(billingActor) }
  const hear = (reader: TestCore, source: TestCore): void => {
    const name = `${source.core.address.actor}/0`
    const entries = source.core.log.read(reader.core.cursor(name).seq + 1, 1000)
    reader.turn(entries.map(entry => ({ kind: 'event', source: name, entry })))
  }
  shop.order.run('CreateUser', { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com' })
  shop.order.run('PutProduct', { product_id: '1', name: 'Tea', price: 2_50 })
  hear(shop.billing, shop.order)
  shop.billing.run('PutMoney', { user_id: USER, amount: 700_00 })
  for (const quantity of [2, 1000])
    shop.order.run('CreateOrder', { user_id: USER, product_id: '1', quantity }, { key: `of ${quantity}` })
  hear(shop.billing, shop.order)
  hear(shop.order, shop.billing)
  return shop
}

const ask = ({ core }: TestCore, name: string, body: object): unknown =>
  core.behaviour.answer[name]?.({ limit: 10, ...body }, undefined as never)

const order = { user_id: USER, product_id: '1', quantity: 1 }

/** A row that is changed behind the actor's back, a query that would show it, a command that would rest on it. */
const rows: {
  actor: keyof Shop
  table: string
  change: string
  asks: [name: string, body: object][]
  does: [name: string, body: Record<string, unknown>][]
}[] = [
  {
    actor: 'billing',
    table: 'accounts',
    change: 'balance_minor = balance_minor + 1',
    asks: [['GetBalance', { user_id: USER }]],
    does: [['PutMoney', { user_id: USER, amount: 1 }]],
  },
  {
    actor: 'billing',
    table: 'operations',
    change: 'amount_minor = amount_minor + 1',
    asks: [
      ['GetHistory', { user_id: USER }],
      ['GetBalance', { user_id: USER, at: '2023-09-08T00:00:00Z' }],
    ],
    does: [],
  },
  {
    actor: 'billing',
    table: 'charges',
    change: "outcome = 'rejected'",
    asks: [],
    does: [['Withdraw', { user_id: USER, order_id: '54321', amount: 5_00 }]],
  },
  {
    actor: 'order',
    table: 'orders',
    change: 'total_minor = total_minor + 1',
    asks: [
      ['GetOrder', { order_id: '54321' }],
      ['ListOrders', {}],
      ['ListOrders', { user_id: USER }],
      ['ListOrders', { status: 'Confirmed' }],
    ],
    does: [['CancelOrder', { order_id: '54321' }]],
  },
  {
    actor: 'order',
    table: 'products',
    change: 'price_minor = price_minor + 1',
    asks: [
      ['GetProduct', { product_id: '1' }],
      ['ListProducts', {}],
    ],
    does: [['CreateOrder', order]],
  },
]

for (const { actor, table, change, asks, does } of rows) {
  describe(`a row of ${table} that is not what was written`, () => {
    const damaged = (): TestCore => {
      const bench = openShop()[actor]
      for (const [name, body] of asks) ask(bench, name, body)
      assert.ok(bench.store.prepare(`UPDATE ${table} SET ${change}`).run().changes > 0)
      return bench
    }

    for (const [name, body] of asks)
      it(`is not shown by ${name} ${Object.keys(body).join(', ')}`, () => {
        const bench = damaged()
        assert.throws(() => ask(bench, name, body), StoreDamaged)
      })

    for (const [name, body] of does)
      it(`stops the actor when ${name} rests on it; nobody is answered, nothing is written`, () => {
        const bench = damaged()
        const head = bench.core.log.head()
        assert.equal(bench.run(name, body), undefined)
        assert.ok(bench.heard.fatal[0] instanceof StoreDamaged)
        assert.equal(bench.core.log.head(), head)
      })
  })
}

describe('an idempotency key that leads to the answer of another', () => {
  it('stops the actor: the key is not answered', () => {
    const { order } = openShop()
    order.store.exec(`UPDATE inbox SET seq = seq + 1 WHERE id LIKE '%/CreateOrder/of 2'`)
    assert.equal(order.run('CreateOrder', { user_id: USER, product_id: '1', quantity: 2 }, { key: 'of 2' }), undefined)
    assert.ok(order.heard.fatal[0] instanceof StoreDamaged)
  })
})
