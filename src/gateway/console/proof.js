/** A burst of orders, and what became of each afterwards, as the API tells it: nothing lost, nothing doubled. */
import { get, post } from './api.js'
import { countOpen, minor, weigh, whole } from './weigh.js'

const PRODUCT = '12345'
const BUYER = { first_name: 'Ada', last_name: 'Example', email: 'ada@example.com' }
const PAUSE_MS = 200
/** An answer that does not come is asked for again under the same key, for so long. */
const PATIENCE_MS = 60_000
/** So many orders are looked at at once. */
const AT_ONCE = 10

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Asks until there is an answer: a no of a rule is one, a part that is away is none. */
const untilAnswered = async ask => {
  const begun = Date.now()
  for (;;) {
    try {
      return await ask()
    } catch (fault) {
      const final = fault.status !== undefined && fault.status < 500 && fault.status !== 429
      if (final || Date.now() - begun > PATIENCE_MS) throw fault
      await pause(PAUSE_MS)
    }
  }
}

/** Sends a command under one key until there is an answer. */
const send = (path, body) => {
  const key = crypto.randomUUID()
  return untilAnswered(() => post(path, body, key))
}

/** Everything that Kassa holds on the buyer. */
const look = userId => untilAnswered(() => get(`/v1/users/${userId}/export`))

/** The order of each charge, by the log of billing. */
const chargesOf = async orders => {
  const ids = orders.map(({ order_id }) => order_id)
  const charged = []
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const timelines = await Promise.all(some.map(id => untilAnswered(() => get(`/v1/orders/${id}/timeline`))))
    for (const { items } of timelines)
      charged.push(...items.filter(({ type }) => type === 'MoneyWithdrawn').map(({ data }) => data.order_id))
  }
  return charged
}

/**
 * Makes a buyer with the money for `wanted` orders, places them one after the other, waits until each is settled, and
 * weighs what is there then. `taken` hears after each order how many there are.
 */
export const placeAndProve = async (wanted, taken) => {
  const { price } = await untilAnswered(() => get(`/v1/products/${PRODUCT}`))
  const put = whole(minor(price) * wanted)
  const { user_id } = await send('/user/create', BUYER)
  await send('/money/put', { user_id, amount: put })
  const placed = []
  while (placed.length < wanted) {
    const { order_id } = await send('/orders/create', { user_id, product_id: PRODUCT, quantity: 1 })
    placed.push(order_id)
    taken(placed.length)
    await pause(PAUSE_MS)
  }
  let held = await look(user_id)
  for (const begun = Date.now(); countOpen(held) > 0 && Date.now() - begun < PATIENCE_MS; held = await look(user_id))
    await pause(PAUSE_MS)
  return { user_id, ...weigh(held, { put, placed, charged: await chargesOf(held.orders) }) }
}
