/** The billing actor: its rules over its tables, and whom it listens to. */
import type { ActorDefinition } from '../kernel/actor.ts'
import { openIdFloors } from '../kernel/epochs.ts'
import type { AppliedEvent } from '../kernel/event.ts'
import { NO_CURSOR, readCursor, toPage } from '../kernel/paging.ts'
import { orderThread } from '../order/contract.ts'
import { amountOut, balanceOut, endOfSecond, minorOf, momentOut, span, userIdOut } from '../values.ts'
import { billingContract, type ShownOperation } from './contract.ts'
import {
  chargeOrder,
  type KnownAccount,
  openAccount,
  putMoney,
  refundCharge,
  waitsForOrder,
  withdraw,
} from './rules.ts'
import { type AccountRow, auditBooks, BILLING_TABLES, type OperationRow, openBillingTables } from './tables.ts'

export const billingActor: ActorDefinition<typeof billingContract> = {
  contract: billingContract,
  tables: BILLING_TABLES,
  listensTo: ['order'],
  open: (store, _vault, settings) => {
    const tables = openBillingTables(store)
    const account = (userId: string): KnownAccount | undefined => knownAccount(tables.account(userId))
    const charge = (orderId: string) => {
      const row = tables.charge(orderId)
      if (!row) return undefined
      const { order_id, user_id, amount_minor, outcome } = row
      return { order_id, user_id, amountMinor: amount_minor, outcome }
    }
    const toRefund = ({ user, data }: AppliedEvent) => ({
      account: account(user as string),
      charge: charge(data.order_id),
      nextOperationId: nextOperationId(),
    })
    const leastId = openIdFloors(store)
    const nextOperationId = () => tables.nextOperationId(Math.max(settings.firstOperationId, leastId('operation')))
    const noUser = (userId: string) => ({
      refusal: { code: 'user_not_found' as const, detail: `there is no user ${userId}` },
    })

    return {
      decide: {
        PutMoney: body => putMoney(account(body.user_id), nextOperationId(), body),
        Withdraw: body => withdraw(charge(body.order_id), body),
      },

      apply: tables.apply,

      answer: {
        GetBalance: ({ user_id, at }) => {
          const row = tables.account(user_id)
          if (!row) return noUser(user_id)
          const balanceMinor = at === undefined ? row.balance_minor : tables.balanceAt(user_id, endOfSecond(at))
          return { reply: { user_id: userIdOut(user_id), balance: balanceOut(balanceMinor), version: row.version } }
        },
        GetHistory: ({ user_id, cursor, from, to, type, limit }) => {
          if (!tables.account(user_id)) return noUser(user_id)
          const after = readCursor(cursor)
          if (after === undefined) return NO_CURSOR
          const filter = { user_id, after, ...span(from, to), type: type ?? null }
          return toPage(
            limit,
            most => tables.history({ ...filter, limit: most }),
            shown,
            row => row.operation_id,
          )
        },
      },

      react: {
        order: {
          UserCreated: event => openAccount(account(event.user as string), event.user as string),
          OrderCancelled: event => refundCharge(toRefund(event), undefined),
          OrderRefunded: event => refundCharge(toRefund(event), minorOf(event.data.amount)),
          OrderCreated: event => {
            const order = {
              order_id: event.data.order_id as string,
              user_id: event.user as string,
              amountMinor: minorOf(event.data.total_amount),
            }
            const known = {
              account: account(order.user_id),
              charge: charge(order.order_id),
              nextOperationId: nextOperationId(),
            }
            return chargeOrder(known, order)
          },
        },
      },

      thread: ({ data }) => (typeof data.order_id === 'string' ? orderThread(data.order_id) : undefined),
      wakes: event =>
        event.type === 'MoneyWithdrawn' || event.type === 'WithdrawalRejected'
          ? [waitsForOrder(event.data.order_id)]
          : [],

      atOpen: () => [],
      effects: [],
      nextIds: () => ({ operation: Number(nextOperationId()) }),
      audit: () => auditBooks(store),
    }
  },
}

const knownAccount = (row: AccountRow | undefined): KnownAccount | undefined =>
  row && { user_id: row.user_id, balanceMinor: row.balance_minor, closed: row.closed === 1 }

const shown = (row: OperationRow): ShownOperation => ({
  operation_id: String(row.operation_id),
  user_id: userIdOut(row.user_id),
  type: row.type,
  amount: amountOut(row.amount_minor),
  timestamp: momentOut(row.at),
})
