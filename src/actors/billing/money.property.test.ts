/** Money over any sequence of puts, orders, withdrawals, cancellations and refunds, on billing's real rules, tables and log. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createTestCore } from '../kernel/test-core.ts'
import { createTestSource } from '../kernel/test-source.ts'
import { amountOut, balanceOut, MAX_BALANCE_MINOR, minorOf } from '../values.ts'
import { billingActor } from './actor.ts'

const users = ['7', '8', 'unique_user_id'] as const
const orders = ['1', '2', '3', '4'] as const

type Step =
  | { kind: 'user'; user: string }
  | { kind: 'put'; user: string; minor: number }
  | { kind: 'order'; user: string; order: string; minor: number }
  | { kind: 'withdrawal'; order: string; minor: number }
  | { kind: 'cancellation'; order: string }
  | { kind: 'refund'; order: string; share: number }

const user = fc.constantFrom(...users)
const order = fc.constantFrom(...orders)
// Small ones that often fit, and huge ones of which two reach the limit.
const minor = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: Math.ceil(MAX_BALANCE_MINOR / 2), max: MAX_BALANCE_MINOR }) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('user' as const), user }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), user, minor }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('order' as const), user, order, minor }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdrawal' as const), order, minor }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancellation' as const), order }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('refund' as const), order, share: fc.integer({ min: 1, max: 100 }) }),
  },
)
// Without `size` most runs have less than ten steps, and nearly none meets the limit.
const steps = fc.array(step, { maxLength: 40, size: 'max' })

/** One run by hand that meets every case: chance alone leaves one out now and then. */
const EVERY_CASE: Step[] = [
  { kind: 'user', user: '7' },
  { kind: 'put', user: '7', minor: 1000 },
  { kind: 'put', user: '7', minor: MAX_BALANCE_MINOR },
  { kind: 'order', user: '7', order: '1', minor: 600 },
  { kind: 'order', user: '7', order: '1', minor: 600 },
  { kind: 'order', user: '7', order: '2', minor: 600 },
  { kind: 'cancellation', order: '1' },
  { kind: 'refund', order: '1', share: 50 },
]

