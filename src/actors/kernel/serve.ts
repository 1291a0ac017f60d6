/** Answering: requests from the bus become items of the mailbox, queries are answered from the tables. */
import type { Bus, Request, Running } from '../../bus/bus.ts'
import { ANYBODY, COMMAND_HEADERS, commandId, fingerprintOf, REFUSAL_HEADERS, traceIn } from '../../bus/command-id.ts'
import { commandOf, Malformed, MOST_BODY_BYTES, queryOf, readBody } from '../../bus/contract.ts'
import { readJson } from '../../bus/json.ts'
import { PROBLEMS, problemDocument, type Refusal } from '../../bus/problem.ts'
import { commandSubject, nameOf, querySubject } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import type { Answer } from './actor.ts'
import type { Core } from './core.ts'
import type { Item, Outcome } from './mailbox.ts'

/**
 * A kernel query may be answered before the actor is open, `undefined` leaves it to the actor's own behaviour. `asker` is
 * the user of the broker who asks, where that is known.
 */
export type KernelAnswers = (
  name: string,
  body: Record<string, unknown>,
  asker: string | undefined,
) => Answer | Promise<Answer> | undefined

export type ServePorts = {
  core: Core
  bus: Bus
  clock: Clock
  random: Random
  isOpen: () => boolean
  push: (item: Item) => boolean
  kernelAnswers: KernelAnswers
  defect: (what: string, error: unknown) => void
}

/** How long a command without a deadline of its own may wait, and any. */
const DEFAULT_DEADLINE_MS = 10_000
const MOST_DEADLINE_MS = 60_000

/** Of a key, and of a caller's name: an entry has both, and one that no stream could take would stop its actor for good. */
const MOST_KEY_CHARACTERS = 255

const NOT_OPEN: Refusal = {
  code: 'unavailable',
  detail: 'the actor is not open yet; the same request may be sent again',
}
const MAILBOX_FULL: Refusal = { code: 'overloaded', detail: 'too many commands are waiting; try again in a moment' }
const TOO_LARGE: Refusal = { code: 'body_too_large', detail: `the body may have ${MOST_BODY_BYTES} bytes at the most` }
const INTERNAL: Refusal = { code: 'internal', detail: 'the request could not be answered; nothing was changed' }

/** Serves the commands and queries of `core` on the bus until stopped. */
export const serve = (ports: ServePorts): Running => {
  const { core, bus } = ports
  const subscriptions = [
    bus.serve(commandSubject(core.address, '*'), request => takeCommand(ports, request)),
    bus.serve(querySubject(core.address, '*'), request => takeQuery(ports, request)),
  ]
  return {
    stop: async () => {
      await Promise.all(subscriptions.map(subscription => subscription.stop()))
    },
  }
}

const takeCommand = (ports: ServePorts, request: Request): void => {
  const { core, clock } = ports
  const name = nameOf(request.subject)
  const spec = commandOf(core.contract, name)
  if (!spec || spec.queueOnly)
    return refuse(request, { code: 'not_found', detail: notServed(name, spec !== undefined) })
  if (!ports.isOpen()) return refuse(request, NOT_OPEN)
  if (request.body.length > MOST_BODY_BYTES) return refuse(request, TOO_LARGE)

  guarded(ports, request, `command ${name}`, () => {
    const key = keyOf(ports, request)
    const body = readBody(spec.body, readJson(textOf(request.body)))
    const taken = ports.push({
      kind: 'command',
      id: commandId(callerOf(request), name, key),
      name,
      body,
      fingerprint: fingerprintOf(body),
      remember: rememberRefusals(request),
      deadline: clock.monotonic() + remainingMs(request),
      trace: traceIn(request.headers),
      answer: outcome => respond(request, outcome),
    })
    if (!taken) refuse(request, MAILBOX_FULL)
  })
}

