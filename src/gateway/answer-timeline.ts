/** A request for what happened to an order: the steps of every actor's log, merged. */
import { cellOf } from '../actors/cells.ts'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { orderThread } from '../actors/order/contract.ts'
import { ACTOR_NAMES } from '../actors/registry.ts'
import { readParameters } from '../bus/contract.ts'
import { querySubject } from '../bus/subjects.ts'
import { ask } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import { deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { heldFields } from './hold-to-user.ts'
import { mergeSteps } from './order-steps.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import { refuse } from './refused.ts'
import type { TimelineRoute } from './route.ts'

/** The handler of the timeline. */
export const answerTimeline =
  (ports: GatewayPorts, route: TimelineRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const { order_id } = readParameters(route.spec.body, parametersOf(exchange)) as { order_id: string }
    const deadline = deadlineOf(ports, exchange)
    await heldFields(ports, exchange, route, { order_id }, deadline)
    const headers = askerHeaders(exchange)

    const logs = await Promise.all(
      ACTOR_NAMES.map(async actor => {
        const subject = querySubject({ actor, cell: cellOf(order_id) }, 'GetTimeline')
        const { value } = await ask(ports, { subject, body: { thread: orderThread(order_id) }, headers }, deadline)
        return kernelContract.queries.GetTimeline.reply.parse(value).items
      }),
    )
    const items = mergeSteps(logs)
    if (items.length === 0) throw refuse('order_not_found', `There is no order ${order_id}`)
    return sendJson(exchange, route.success, JSON.stringify({ items, next_cursor: null }))
  }
