/** What a buyer was promised against what is there: lost, doubled, charged, told of. */

/** Amounts are reckoned in the smallest unit, in which no fraction is lost. */
export const minor = amount => Math.round(Number(amount) * 100)
export const whole = amountMinor => (amountMinor / 100).toFixed(2)

/** How often each id stands in a list. */
const counted = ids => {
  const counts = new Map()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

const sum = counts => [...counts.values()].reduce((all, count) => all + count, 0)

/** The letters by which a buyer's orders were confirmed. */
export const confirmations = letters =>
  letters.filter(({ notification_type }) => notification_type === 'order_confirmed')

/** How many orders wait for their end, or for the letter of it to be sent. */
export const countOpen = ({ orders, letters }) => {
  const sent = new Set(
    confirmations(letters)
      .filter(({ status }) => status === 'Sent')
      .map(({ order_id }) => order_id),
  )
  return orders.filter(
    ({ order_id, status }) => status === 'Pending' || (status === 'Confirmed' && !sent.has(order_id)),
  ).length
}

/**
 * Weighs what is `held` on a buyer (an export), who had put `put` and nothing else, against the ids of the orders that were
 * acknowledged. `charged` are the ids of the orders that billing's log charged, each as often as it did.
 */
export const weigh = (held, { put, placed, charged }) => {
  const { orders, operations, balance } = held
  const known = new Set(orders.map(({ order_id }) => order_id))
  const asked = new Set(placed)
  const charges = counted(charged)
  const told = counted(confirmations(held.letters).map(({ order_id }) => order_id))
  const withdrawals = operations.filter(({ type }) => type === 'withdrawal').length
  const confirmed = orders.filter(({ status }) => status === 'Confirmed')
  const once = counts => confirmed.filter(({ order_id }) => counts.get(order_id) === 1).length
  const tooMany = counts => sum(counts) - counts.size
  const cost = confirmed.reduce((all, { total_amount }) => all + minor(total_amount), 0)
  return {
    acknowledged: placed.length,
    // Two answers that name one order are one order too few.
    lost: placed.length - [...asked].filter(id => known.has(id)).length,
    doubled:
      orders.filter(({ order_id }) => !asked.has(order_id)).length +
      (orders.length - known.size) +
      tooMany(charges) +
      tooMany(told) +
      Math.max(0, withdrawals - charged.length),
    open: countOpen(held),
    confirmed: confirmed.length,
    chargedOnce: once(charges),
    toldOnce: once(told),
    balance: whole(minor(balance)),
    expected: whole(minor(put) - cost),
  }
}

/** Whether all `wanted` orders were taken and carried out, each exactly once. */
export const isGood = (wanted, { acknowledged, lost, doubled, open, ...found }) =>
  acknowledged === wanted &&
  lost + doubled + open === 0 &&
  [found.confirmed, found.chargedOnce, found.toldOnce].every(count => count === wanted) &&
  found.balance === found.expected
