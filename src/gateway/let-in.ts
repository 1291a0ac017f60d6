/** Whether the owner of a key may use a route at all; and without a key, nobody, once there are keys. */
import type { Access, Caller } from '../access/access.ts'
import { type Exchange, headerValues } from './exchange.ts'
import { CLIENTS, type Holding } from './permissions.ts'
import { Refused, refuse } from './refused.ts'
import type { Route } from './route.ts'

const BEARER = /^bearer +([\x21-\x7e]+)$/i
/** RFC 6750, 3. */
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="kassa"' }

/** Notes who asks. Throws `Refused`: 401 without a key that counts, 403 where its owner may not. */
export const letIn = (access: Access, exchange: Exchange, route: Pick<Route, 'name'>): void => {
  if (!access.isOn()) return
  const caller = callerOf(access, exchange)
  exchange.set('caller', caller)
  if (!mayUse(caller, route)) throw refuse('forbidden', `The key of ${caller.name} does not reach that far`)
}

/** Whether who asks is an operator, or anybody while there are no keys. */
export const isOperator = (access: Access, exchange: Exchange): boolean => {
  if (!access.isOn()) return true
  const key = keyIn(exchange)
  return key !== undefined && access.callerWith(key)?.role === 'operator'
}

/** How `caller` is held on `route`; `undefined` for one who is not. */
export const holdingOf = ({ user }: Caller, { name }: Pick<Route, 'name'>): Holding | undefined =>
  user === undefined ? undefined : (CLIENTS as Record<string, Holding>)[name]

const callerOf = (access: Access, exchange: Exchange): Caller => {
  const key = keyIn(exchange)
  if (key === undefined)
    throw new Refused({ code: 'key_missing', detail: 'Send a key as Authorization: Bearer …' }, CHALLENGE)
  const caller = access.callerWith(key)
  if (caller) return caller
  throw new Refused({ code: 'key_invalid', detail: 'Nobody has this key, or not any more' }, CHALLENGE)
}

const keyIn = (exchange: Exchange): string | undefined => {
  const values = headerValues(exchange, 'authorization')
  if (values.length > 1) throw refuse('invalid_field', 'There should be one Authorization header')
  return values[0] === undefined ? undefined : (BEARER.exec(values[0])?.[1] ?? '')
}

const mayUse = ({ role, user }: Caller, { name }: Pick<Route, 'name'>): boolean => {
  if (role === 'operator') return true
  const holding = (CLIENTS as Record<string, Holding>)[name]
  return holding !== undefined && (user === undefined || holding !== 'never')
}
