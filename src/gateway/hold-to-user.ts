/** A caller who is bound to a user sees and touches that user's things alone: others' are to it as if they were not there. */
import { createHash } from 'node:crypto'
import { cellOf } from '../actors/cells.ts'
import { notificationContract } from '../actors/notification/contract.ts'
import { orderContract } from '../actors/order/contract.ts'
import { querySubject } from '../bus/subjects.ts'
import { ask } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import type { Deadline } from './deadline.ts'
import type { Exchange } from './exchange.ts'
import { holdingOf } from './let-in.ts'
import type { GatewayPorts } from './ports.ts'
import { Refused, refuse } from './refused.ts'
import type { Route } from './route.ts'

type Fields = Record<string, unknown>

/**
 * The fields of a request that are to be asked instead of those it came with: none for most callers. Another's user
 * becomes one that nobody has, so that whatever is done, remembered and measured is what would be for nobody; without a
 * user where one may be left out, the caller's own is meant. Throws `Refused` for another's order or letter, as their
 * actors do for one that is not there.
 */
export const heldFields = async (
  ports: GatewayPorts,
  exchange: Exchange,
  route: Pick<Route, 'name'>,
  body: Fields,
  deadline: Deadline,
): Promise<{ user_id?: string }> => {
  const caller = exchange.get('caller')
  const holding = caller && holdingOf(caller, route)
  if (!caller?.user || holding === undefined || holding === 'free' || holding === 'never') return {}

  if (holding === 'user') {
    const { user_id: asked = caller.user } = body
    return { user_id: asked === caller.user ? caller.user : strangerFor(exchange, caller.user, String(asked)) }
  }
  if ((await ownerOf(ports, exchange, holding, body, deadline)) !== caller.user) throw absent(holding, body)
  return {}
}

/** What an actor said about the user that stands for another's is shown with the id that was asked for. */
export const unheld = (exchange: Exchange, fault: unknown): unknown => {
  const stranger = exchange.get('stranger')
  if (!stranger || !(fault instanceof Refused)) return fault
  const detail = fault.refusal.detail.replaceAll(stranger.shown, stranger.asked)
  return new Refused({ ...fault.refusal, detail }, fault.headers)
}

// The same for the same question: a request that comes again must be known again.
const strangerFor = (exchange: Exchange, own: string, asked: string): string => {
  const shown = `_${createHash('sha256').update(`${own}/${asked}`).digest('base64url')}`
  exchange.set('stranger', { asked, shown })
  return shown
}

const OWNED = {
  order: { contract: orderContract, query: 'GetOrder', field: 'order_id', code: 'order_not_found', noun: 'order' },
  letter: {
    contract: notificationContract,
    query: 'GetLetter',
    field: 'message_id',
    code: 'letter_not_found',
    noun: 'letter',
  },
} as const

const ownerOf = async (
  ports: GatewayPorts,
  exchange: Exchange,
  kind: keyof typeof OWNED,
  body: Fields,
  deadline: Deadline,
): Promise<string> => {
  const { contract, query, field } = OWNED[kind]
  const id = String(body[field])
  const subject = querySubject({ actor: contract.actor, cell: cellOf(id) }, query)
  const question = { subject, body: { [field]: id }, headers: askerHeaders(exchange) }
  const { value } = await ask(ports, question, deadline)
  return String((value as Fields).user_id)
}

const absent = (kind: keyof typeof OWNED, body: Fields): Refused => {
  const { code, noun, field } = OWNED[kind]
  return refuse(code, `there is no ${noun} ${body[field]}`)
}
