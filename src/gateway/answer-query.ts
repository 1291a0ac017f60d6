/** A request that becomes a question about one thing. */
import { cellOf } from '../actors/cells.ts'
import { readParameters } from '../bus/contract.ts'
import { querySubject } from '../bus/subjects.ts'
import { type Answer, ask } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { heldFields } from './hold-to-user.ts'
import { askAboutUser } from './late-user.ts'
import { parametersOf } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import type { ListRoute, QueryRoute } from './route.ts'
import { etagOf, isKnownVersion } from './versions.ts'

/** The handler of a query. */
export const answerQuery =
  (ports: GatewayPorts, route: QueryRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const asked = parametersOf(exchange)
    const read = readParameters(route.spec.body, asked)
    const deadline = deadlineOf(ports, exchange)
    const held = await heldFields(ports, exchange, route, read, deadline)

    const [raw, body] = [
      { ...asked, ...held },
      { ...read, ...held },
    ]
    const { value } = await askQuery(ports, exchange, route, { raw, body }, deadline)
    const reply = route.spec.reply.parse(value) as Record<string, unknown>
    if (isKnownVersion(exchange, reply)) return exchange.body(null, 304, etagOf(reply))
    return sendJson(exchange, route.success, JSON.stringify(reply), etagOf(reply))
  }

/** Asks the question of a route; `body` are the parameters as the contract read them, `raw` as they are sent on. */
export const askQuery = (
  ports: GatewayPorts,
  exchange: Exchange,
  route: QueryRoute | ListRoute,
  { raw, body }: { raw: Record<string, string>; body: Record<string, unknown> },
  deadline: Deadline,
): Promise<Answer> => {
  const cell = cellOf(String(body[route.cellBy]))
  const subject = querySubject({ actor: route.actor, cell }, route.name)
  const question = { subject, body: raw, headers: askerHeaders(exchange) }

  const { user_id: userId } = body
  if (route.actor === 'order' || typeof userId !== 'string') return ask(ports, question, deadline)
  return askAboutUser(ports, question, { userId, remembers: false }, deadline)
}
