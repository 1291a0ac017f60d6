/** Waiting for what follows from a reply, and what is said of it in headers: the documented body of an order stays `Pending`. */
import { cellOf } from '../actors/cells.ts'
import { type OrderStatus, orderContract } from '../actors/order/contract.ts'
import { querySubject } from '../bus/subjects.ts'
import { askOnce } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import type { Deadline } from './deadline.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayPorts } from './ports.ts'
import type { CommandRoute } from './route.ts'
import type { Watch } from './settle.ts'

/** One quick look at an order that has not settled in time, ms. */
const LOOK_MS = 200

type Settled = {
  exchange: Exchange
  route: CommandRoute
  reply: Record<string, unknown>
  replayed: boolean
  deadline: Deadline
}

/** Waits for what follows and gives the headers that tell of it. Never throws: the command is carried out, come what may. */
export const settled = async (ports: GatewayPorts, watch: Watch, about: Settled): Promise<Record<string, string>> => {
  const { clock } = ports
  const since = clock.monotonic()
  const headers = await headersAfter(ports, watch, about)
  about.deadline.timing?.settled(clock.monotonic() - since)
  return headers
}

const headersAfter = async (ports: GatewayPorts, watch: Watch, about: Settled): Promise<Record<string, string>> => {
  const { exchange, route, reply, replayed, deadline } = about
  const async = /(?:^|[\s,])respond-async(?:$|[\s,;])/i.test(exchange.req.header('prefer') ?? '')
  const applied = async ? { 'Preference-Applied': 'respond-async' } : undefined
  const waitMs = async || replayed ? 0 : Math.min(ports.config.settleWaitMs, deadline.leftMs())

  if (route.settles === 'account') {
    await watch.account(String(reply.user_id), waitMs)
    return { ...applied }
  }

  if (route.settles === 'erasure') {
    await watch.erasure(String(reply.user_id), waitMs)
    return { ...applied }
  }

  const orderId = String(reply.order_id)
  if (route.settles !== 'order' && !replayed) {
    const status = reply.status as OrderStatus
    await watch.ending(orderId, status, waitMs)
    return { ...applied, 'Order-Status': status }
  }

  const heard = replayed ? undefined : await watch.order(orderId, waitMs)
  const status = heard ?? (waitMs > 0 || replayed ? await look(ports, exchange, orderId) : undefined)
  // A reply of long ago says nothing of today; a new one is Pending until we know better.
  const shown = status ?? (replayed ? undefined : 'Pending')
  return { ...applied, ...(shown ? { 'Order-Status': shown } : {}) }
}

const look = async (ports: GatewayPorts, exchange: Exchange, orderId: string): Promise<string | undefined> => {
  const subject = querySubject({ actor: orderContract.actor, cell: cellOf(orderId) }, 'GetOrder')
  const question = { subject, body: { order_id: orderId }, headers: askerHeaders(exchange) }
  try {
    const { value } = await askOnce(ports, question, LOOK_MS)
    return orderContract.queries.GetOrder.reply.parse(value).status
  } catch {
    // The header is a courtesy; whatever is wrong here must not become the reply to an order that is taken.
    return undefined
  }
}