const takeQuery = (ports: ServePorts, request: Request): void => {
  const { core } = ports
  const name = nameOf(request.subject)
  const spec = queryOf(core.contract, name)
  if (!spec) return refuse(request, { code: 'not_found', detail: notServed(name, false) })

  guarded(ports, request, `query ${name}`, () => {
    const body = readBody(spec.body, readJson(textOf(request.body) || '{}'))
    const kernels = ports.kernelAnswers(name, body, request.asker)
    if (!kernels && !ports.isOpen()) return refuse(request, NOT_OPEN)
    const answer = kernels ?? core.behaviour.answer[name]?.(body, ports.bus)
    if (answer instanceof Promise)
      answer.then(late => respondWith(request, late)).catch(error => fail(ports, request, `query ${name}`, error))
    else if (answer) respondWith(request, answer)
  })
}

const notServed = (name: string, queued: boolean): string =>
  queued ? `${name} is taken from the queue only` : `this actor does not answer ${name.slice(0, 64)}`

const keyOf = ({ random }: ServePorts, request: Request): string => {
  const key = request.headers[COMMAND_HEADERS.key] ?? request.headers[COMMAND_HEADERS.requestId] ?? random.uuid()
  return printable(COMMAND_HEADERS.key, key)
}

const callerOf = ({ headers }: Request): string =>
  printable(COMMAND_HEADERS.caller, headers[COMMAND_HEADERS.caller] ?? ANYBODY)

const printable = (header: string, value: string): string => {
  if (value.length <= MOST_KEY_CHARACTERS && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return value
  throw new Malformed({
    code: 'invalid_field',
    detail: `${header}: should be 1 to ${MOST_KEY_CHARACTERS} printable ASCII characters`,
  })
}

const rememberRefusals = ({ headers }: Request): boolean =>
  headers[COMMAND_HEADERS.key] !== undefined && headers[COMMAND_HEADERS.remember] !== 'no'

const remainingMs = ({ headers }: Request): number => {
  // Nothing but digits: a number of JavaScript may also be made of spaces.
  const said = /^-?\d{1,9}$/.exec(headers[COMMAND_HEADERS.deadlineMs] ?? '')
  return said ? Math.min(Math.max(Number(said[0]), 0), MOST_DEADLINE_MS) : DEFAULT_DEADLINE_MS
}

const guarded = (ports: ServePorts, request: Request, what: string, work: () => void): void => {
  try {
    work()
  } catch (error) {
    fail(ports, request, what, error)
  }
}

const fail = (ports: ServePorts, request: Request, what: string, error: unknown): void => {
  if (error instanceof Malformed) return refuse(request, error.refusal)
  if (error instanceof Unavailable) return refuse(request, { code: error.code, detail: error.message })
  ports.defect(what, error)
  refuse(request, INTERNAL)
}

const respond = (request: Request, outcome: Outcome): void => {
  const headers: Record<string, string> = outcome.replayed ? { [COMMAND_HEADERS.replayed]: 'true' } : {}
  if (outcome.kind === 'reply') return request.respond(Buffer.from(JSON.stringify(outcome.reply)), headers)
  refuse(request, outcome.refusal, headers)
}

const respondWith = (request: Request, answer: Answer): void => {
  if ('reply' in answer) return request.respond(Buffer.from(answer.text ?? JSON.stringify(answer.reply)))
  refuse(request, answer.refusal)
}

const refuse = (request: Request, refusal: Refusal, headers: Record<string, string> = {}): void => {
  const instance = request.headers[COMMAND_HEADERS.key] ?? request.headers[COMMAND_HEADERS.requestId] ?? ''
  request.respond(Buffer.from(JSON.stringify(problemDocument(refusal, instance))), {
    ...headers,
    [REFUSAL_HEADERS.status]: String(PROBLEMS[refusal.code].status),
    // A header has no line breaks, and a client's own text may be in the detail.
    [REFUSAL_HEADERS.detail]: `${refusal.code}: ${refusal.detail}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 300),
  })
}

const textOf = (body: Uint8Array): string => Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