/** Billing, and beside it what a child with a purse would expect of it. */
const createShop = () => {
  const bench = createTestCore(billingActor)
  const source = createTestSource({ actor: 'order', cell: 0 })
  const purses = new Map<string, number>()
  const charged = new Map<string, { user: string; paid: boolean; minor: number; back: number | undefined }>()
  const reached = { limit: 0, short: 0, paid: 0, again: 0, back: 0, backAgain: 0 }

  /** An order's money goes back to whom it was taken from, the first time it is told. */
  const giveBack = (order: string, tell: (user: string, minor: number) => void, part = 1) => {
    const charge = charged.get(order)
    // Order tells of the end of an order only after it was made; one that was never told has no charge.
    const minor = Math.max(1, Math.floor((charge?.minor ?? 1) * part))
    tell(charge?.user ?? '7', minor)
    if (!charge?.paid) return
    if (charge.back !== undefined) return void reached.backAgain++
    charge.back = minor
    reached.back++
    purses.set(charge.user, (purses.get(charge.user) ?? 0) + minor)
  }

  const take = {
    user: ({ user }: Step & { kind: 'user' }) => {
      bench.turn([source.tell('UserCreated', {}, user)])
      purses.set(user, purses.get(user) ?? 0)
    },
    put: ({ user, minor }: Step & { kind: 'put' }) => {
      const outcome = bench.run('PutMoney', { user_id: user, amount: minor })
      const purse = purses.get(user)
      const after = (purse ?? 0) + minor
      if (purse === undefined) return assert.equal(codeOf(outcome), 'user_not_found')
      if (after > MAX_BALANCE_MINOR) {
        reached.limit++
        return assert.equal(codeOf(outcome), 'balance_limit')
      }
      assert.deepEqual(outcome, { kind: 'reply', reply: { balance: balanceOut(after) }, replayed: false })
      purses.set(user, after)
    },
    order: ({ user, order, minor }: Step & { kind: 'order' }) => {
      bench.turn([source.tell('OrderCreated', { order_id: order, total_amount: amountOut(minor) }, user)])
      if (charged.has(order)) return void reached.again++
      const purse = purses.get(user) ?? 0
      const paid = purse >= minor
      reached[paid ? 'paid' : 'short']++
      charged.set(order, { user, paid, minor, back: undefined })
      if (paid) purses.set(user, purse - minor)
    },
    withdrawal: ({ order, minor }: Step & { kind: 'withdrawal' }) => {
      const item = bench.queued('Withdraw', { order_id: order, amount: amountOut(minor) })
      bench.turn([item])
      assert.equal(item.acks(), 1)
    },
    cancellation: ({ order }: Step & { kind: 'cancellation' }) =>
      giveBack(order, user => bench.turn([source.tell('OrderCancelled', { order_id: order }, user)])),
    refund: ({ order, share }: Step & { kind: 'refund' }) =>
      giveBack(
        order,
        (user, minor) =>
          bench.turn([source.tell('OrderRefunded', { order_id: order, amount: amountOut(minor) }, user)]),
        share / 100,
      ),
  }

  const one = <T>(sql: string, ...values: unknown[]): T =>
    bench.store
      .prepare(sql)
      .pluck()
      .get(...values) as T

  const check = () => {
    assert.deepEqual(bench.core.behaviour.audit(), [])
    assert.deepEqual(bench.heard.defects, [])
    assert.deepEqual(bench.heard.fatal, [])
    assert.equal(one('SELECT coalesce(sum(amount_minor), 0) FROM postings'), 0)
    for (const [user, purse] of purses) {
      assert.equal(one('SELECT balance_minor FROM accounts WHERE user_id = ?', user), purse)
      const sum = `SELECT coalesce(sum(iif(type = 'withdrawal', -amount_minor, amount_minor)), 0)
        FROM operations WHERE user_id = ?`
      assert.equal(one(sum, user), purse)
      assert.ok(purse >= 0)
    }
    for (const order of orders) {
      const times = one("SELECT count(*) FROM operations WHERE type = 'withdrawal' AND order_id = ?", order)
      assert.equal(times, charged.get(order)?.paid ? 1 : 0)
      const back = "SELECT sum(amount_minor) FROM operations WHERE type = 'refund' AND order_id = ?"
      assert.equal(one(back, order) ?? undefined, charged.get(order)?.back)
    }
  }

  const run = (step: Step) => {
    take[step.kind](step as never)
    check()
  }
  return { bench, run, reached }
}

const SIGN: Record<string, number> = { MoneyPut: 1, MoneyWithdrawn: -1, MoneyRefunded: 1 }

const codeOf = (outcome: ReturnType<ReturnType<typeof createTestCore>['run']>) =>
  outcome?.kind === 'refusal' ? outcome.refusal.code : outcome

describe('billing: whatever is put, ordered and withdrawn', () => {
  it('after every step the books balance, no balance is negative, no order is charged or given back twice', () => {
    const reached = { limit: 0, short: 0, paid: 0, again: 0, back: 0, backAgain: 0 }
    fc.assert(
      fc.property(steps, steps => {
        const shop = createShop()
        for (const step of steps) shop.run(step)
        for (const name of Object.keys(reached) as (keyof typeof reached)[]) reached[name] += shop.reached[name]
      }),
      { numRuns: 100, examples: [[EVERY_CASE]] },
    )
    // A run that met no limit, no short purse and no order told twice would prove little.
    for (const [what, times] of Object.entries(reached)) assert.ok(times > 0, `no step reached "${what}"`)
  })

  it('a history read at any moment adds up to the balance of that moment', () => {
    fc.assert(
      fc.property(steps, steps => {
        const shop = createShop()
        for (const step of steps) shop.run(step)
        // What the log says, event by event, is what every reader of it sees: prefix by prefix it is never in the red.
        const balances = new Map<string, number>()
        for (const { type, user, data } of shop.bench.events()) {
          const sign = SIGN[type] ?? 0
          if (sign === 0 || user === undefined) continue
          const balance = (balances.get(user) ?? 0) + sign * minorOf(data.amount)
          assert.equal(data.balance, balanceOut(balance))
          assert.ok(balance >= 0)
          balances.set(user, balance)
        }
      }),
      { numRuns: 30 },
    )
  })
})
