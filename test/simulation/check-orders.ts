/** Checks of the orders: each comes to its one end, is charged and given back at most once, and has the letters that belong to it. */
import type { FinalState } from './final-state.ts'
import { type Fact, writesLetter } from './history.ts'

/** What is wrong with the orders, a line each. */
export const checkOrders = ({ logs, loud }: FinalState): string[] => {
  const faults: string[] = []
  const orders = logs.order.facts
  const created = orders.filter(({ type }) => type === 'OrderCreated')
  const ends = byOrder(orders.filter(({ type }) => ENDS.has(type)))
  const refunds = byOrder(orders.filter(({ type }) => type === 'OrderRefunded'))
  const back = byOrder(logs.billing.facts.filter(({ type }) => type === 'MoneyRefunded'))
  const withdrawn = byOrder(logs.billing.facts.filter(({ type }) => type === 'MoneyWithdrawn'))
  const refused = byOrder(logs.billing.facts.filter(({ type }) => type === 'WithdrawalRejected'))
  const letters = byOrder(logs.notification.facts.filter(writesLetter))

  for (const [id, charges] of withdrawn)
    if (charges.length > 1) faults.push(`order ${id} was charged ${charges.length} times`)
  for (const [id, all] of back) if (all.length > 1) faults.push(`order ${id} was given back ${all.length} times`)
  for (const [id, all] of refunds) if (all.length > 1) faults.push(`order ${id} was refunded ${all.length} times`)
  for (const [id, all] of ends) if (all.length > 1) faults.push(`order ${id} ended ${all.length} times`)
  for (const [id, all] of letters)
    if (new Set(all.map(letterType)).size < all.length) faults.push(`order ${id} has a letter twice`)
  const erased = new Set(logs.notification.facts.flatMap(({ type, user }) => (type === 'PersonErased' ? [user] : [])))
  // Where a history was lost and said to be, an order may stand still until a person has decided.
  if (loud) return faults

  for (const { data, user } of created) {
    const id = data.order_id as string
    const end = ends.get(id)?.[0]
    const types = (letters.get(id) ?? []).map(letterType).sort().join(' ')
    // Whoever is erased is written to no more.
    const hasLetters = (expected: string): boolean =>
      types === expected || (erased.has(user) && types.split(' ').every(type => `${expected} `.includes(`${type} `)))
    const charge = withdrawn.get(id)?.[0]
    const refund = refunds.get(id)?.[0]
    const given = back.get(id)?.[0]?.data.amount
    if (!end) faults.push(`order ${id} never ended`)
    else if (end.type === 'OrderConfirmed') {
      if (charge?.data.amount !== data.total_amount || charge?.user !== user)
        faults.push(
          `order ${id} of ${data.total_amount} for ${user} was charged ${charge?.data.amount} to ${charge?.user}`,
        )
      if (!hasLetters(`order_confirmed order_pending${refund ? ' order_refunded' : ''}`))
        faults.push(`confirmed order ${id} has the letters ${types}`)
      if (given !== refund?.data.amount)
        faults.push(`order ${id} was refunded ${refund?.data.amount}, and ${given} came back`)
    } else if (end.type === 'OrderCancelled') {
      // Given up: whatever was taken came back, whole.
      if (given !== charge?.data.amount)
        faults.push(`cancelled order ${id} was charged ${charge?.data.amount}, and ${given} came back`)
      if (!charge && refused.get(id)?.length !== 1)
        faults.push(`cancelled order ${id} was neither charged nor rejected by billing`)
      if (refund) faults.push(`cancelled order ${id} was refunded`)
      if (!hasLetters('order_cancelled order_pending')) faults.push(`cancelled order ${id} has the letters ${types}`)
    } else {
      if (charge || given || refund) faults.push(`order ${id} is rejected and charged`)
      if (refused.get(id)?.length !== 1) faults.push(`order ${id} is rejected and billing did not reject it once`)
      if (!hasLetters('order_pending order_rejected')) faults.push(`rejected order ${id} has the letters ${types}`)
    }
  }
  const known = new Set(created.map(({ data }) => data.order_id as string))
  for (const id of [...withdrawn.keys(), ...letters.keys()])
    if (!known.has(id)) faults.push(`order ${id} has a charge or a letter, and there is no such order`)
  return faults
}

const ENDS = new Set(['OrderConfirmed', 'OrderRejected', 'OrderCancelled'])

const letterType = ({ data }: Fact): string => data.notification_type

const byOrder = (facts: Fact[]): Map<string, Fact[]> => Map.groupBy(facts, ({ data }) => data.order_id as string)
