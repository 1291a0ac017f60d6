/** Money over any sequence of puts, orders and withdrawals, on billing's real rules, tables and log. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createTestCore } from '../kernel/test-core.ts'
import { createTestSource } from '../kernel/test-source.ts'
import { amountOut, balanceOut, MAX_BALANCE_MINOR, minorOf } from '../values.ts'
import { billingActor } from './actor.ts'

const users = ['7', '8', 'unique_user_id'] as const
const orders = ['1', '2', '3', '4', '5'] as const

type Step =
  | { kind: 'user'; user: string }
  | { kind: 'put'; user: string; minor: number }
  | { kind: 'order'; user: string; order: string; minor: number }
  | { kind: 'withdrawal'; order: string; minor: number }

const user = fc.constantFrom(...users)
const order = fc.constantFrom(...orders)
// Small ones that often fit, and huge ones of which two reach the limit.
const minor = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: Math.ceil(MAX_BALANCE_MINOR / 2), max: MAX_BALANCE_MINOR }) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('user' as const), user }),
  fc.record({ kind: fc.constant('put' as const), user, minor }),
  fc.record({ kind: fc.constant('order' as const), user, order, minor }),
  fc.record({ kind: fc.constant('withdrawal' as const), order, minor }),
)
// Without `size` most runs have less than ten steps, and nearly none meets the limit.
const steps = fc.array(step, { maxLength: 40, size: 'max' })

/** Billing, and beside it what a child with a purse would expect of it. */
const createShop = () => {
  const bench = createTestCore(billingActor)
  const source = createTestSource({ actor: 'order', cell: 0 })
  const purses = new Map<string, number>()
  const charged = new Map<string, { paid: boolean; minor: number }>()
  const reached = { limit: 0, short: 0, paid: 0, again: 0 }

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
      charged.set(order, { paid, minor })
      if (paid) purses.set(user, purse - minor)
    },
    withdrawal: ({ order, minor }: Step & { kind: 'withdrawal' }) => {
      const item = bench.queued('Withdraw', { order_id: order, amount: amountOut(minor) })
      bench.turn([item])
      assert.equal(item.acks(), 1)
    },
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
      assert.ok(purse >= 0 && purse <= MAX_BALANCE_MINOR)
    }
    for (const order of orders) {
      const times = one("SELECT count(*) FROM operations WHERE type = 'withdrawal' AND order_id = ?", order)
      assert.equal(times, charged.get(order)?.paid ? 1 : 0)
    }
  }

  const run = (step: Step) => {
    take[step.kind](step as never)
    check()
  }
  return { bench, run, reached }
}

const codeOf = (outcome: ReturnType<ReturnType<typeof createTestCore>['run']>) =>
  outcome?.kind === 'refusal' ? outcome.refusal.code : outcome

describe('billing: whatever is put, ordered and withdrawn', () => {
  it('after every step the books balance, no balance is negative or above the limit, no order is charged twice', () => {
    const reached = { limit: 0, short: 0, paid: 0, again: 0 }
    fc.assert(
      fc.property(steps, steps => {
        const shop = createShop()
        for (const step of steps) shop.run(step)
        for (const name of Object.keys(reached) as (keyof typeof reached)[]) reached[name] += shop.reached[name]
      }),
      { numRuns: 150 },
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
          const sign = type === 'MoneyPut' ? 1 : type === 'MoneyWithdrawn' ? -1 : 0
          if (sign === 0 || user === undefined) continue
          const balance = (balances.get(user) ?? 0) + sign * minorOf(data.amount)
          assert.equal(data.balance, balanceOut(balance))
          assert.ok(balance >= 0 && balance <= MAX_BALANCE_MINOR)
          balances.set(user, balance)
        }
      }),
      { numRuns: 50 },
    )
  })
})
