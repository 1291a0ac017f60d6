/** A request that becomes a command: asked, perhaps settled, answered. */
import { cellOf } from '../actors/cells.ts'
import { COMMAND_HEADERS } from '../bus/command-id.ts'
import { readBody } from '../bus/contract.ts'
import { commandSubject, querySubject } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { type Answer, ask, askOnce, type Question, REPLAYED } from './ask.ts'
import { commandBodyOf } from './command-body.ts'
import { askerHeaders, commandHeaders, commandKeyOf } from './command-key.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { heldFields } from './hold-to-user.ts'
import { askAboutUser } from './late-user.ts'
import { refuseParameters } from './parameters.ts'
import { patiently } from './patience.ts'
import type { GatewayPorts } from './ports.ts'
import { Refused } from './refused.ts'
import type { CommandRoute } from './route.ts'
import type { Settling } from './settle.ts'
import { settled } from './settled-headers.ts'
import { etagOf } from './versions.ts'

/** The handler of a command. */
export const answerCommand =
  (ports: GatewayPorts, settling: Settling, route: CommandRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const deadline = deadlineOf(ports, exchange)
    refuseParameters(exchange)
    const key = commandKeyOf(exchange, ports)
    const sent = await commandBodyOf(exchange, route)
    const read = readBody(route.spec.body, sent)
    const held = await heldFields(ports, exchange, route, read, deadline)
    const body = { ...read, ...held }
    const raw = held.user_id === undefined ? sent : { ...(sent as object), ...held }

    const cell = cellOf(route.cellBy === undefined ? key.text : String(body[route.cellBy as keyof typeof body]))
    const subject = commandSubject({ actor: route.actor, cell }, route.name)
    const question = { subject, body: raw, headers: commandHeaders(exchange, key) }
    exchange.set('handle', key.text)

    const watch = route.settles ? settling.watch() : undefined
    try {
      const answer = await askFor(ports, route, question, body, deadline)
      // Without a key of the client's it is the answer to an earlier attempt of ours, so to this very request.
      const replayed = answer.replayed && key.given
      const reply = route.spec.reply.parse(answer.value) as Record<string, unknown>
      const { status, body: own } = shownReply(route, reply)
      if (typeof reply.order_id === 'string') exchange.set('order', reply.order_id)
      const shown = route.answeredBy ? await secondAnswer(ports, route, exchange, cell, raw, deadline) : own
      return sendJson(exchange, status, JSON.stringify(shown), {
        ...(replayed ? REPLAYED : {}),
        ...(route.location && status !== 200 ? { Location: route.location(reply) } : {}),
        ...etagOf(own),
        ...(watch ? await settled(ports, watch, { exchange, route, reply, replayed, deadline }) : {}),
      })
    } finally {
      watch?.end()
    }
  }

// Of what may have been there already the actor says whether it was made; the status then says it, and not the body.
const shownReply = ({ success, madeIf }: CommandRoute, reply: Record<string, unknown>) => {
  if (madeIf === undefined) return { status: success, body: reply }
  const { [madeIf]: made, ...body } = reply
  return { status: made ? 201 : success, body }
}

const askFor = (
  ports: GatewayPorts,
  route: CommandRoute,
  question: Question,
  body: Record<string, unknown>,
  deadline: Deadline,
): Promise<Answer> => {
  const { user_id: userId } = body
  if (route.actor === 'order' || typeof userId !== 'string') return ask(ports, question, deadline)

  const remembers = COMMAND_HEADERS.key in question.headers
  return askAboutUser(ports, question, { userId, remembers }, deadline)
}

// What the command wished for comes after its commit, as an effect; until then the query does not find it.
const secondAnswer = async (
  ports: GatewayPorts,
  { actor, answeredBy }: CommandRoute,
  exchange: Exchange,
  cell: number,
  body: unknown,
  deadline: Deadline,
): Promise<unknown> => {
  if (!answeredBy) throw new Error('Cannot ask a second time: the route names no query')
  const question = { subject: querySubject({ actor, cell }, answeredBy.name), body, headers: askerHeaders(exchange) }
  const { value } = await patiently(ports, deadline, async timeoutMs => {
    try {
      return await askOnce(ports, question, timeoutMs, deadline.leftMs())
    } catch (fault) {
      if (!(fault instanceof Refused && fault.refusal.code === 'not_found')) throw fault
      throw new Unavailable(`${answeredBy.name} does not find it yet`, 'unavailable', { cause: fault })
    }
  })
  return answeredBy.spec.reply.parse(value)
}
