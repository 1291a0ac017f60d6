/** Who may use a route, once there are keys: the owner of one, as far as it reaches and not too often. */
import type { Access } from '../access/access.ts'
import type { Caller } from '../access/access-key.ts'
import { KeysAway } from '../access/jwt.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Clock } from '../world/clock.ts'
import { type Exchange, headerValues } from './exchange.ts'
import { networkOf } from './network-of.ts'
import { CLIENTS, type Holding } from './permissions.ts'
import { createBuckets, rateHeaders } from './rate-limit.ts'
import { Refused, refuse } from './refused.ts'
import type { Route } from './route.ts'

const BEARER = /^bearer +([\x21-\x7e]+)$/i
/** RFC 6750, 3. */
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="kassa"' }

/** The port of the doors: `trustProxy` says that the address of who asks is the proxy's to tell. */
type Doors = { access: Access; clock: Clock; rateLimit: number; trustProxy: boolean }

/** So many seconds' worth of requests may come at once. */
const BURST_S = 10

/**
 * Makes the door of every route. It notes who asks, and rejects with `Refused`: 401 without a key that counts, 403 where
 * its owner may not, 429 for one who asks too often; with `Unavailable` when nobody can tell whose token it is.
 */
export const createDoor = ({ access, clock, rateLimit, trustProxy }: Doors) => {
  const limit = { rate: rateLimit, seconds: BURST_S }
  const buckets = createBuckets(limit, clock)

  const count = (exchange: Exchange, whose: string) => {
    if (rateLimit === 0) return
    const taken = buckets.take(whose)
    const headers = rateHeaders(limit, taken)
    if (!taken.ok) throw new Refused({ code: 'rate_limited', detail: 'These are too many requests' }, headers)
    for (const [name, value] of Object.entries(headers)) exchange.header(name, value)
  }

  return async (exchange: Exchange, route: Pick<Route, 'name'>): Promise<void> => {
    const caller = await callerOf(access, exchange)
    // Whoever guesses is counted by address, so that nobody else is kept out by it.
    count(exchange, 'refusal' in caller ? `address ${addressOf(exchange, trustProxy)}` : `key of ${caller.name}`)
    if ('refusal' in caller) throw caller
    exchange.set('caller', caller)
    if (!mayUse(caller, route)) throw refuse('forbidden', `The key of ${caller.name} does not reach that far`)
  }
}

/** Whether who asks is an operator, or anybody while there are no keys. */
export const isOperator = async (access: Access, exchange: Exchange): Promise<boolean> => {
  if (!access.isOn()) return true
  const caller = await callerOf(access, exchange)
  return 'role' in caller && caller.role === 'operator'
}

/** How `caller` is held on `route`; `undefined` for one who is not. */
export const holdingOf = ({ user }: Caller, { name }: Pick<Route, 'name'>): Holding | undefined =>
  user === undefined ? undefined : holdingOn(name)

const callerOf = async (access: Access, exchange: Exchange): Promise<Caller | Refused> => {
  const key = keyIn(exchange)
  if (key === undefined)
    return new Refused({ code: 'key_missing', detail: 'Send a key as Authorization: Bearer …' }, CHALLENGE)
  try {
    const caller = await access.callerWith(key)
    if (caller) return caller
  } catch (fault) {
    if (!(fault instanceof KeysAway)) throw fault
    throw new Unavailable(fault.message, 'unavailable', { cause: fault })
  }
  return new Refused({ code: 'key_invalid', detail: 'Nobody has this key, or not any more' }, CHALLENGE)
}

/** Behind a proxy, what it added last: the rest is what the client says of itself. */
const addressOf = (exchange: Exchange, trustProxy: boolean): string => {
  const told = trustProxy ? exchange.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  return networkOf(told ?? exchange.env?.incoming?.socket.remoteAddress ?? '')
}

const keyIn = (exchange: Exchange): string | undefined => {
  const values = headerValues(exchange, 'authorization')
  if (values.length > 1) throw refuse('invalid_field', 'There should be one Authorization header')
  return values[0] === undefined ? undefined : (BEARER.exec(values[0])?.[1] ?? '')
}

/** How the route is for clients; `undefined`: not at all. */
const holdingOn = (name: string): Holding | undefined => (CLIENTS as Record<string, Holding>)[name]

const mayUse = ({ role, user }: Caller, { name }: Pick<Route, 'name'>): boolean => {
  if (role === 'operator') return true
  const holding = holdingOn(name)
  return holding !== undefined && (user === undefined || holding !== 'never')
}
