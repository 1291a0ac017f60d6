/** Fills a shop with orders, through the turns of its actors, and quicker than anybody could ask for them. */
import { systemClock } from '../../src/world/clock.ts'
import { openShop, PARTS } from './shop.ts'

/** Who is in a filled shop: the regular customer, who made one order in ten, and all others. */
export type Customers = {
  regular: string
  others: string[]
  /** The number of the operation half way through the filled history. */
  middle: number
}

/** Orders of one customer, the regular one left out. */
const ORDERS_EACH = 50
/** One of so many orders is the regular customer's, whose history gets long. */
const REGULAR_EVERY = 10
/** Orders of a turn. A larger one leaves the same rows behind, with fewer commits on the way. */
const AT_ONCE = 1000
/** Orders a second of the clock that the entries show: no key is so old in the end that it would be forgotten. */
const PER_SECOND = 20
const USERS_AT_ONCE = 500
const SAY_EVERY = 50_000

/** Makes a shop of `orders` orders in `directory`, closed and as it would lie there; gives its customers. */
export const fillShop = (directory: string, orders: number, say: (line: string) => void): Customers => {
  let at = systemClock.now() - ((orders + ORDERS_EACH) / PER_SECOND) * 1000
  const shop = openShop(directory, { ...systemClock, now: () => at })
  // Nobody was promised these: the power may go before they are on the disk.
  for (const part of PARTS) shop.parts[part].guarded.store.pragma('synchronous = OFF')

  const wanted = Math.ceil(orders / ORDERS_EACH) + 1
  const userIds: string[] = []
  while (userIds.length < wanted) userIds.push(...shop.makeUsers(Math.min(USERS_AT_ONCE, wanted - userIds.length)))
  const [regular, ...others] = userIds as [string, ...string[]]

  const began = performance.now()
  for (let done = 0; done < orders; ) {
    const count = Math.min(AT_ONCE, orders - done)
    shop.lap(Array.from({ length: count }, (_, index) => customerOf(done + index, regular, others)))
    for (const part of PARTS) shop.parts[part].guarded.tidy()
    at += (count / PER_SECOND) * 1000
    done += count
    if (done % SAY_EVERY === 0) say(`${done} of ${orders} orders, ${perSecond(done, began)}/s`)
  }
  say(`${orders} orders filled in, ${perSecond(orders, began)}/s`)
  const next = shop.parts.billing.core.behaviour.nextIds?.().operation as number
  shop.close()
  return { regular, others, middle: next - Math.ceil(orders / 2) }
}

const customerOf = (order: number, regular: string, others: readonly string[]): string =>
  order % REGULAR_EVERY === 0 ? regular : others[order % others.length]!

const perSecond = (orders: number, began: number): number => Math.round((orders * 1000) / (performance.now() - began))
