/** A request for a list under /v1: one page of an actor, with the cursor of the next. */
import { CELLS, cellOf } from '../actors/cells.ts'
import type { Page } from '../actors/kernel/kernel-contract.ts'
import { readParameters } from '../bus/contract.ts'
import { querySubject } from '../bus/subjects.ts'
import { ask } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import { deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { heldFields } from './hold-to-user.ts'
import { linkTo } from './link.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import type { PageRoute } from './route.ts'
import { createPageReader } from './written-page.ts'

/** Rows of a page unless another number is asked for; an actor gives a thousand at the most. */
const ROWS_USUAL = 100

/** The handler of a page. */
export const answerPage = (ports: GatewayPorts, route: PageRoute) => {
  const readWritten = createPageReader(route.spec.reply)

  return async (exchange: Exchange): Promise<Response> => {
    const raw = parametersOf(exchange)
    const read = readParameters(route.spec.body, raw)
    const deadline = deadlineOf(ports, exchange)
    const held = await heldFields(ports, exchange, route, read, deadline)
    const subject = querySubject({ actor: route.actor, cell: cellFor(route, { ...read, ...held }) }, route.name)
    const body = { limit: String(ROWS_USUAL), ...raw, ...held }
    const answer = await ask(ports, { subject, body, headers: askerHeaders(exchange) }, deadline)
    const written = readWritten(answer.text)
    if (written) return sendJson(exchange, route.success, answer.text, linkTo(route.path, raw, written.next_cursor))

    const page = route.spec.reply.parse(answer.value) as Page<unknown>
    return sendJson(exchange, route.success, JSON.stringify(page), linkTo(route.path, raw, page.next_cursor))
  }
}

// Where no field tells the cell all of them are meant; as yet that is one. With more, their pages are to be merged as
// those of the dead letters are.
const cellFor = ({ cellBy }: PageRoute, body: Record<string, unknown>): number =>
  cellBy === undefined || body[cellBy] === undefined ? (CELLS[0] as number) : cellOf(String(body[cellBy]))
