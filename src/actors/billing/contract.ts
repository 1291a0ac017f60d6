/** What the billing actor answers and publishes: accounts, operations, charges. */
import { z } from 'zod'
import { defineActorContract, pageFields, pageOf } from '../kernel/kernel-contract.ts'
import { amount, id, moment, shownAmount, shownBalance, shownId, shownMoment, shownUserId } from '../values.ts'

const OPERATION_TYPES = ['refill', 'withdrawal', 'refund'] as const
export type OperationType = (typeof OPERATION_TYPES)[number]

/** A row of a user's money history. */
export const shownOperation = z.object({
  operation_id: shownId,
  user_id: shownUserId,
  type: z.enum(OPERATION_TYPES),
  amount: shownAmount,
  timestamp: shownMoment,
})
export type ShownOperation = z.infer<typeof shownOperation>

export const billingContract = defineActorContract({
  actor: 'billing',
  summary: "users' money: accounts, operations, charges",
  commands: {
    PutMoney: {
      summary: "put money on a user's account",
      body: z.strictObject({ user_id: id, amount }),
      reply: z.object({ balance: shownBalance }),
      refusals: ['user_not_found', 'balance_limit'],
    },
    Withdraw: {
      summary: 'charge an order; an order is charged at most once, whoever asks',
      body: z.strictObject({ order_id: id, amount }),
      reply: z.object({ order_id: shownId }),
      refusals: ['order_not_found'],
      queueOnly: true,
    },
  },
  queries: {
    GetHistory: {
      summary: "a user's operations, the oldest first",
      body: z.strictObject({
        user_id: id,
        ...pageFields,
        from: moment.optional(),
        to: moment.optional(),
        type: z.enum(OPERATION_TYPES).optional(),
      }),
      reply: pageOf(shownOperation),
      refusals: ['user_not_found'],
    },
    GetBalance: {
      summary: "a user's balance, now or at a moment",
      body: z.strictObject({ user_id: id, at: moment.optional() }),
      reply: z.object({ user_id: shownUserId, balance: shownBalance, version: z.int() }),
      refusals: ['user_not_found'],
    },
  },
  events: {
    AccountOpened: { summary: 'a user can hold money', data: z.object({ user_id: shownUserId }) },
    MoneyPut: {
      summary: 'money came in',
      data: z.object({
        user_id: shownUserId,
        operation_id: shownId,
        amount: shownAmount,
        balance: shownBalance,
      }),
    },
    MoneyWithdrawn: {
      summary: 'an order was charged',
      data: z.object({
        user_id: shownUserId,
        operation_id: shownId,
        order_id: shownId,
        amount: shownAmount,
        balance: shownBalance,
      }),
    },
    MoneyRefunded: {
      summary: 'what an order was charged is given back, all or part of it',
      data: z.object({
        user_id: shownUserId,
        operation_id: shownId,
        order_id: shownId,
        amount: shownAmount,
        balance: shownBalance,
      }),
    },
    WithdrawalRejected: {
      summary: 'an order could not be charged, and never will be',
      data: z.object({ user_id: shownUserId, order_id: shownId, amount: shownAmount, reason: z.string() }),
    },
    OutcomeRepeated: {
      summary: 'an order came again after its owner had lost it: what became of its charge, told once more',
      data: z.object({
        user_id: shownUserId,
        order_id: shownId,
        amount: shownAmount,
        outcome: z
          .enum(['withdrawn', 'rejected', 'refunded', 'charged otherwise'])
          .describe('the last where the charge is of another user or amount'),
        reason: z.string().nullable(),
      }),
    },
  },
})
