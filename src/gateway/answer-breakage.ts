/** Breaking something on purpose: asked once, never again by itself, and from this machine alone. */
import { readBody } from '../bus/contract.ts'
import { demoSubject } from '../bus/subjects.ts'
import { cameByProxy } from './admission.ts'
import { askOnce } from './ask.ts'
import { askerHeaders } from './command-key.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { refuseParameters } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import { refuse } from './refused.ts'
import { readRequestBody } from './request-body.ts'
import type { BreakageRoute } from './route.ts'

const ANSWER_MS = 5_000

/** The handler of a breakage. */
export const answerBreakage =
  (ports: GatewayPorts, route: BreakageRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    if (cameByProxy(exchange))
      throw refuse('forbidden', 'The request came through a proxy; a demo is broken from its own machine')
    refuseParameters(exchange)
    const body = readBody(route.spec.body, await readRequestBody(exchange))

    const question = { subject: demoSubject(route.by, route.name), body, headers: askerHeaders(exchange) }
    const { value } = await askOnce(ports, question, ANSWER_MS)
    return sendJson(exchange, route.success, JSON.stringify(route.spec.reply.parse(value)))
  }
