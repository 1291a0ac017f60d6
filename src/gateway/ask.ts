/** Asking an actor: the same question until it is answered or the deadline comes. */
import type { Headers, Message } from '../bus/bus.ts'
import { COMMAND_HEADERS, REFUSAL_HEADERS } from '../bus/command-id.ts'
import { PROBLEMS, type ProblemCode, type ProblemDocument, type Refusal } from '../bus/problem.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Deadline } from './deadline.ts'
import { patiently } from './patience.ts'
import type { GatewayPorts } from './ports.ts'
import { Refused } from './refused.ts'

/** What is sent: `body` are the bare fields as the client wrote them. Harmless to repeat: a command carries its key. */
export type Question = { subject: string; body: unknown; headers: Headers }

/** A yes. `text` is its JSON as it came, `value` what that says; `replayed`: an earlier request with this key got it. */
export type Answer = { readonly text: string; readonly value: unknown; readonly replayed: boolean }

/** The header that tells a client that this reply is an earlier one. */
export const REPLAYED = { 'Idempotent-Replayed': 'true' } as const

/** Asks until the deadline. Throws `Refused` for the actor's no and `Unavailable` when nobody answered. */
export const ask = (ports: GatewayPorts, question: Question, deadline: Deadline): Promise<Answer> =>
  patiently(ports, deadline, timeoutMs => askOnce(ports, question, timeoutMs, deadline.leftMs()))

/** Asks one time and waits `timeoutMs`; `leftMs` is what the actor is told of how long anybody will wait. */
export const askOnce = async (
  { bus }: Pick<GatewayPorts, 'bus'>,
  { subject, body, headers }: Question,
  timeoutMs: number,
  leftMs = timeoutMs,
): Promise<Answer> => {
  const bytes = Buffer.from(JSON.stringify(body))
  const deadlineMs = String(Math.max(1, Math.ceil(leftMs)))
  const reply = await bus.request(subject, bytes, {
    headers: { ...headers, [COMMAND_HEADERS.deadlineMs]: deadlineMs },
    timeoutMs,
  })
  const replayed = reply.headers[COMMAND_HEADERS.replayed] === 'true'
  if (reply.headers[REFUSAL_HEADERS.status] === undefined) return answerOf(textOf(reply), replayed)

  const refusal = refusalOf(reply)
  if (refusal.code === 'unavailable' || refusal.code === 'overloaded')
    throw new Unavailable(refusal.detail, refusal.code)
  throw new Refused(refusal, replayed ? REPLAYED : {})
}

const textOf = (reply: Message): string => new TextDecoder().decode(reply.body)

// Read only when it is asked for: a page may go on to the client as it is.
const answerOf = (text: string, replayed: boolean): Answer => ({
  text,
  replayed,
  get value() {
    return JSON.parse(text)
  },
})

const refusalOf = (reply: Message): Refusal => {
  const status = reply.headers[REFUSAL_HEADERS.status]
  // Whoever answers for an actor that is not there (a proxy, NATS itself) may know the number and not our document.
  if (reply.body.length === 0 && status === '503') return { code: 'unavailable', detail: 'nobody answers' }
  if (reply.body.length === 0 && status === '429') return { code: 'overloaded', detail: 'too much is waiting' }

  const { code, detail, errors } = JSON.parse(textOf(reply)) as Partial<ProblemDocument>
  if (code === undefined || !isProblemCode(code))
    throw new Error(`Cannot read a refusal: status ${status}, no known code`)
  if (code === 'internal') return { code, detail: 'The request met a defect; it is in our log' }
  return { code, detail: detail ?? '', ...(errors ? { errors } : {}) }
}

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code)
