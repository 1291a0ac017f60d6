/** Fills a shop with orders, through the turns of its actors, and quicker than anybody could ask for them. */
import { systemClock } from '../../src/world/clock.ts'
import { openShop, PARTS } from './shop.ts'

/** Who is in a filled shop. */
export type Customers = {
  all: string[]
  /** One in a hundred, who have half of all orders between them. */
  regulars: string[]
  /** The number of the operation half way through what was filled in. */
  middle: number
}

const REGULAR_EVERY = 100
/** Orders of a turn. A larger one leaves the same rows behind, with fewer commits on the way. */
const AT_ONCE = 1000
/** Orders a second of the clock that the entries show: no key is so old in the end that it would be forgotten. */
const PER_SECOND = 20
const USERS_AT_ONCE = 500
const SAY_EVERY = 50_000

/** Makes a shop of `orders` orders of `users` in `directory`, closed and as it would lie there; gives its customers. */
export const fillShop = (
  directory: string,
  { orders, users }: { orders: number; users: number },
  say: (line: string) => void,
): Customers => {
  let at = systemClock.now() - (orders / PER_SECOND) * 1000
  const shop = openShop(directory, { ...systemClock, now: () => at })
  // Nobody was promised these: the power may go before they are on the disk.
  for (const part of PARTS) shop.parts[part].guarded.store.pragma('synchronous = OFF')
  const tidy = () => {
    for (const part of PARTS) shop.parts[part].guarded.tidy()
  }

  const all: string[] = []
  while (all.length < users) {
    all.push(...shop.makeUsers(Math.min(USERS_AT_ONCE, users - all.length)))
    tidy()
  }
  const regulars = all.filter((_, index) => index % REGULAR_EVERY === 0)

  const began = performance.now()
  for (let done = 0; done < orders; ) {
    const count = Math.min(AT_ONCE, orders - done)
    shop.lap(Array.from({ length: count }, (_, index) => customerOf(done + index, all, regulars)))
    tidy()
    at += (count / PER_SECOND) * 1000
    done += count
    if (done % SAY_EVERY === 0) say(`${done} of ${orders} orders, ${perSecond(done, began)}/s`)
  }
  say(`${orders} orders filled in, ${perSecond(orders, began)}/s`)
  const next = shop.parts.billing.core.behaviour.nextIds?.().operation as number
  shop.close()
  return { all, regulars, middle: next - Math.ceil(orders / 2) }
}

const customerOf = (order: number, all: readonly string[], regulars: readonly string[]): string => {
  const whose = order % 2 === 0 ? regulars : all
  return whose[Math.floor(order / 2) % whose.length]!
}

const perSecond = (orders: number, began: number): number => Math.round((orders * 1000) / (performance.now() - began))
