/** When money moves, and when not. Pure: given what is known, what follows? Amounts are minor units. */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { amountOut, balanceOut, MAX_BALANCE_MINOR, userIdOut } from '../values.ts'

/** An account; a closed one belonged to somebody who was erased. */
export type KnownAccount = { user_id: string; balanceMinor: number; closed?: boolean }

/** What became of the one charge of an order. */
export type KnownCharge = {
  order_id: string
  user_id: string
  amountMinor: number
  outcome: 'withdrawn' | 'rejected' | 'refunded'
}

/** Why an order could not be charged; it is the order's `reason` and the letter's cause. */
const SHORT_BALANCE = 'insufficient_funds'

/** A user can hold money from now on. */
export const openAccount = (account: KnownAccount | undefined, userId: string): Decision =>
  account ? nothing() : happened({ type: 'AccountOpened', user: userId, data: { user_id: userIdOut(userId) } })

/** Money comes in. */
export const putMoney = (
  account: KnownAccount | undefined,
  nextOperationId: string,
  command: { user_id: string; amount: number },
): Decision => {
  if (!account || account.closed) return refuse('user_not_found', `there is no user ${command.user_id}`)
  if (account.balanceMinor + command.amount > MAX_BALANCE_MINOR)
    return refuse('balance_limit', `a balance can be ${amountOut(MAX_BALANCE_MINOR)} at the most; nothing was changed`)

  const balance = balanceOut(account.balanceMinor + command.amount)
  return happened(
    {
      type: 'MoneyPut',
      user: account.user_id,
      data: {
        user_id: userIdOut(account.user_id),
        operation_id: nextOperationId,
        amount: amountOut(command.amount),
        balance,
      },
    },
    { balance },
  )
}

/**
 * An order is charged, once. No account is an empty account: the order says which user pays. One that comes again was
 * lost by its owner and sent once more (protocol, R16): its owner is told again what became of it.
 */
export const chargeOrder = (
  known: { account: KnownAccount | undefined; charge: KnownCharge | undefined; nextOperationId: string },
  order: { order_id: string; user_id: string; amountMinor: number },
): Decision => {
  if (known.charge) return repeatOutcome(known.charge, order)
  const { order_id, user_id, amountMinor } = order
  const data = { user_id: userIdOut(user_id), order_id, amount: amountOut(amountMinor) }
  const balanceMinor = known.account?.balanceMinor ?? 0
  if (balanceMinor < amountMinor)
    return happened({ type: 'WithdrawalRejected', user: user_id, data: { ...data, reason: SHORT_BALANCE } })

  const balance = balanceOut(balanceMinor - amountMinor)
  return happened({
    type: 'MoneyWithdrawn',
    user: user_id,
    data: { ...data, operation_id: known.nextOperationId, balance },
  })
}

// Under other content the charge is not for this order: it is to end without one.
const repeatOutcome = (
  charge: KnownCharge,
  { order_id, user_id, amountMinor }: { order_id: string; user_id: string; amountMinor: number },
): Decision => {
  const isSame = charge.user_id === user_id && charge.amountMinor === amountMinor
  const outcome = isSame ? charge.outcome : 'charged otherwise'
  const reason = outcome === 'rejected' ? SHORT_BALANCE : null
  const data = { user_id: userIdOut(user_id), order_id, amount: amountOut(amountMinor), outcome, reason }
  return happened({ type: 'OutcomeRepeated', user: user_id, data })
}

/**
 * What an order was charged goes back to its user, once. It is the user's own money: it goes back even where the balance
 * would then be more than could be put.
 */
export const refundCharge = (
  known: { account: KnownAccount | undefined; charge: KnownCharge | undefined; nextOperationId: string },
  amountMinor: number | undefined,
): Decision => {
  const { account, charge, nextOperationId } = known
  if (!account || charge?.outcome !== 'withdrawn' || charge.user_id !== account.user_id) return nothing()
  const backMinor = Math.min(amountMinor ?? charge.amountMinor, charge.amountMinor)
  return happened({
    type: 'MoneyRefunded',
    user: account.user_id,
    data: {
      user_id: userIdOut(account.user_id),
      operation_id: nextOperationId,
      order_id: charge.order_id,
      amount: amountOut(backMinor),
      balance: balanceOut(account.balanceMinor + backMinor),
    },
  })
}

/**
 * A withdrawal that somebody asks for. The order itself is charged when it is taken, so this one only agrees with
 * what was done, or waits for its order, or is a no.
 */
export const withdraw = (charge: KnownCharge | undefined, command: { order_id: string; amount: number }): Decision => {
  const { order_id, amount } = command
  if (!charge)
    return refuse('order_not_found', `there is no order ${order_id}`, {
      waitsFor: waitsForOrder(order_id),
      deadLetter: 'unknown_order',
    })
  if (charge.amountMinor !== amount)
    return refuse(
      'invalid_amount',
      `order ${order_id} costs ${amountOut(charge.amountMinor)}, not ${amountOut(amount)}`,
      {
        deadLetter: 'amount_mismatch',
      },
    )
  if (charge.outcome === 'rejected')
    return refuse('order_not_found', `order ${order_id} was rejected`, { deadLetter: 'order_rejected' })
  return nothing({ order_id })
}

/** What a withdrawal waits for that comes before its order. */
export const waitsForOrder = (orderId: string): string => `order ${orderId}`
