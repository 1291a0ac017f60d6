/** When money moves, and when not: one row a reason. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Decision } from '../kernel/decision.ts'
import { specify } from '../kernel/test-rules.ts'
import { MAX_BALANCE_MINOR } from '../values.ts'
import { chargeOrder, openAccount, putMoney, refundCharge, waitsForOrder, withdraw } from './rules.ts'

const account = { user_id: '7', balanceMinor: 1000_00 }
const full = { user_id: '7', balanceMinor: MAX_BALANCE_MINOR - 1 }
const order = { order_id: '54321', user_id: '7', amountMinor: 500_00 }
const withdrawn = { order_id: '54321', user_id: '7', amountMinor: 500_00, outcome: 'withdrawn' } as const
const refunded = { order_id: '54321', user_id: '7', amountMinor: 500_00, outcome: 'refunded' } as const
const rejected = { order_id: '54321', user_id: '7', amountMinor: 500_00, outcome: 'rejected' } as const
const limitDetail = 'a balance can be 9999999999999.99 at the most; nothing was changed'

specify('billing: a user was created', [
  {
    given: 'no account',
    outcome: 'one is opened, the id as it is shown',
    decide: () => openAccount(undefined, '7'),
    decision: { kind: 'event', event: { type: 'AccountOpened', user: '7', data: { user_id: 7 } }, reply: {} },
  },
  {
    given: 'no account and an id that is no number',
    outcome: 'one is opened, the id as its text',
    decide: () => openAccount(undefined, 'unique_user_id'),
    decision: {
      kind: 'event',
      event: { type: 'AccountOpened', user: 'unique_user_id', data: { user_id: 'unique_user_id' } },
      reply: {},
    },
  },
  {
    given: 'an account already',
    outcome: 'nothing changes',
    decide: () => openAccount(account, '7'),
    decision: { kind: 'nothing', reply: {} },
  },
])

const moneyPut = (operation_id: string, amount: string, balance: number): Decision => ({
  kind: 'event',
  event: { type: 'MoneyPut', user: '7', data: { user_id: 7, operation_id, amount, balance } },
  reply: { balance },
})

specify('billing: putting money', [
  {
    given: 'no account',
    outcome: 'it is refused: user_not_found',
    decide: () => putMoney(undefined, '12345', { user_id: '8', amount: 100 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'user_not_found', detail: 'there is no user 8' },
      deadLetter: 'user_not_found',
    },
  },
  {
    given: 'the account of somebody who was erased',
    outcome: 'it is refused: user_not_found',
    decide: () => putMoney({ ...account, closed: true }, '12345', { user_id: '7', amount: 100 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'user_not_found', detail: 'there is no user 7' },
      deadLetter: 'user_not_found',
    },
  },
  {
    given: 'a balance one minor unit below the limit, and two to put',
    outcome: 'it is refused: balance_limit',
    decide: () => putMoney(full, '12345', { user_id: '7', amount: 2 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'balance_limit', detail: limitDetail },
      deadLetter: 'balance_limit',
    },
  },
  {
    given: 'an empty account, and an amount beyond every balance',
    outcome: 'it is refused: balance_limit',
    decide: () => putMoney({ user_id: '7', balanceMinor: 0 }, '12345', { user_id: '7', amount: MAX_BALANCE_MINOR + 1 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'balance_limit', detail: limitDetail },
      deadLetter: 'balance_limit',
    },
  },
  {
    given: 'a balance one minor unit below the limit, and one to put',
    outcome: 'the limit itself can be held',
    decide: () => putMoney(full, '12345', { user_id: '7', amount: 1 }),
    decision: moneyPut('12345', '0.01', 9999999999999.99),
  },
  {
    given: 'an account with 1000',
    outcome: 'putting 1000 makes 2000, and the reply says so',
    decide: () => putMoney(account, '12345', { user_id: '7', amount: 1000_00 }),
    decision: moneyPut('12345', '1000', 2000),
  },
  {
    given: 'an account with 1000',
    outcome: 'putting 99.90 makes 1099.9',
    decide: () => putMoney(account, '12346', { user_id: '7', amount: 99_90 }),
    decision: moneyPut('12346', '99.90', 1099.9),
  },
])

const orderRejected: Decision = {
  kind: 'event',
  event: {
    type: 'WithdrawalRejected',
    user: '7',
    data: { user_id: 7, order_id: '54321', amount: '500', reason: 'insufficient_funds' },
  },
  reply: {},
}

const orderCharged = (balance: number): Decision => ({
  kind: 'event',
  event: {
    type: 'MoneyWithdrawn',
    user: '7',
    data: { user_id: 7, order_id: '54321', amount: '500', operation_id: '12346', balance },
  },
  reply: {},
})

const toldAgain = (outcome: string, reason: string | null = null): Decision => ({
  kind: 'event',
  event: {
    type: 'OutcomeRepeated',
    user: '7',
    data: { user_id: 7, order_id: '54321', amount: '500', outcome, reason },
  },
  reply: {},
})

specify('billing: an order was taken', [
  {
    given: 'that it was charged already',
    outcome: 'nothing is taken, and that it was charged is told once more',
    decide: () => chargeOrder({ account, charge: withdrawn, nextOperationId: '12346' }, order),
    decision: toldAgain('withdrawn'),
  },
  {
    given: 'that it was rejected already, though there is money now',
    outcome: 'nothing is taken, and that it was rejected is told once more',
    decide: () => chargeOrder({ account, charge: rejected, nextOperationId: '12346' }, order),
    decision: toldAgain('rejected', 'insufficient_funds'),
  },
  {
    given: 'that its charge was given back already',
    outcome: 'nothing is taken, and that is told',
    decide: () => chargeOrder({ account, charge: refunded, nextOperationId: '12346' }, order),
    decision: toldAgain('refunded'),
  },
  {
    given: 'that another amount was charged for it',
    outcome: 'nothing is taken, and that is told',
    decide: () =>
      chargeOrder({ account, charge: { ...withdrawn, amountMinor: 499_99 }, nextOperationId: '12346' }, order),
    decision: toldAgain('charged otherwise'),
  },
  {
    given: 'that another user was charged for it',
    outcome: 'nothing is taken, and that is told',
    decide: () => chargeOrder({ account, charge: { ...withdrawn, user_id: '8' }, nextOperationId: '12346' }, order),
    decision: toldAgain('charged otherwise'),
  },
  {
    given: 'no account yet, which is an empty one',
    outcome: 'the withdrawal is rejected: insufficient_funds',
    decide: () => chargeOrder({ account: undefined, charge: undefined, nextOperationId: '12346' }, order),
    decision: orderRejected,
  },
  {
    given: 'a balance one minor unit short',
    outcome: 'the withdrawal is rejected: insufficient_funds',
    decide: () =>
      chargeOrder(
        { account: { user_id: '7', balanceMinor: 499_99 }, charge: undefined, nextOperationId: '12346' },
        order,
      ),
    decision: orderRejected,
  },
  {
    given: 'just enough money',
    outcome: 'it is withdrawn and nothing is left',
    decide: () =>
      chargeOrder(
        { account: { user_id: '7', balanceMinor: 500_00 }, charge: undefined, nextOperationId: '12346' },
        order,
      ),
    decision: orderCharged(0),
  },
  {
    given: 'more than enough money',
    outcome: 'it is withdrawn under the next operation id',
    decide: () => chargeOrder({ account, charge: undefined, nextOperationId: '12346' }, order),
    decision: orderCharged(500),
  },
])

const givenBack = (amount: string, balance: number): Decision => ({
  kind: 'event',
  event: {
    type: 'MoneyRefunded',
    user: '7',
    data: { user_id: 7, operation_id: '12347', order_id: '54321', amount, balance },
  },
  reply: {},
})
const back = { account, charge: withdrawn, nextOperationId: '12347' }

specify('billing: an order was cancelled or refunded', [
  {
    given: 'no account',
    outcome: 'nothing changes',
    decide: () => refundCharge({ ...back, account: undefined }, undefined),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'no charge',
    outcome: 'nothing changes',
    decide: () => refundCharge({ ...back, charge: undefined }, undefined),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'a charge that was rejected',
    outcome: 'nothing changes: nothing was taken',
    decide: () => refundCharge({ ...back, charge: rejected }, undefined),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'a charge that was given back already',
    outcome: 'nothing changes: it goes back once',
    decide: () => refundCharge({ ...back, charge: refunded }, 1),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'a charge of another user',
    outcome: 'nothing changes: it is not the money of this one',
    decide: () => refundCharge({ ...back, charge: { ...withdrawn, user_id: '8' } }, undefined),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'a charge and no amount',
    outcome: 'all of it goes back under the next operation id',
    decide: () => refundCharge(back, undefined),
    decision: givenBack('500', 1500),
  },
  {
    given: 'a charge and an amount',
    outcome: 'that part goes back',
    decide: () => refundCharge(back, 99_90),
    decision: givenBack('99.90', 1099.9),
  },
  {
    given: 'a charge and more than it was',
    outcome: 'no more goes back than was taken',
    decide: () => refundCharge(back, 500_01),
    decision: givenBack('500', 1500),
  },
  {
    given: 'a balance that can hold no more that is put',
    outcome: 'it goes back all the same: it is the user’s own money',
    decide: () => refundCharge({ ...back, account: full }, undefined),
    decision: givenBack('500', 10000000000499.98),
  },
  {
    given: 'the account of somebody who was erased',
    outcome: 'it goes back, and the books stay whole',
    decide: () => refundCharge({ ...back, account: { ...account, closed: true } }, undefined),
    decision: givenBack('500', 1500),
  },
])

specify('billing: somebody asks for a withdrawal', [
  {
    given: 'an order nobody has told of',
    outcome: 'it waits for the order; if that never comes it is unknown_order',
    decide: () => withdraw(undefined, { order_id: '54321', amount: 500_00 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'order_not_found', detail: 'there is no order 54321' },
      deadLetter: 'unknown_order',
      waitsFor: 'order 54321',
    },
  },
  {
    given: 'an order charged with another amount',
    outcome: 'it is set aside at once: amount_mismatch',
    decide: () => withdraw(withdrawn, { order_id: '54321', amount: 499_99 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'invalid_amount', detail: 'order 54321 costs 500, not 499.99' },
      deadLetter: 'amount_mismatch',
    },
  },
  {
    given: 'a rejected order and another amount',
    outcome: 'it is set aside at once: amount_mismatch',
    decide: () => withdraw(rejected, { order_id: '54321', amount: 1 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'invalid_amount', detail: 'order 54321 costs 500, not 0.01' },
      deadLetter: 'amount_mismatch',
    },
  },
  {
    given: 'a rejected order',
    outcome: 'it is set aside at once: order_rejected',
    decide: () => withdraw(rejected, { order_id: '54321', amount: 500_00 }),
    decision: {
      kind: 'refusal',
      refusal: { code: 'order_not_found', detail: 'order 54321 was rejected' },
      deadLetter: 'order_rejected',
    },
  },
  {
    given: 'an order charged with this amount',
    outcome: 'it agrees and nothing changes',
    decide: () => withdraw(withdrawn, { order_id: '54321', amount: 500_00 }),
    decision: { kind: 'nothing', reply: { order_id: '54321' } },
  },
  {
    given: 'an order charged with this amount, which was given back since',
    outcome: 'it agrees and nothing changes: an order is charged once',
    decide: () => withdraw(refunded, { order_id: '54321', amount: 500_00 }),
    decision: { kind: 'nothing', reply: { order_id: '54321' } },
  },
])

describe('billing: what a withdrawal waits for', () => {
  it('names the order', () => assert.equal(waitsForOrder('54321'), 'order 54321'))
})
