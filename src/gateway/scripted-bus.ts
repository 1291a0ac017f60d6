/** A bus whose actors say what a test wrote down for them. For tests only. */
import type { Bus, Headers, Message } from '../bus/bus.ts'
import { COMMAND_HEADERS, REFUSAL_HEADERS } from '../bus/command-id.ts'
import { MESSAGE_ID } from '../bus/entry-message.ts'
import { PROBLEMS, type ProblemCode, problemDocument } from '../bus/problem.ts'
import { matches } from '../bus/subject-match.ts'
import { nameOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { type Clock, pause } from '../world/clock.ts'

/** What an actor says to one question: `nobody` fails at once, `silence` when the time is over. */
export type Said = { body: unknown; headers: Headers } | 'nobody' | 'silence'

/** One question as it arrived. `body` is its parsed JSON. */
export type Asked = { subject: string; name: string; body: unknown; headers: Headers; timeoutMs: number }

/** By the name of a command or query: what is said, the first time first and the last again and again. */
export type Script = Record<string, Said | Said[] | ((asked: Asked) => Said | Promise<Said>)>

export type ScriptedBus = Bus & {
  script: Script
  asked: Asked[]
  /** The questions of this name. */
  askedFor: (name: string) => Asked[]
  /** Lets the listeners hear an event. */
  publish: (subject: string, body: unknown) => void
  /** What lies in the queue; `down` makes it refuse that often. */
  sent: (Message & { id: string })[]
  queueDown: number
  closed: boolean
}

/** A yes. */
export const yes = (body: unknown, replayed = false): Said => ({
  body,
  headers: replayed ? { [COMMAND_HEADERS.replayed]: 'true' } : {},
})

/** A no. */
export const no = (code: ProblemCode, replayed = false): Said => ({
  body: problemDocument({ code, detail: `said ${code}` }, 'actor'),
  headers: {
    [REFUSAL_HEADERS.status]: String(PROBLEMS[code].status),
    [REFUSAL_HEADERS.detail]: `said ${code}`,
    ...(replayed ? { [COMMAND_HEADERS.replayed]: 'true' } : {}),
  },
})

/** Makes the bus. A question that the script does not name finds nobody. */
export const createScriptedBus = (clock: Clock, script: Script): ScriptedBus => {
  const listeners = new Map<(message: Message) => void, string>()
  const served = new Map<string, number>()
  const notScripted = () => {
    throw new Error('Cannot do this on a scripted bus: the gateway has no use for it')
  }

  const bus: ScriptedBus = {
    script,
    asked: [],
    askedFor: name => bus.asked.filter(asked => asked.name === name),
    sent: [],
    queueDown: 0,
    closed: false,

    request: async (subject, body, { headers = {}, timeoutMs }) => {
      const name = nameOf(subject)
      const asked = { subject, name, body: JSON.parse(new TextDecoder().decode(body)), headers, timeoutMs }
      bus.asked.push(asked)
      const line = bus.script[name] ?? 'nobody'
      const time = served.get(name) ?? 0
      served.set(name, time + 1)
      const said =
        typeof line === 'function'
          ? await line(asked)
          : Array.isArray(line)
            ? line[Math.min(time, line.length - 1)]
            : line

      if (said === undefined || said === 'nobody') throw new Unavailable(`nobody listens on ${subject}`)
      if (said === 'silence') {
        await pause(clock, timeoutMs)
        throw new Unavailable(`nobody answered on ${subject}`)
      }
      return { subject: '_INBOX', body: new TextEncoder().encode(JSON.stringify(said.body)), headers: said.headers }
    },
    listen: (subject, hear) => {
      listeners.set(hear, subject)
      return { stop: async () => void listeners.delete(hear) }
    },
    publish: (subject, body) => {
      const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
      for (const [hear, pattern] of listeners)
        if (matches(pattern, subject)) hear({ subject, body: bytes, headers: {} })
    },
    queue: {
      send: async (subject, body, { id, headers = {} }) => {
        if (bus.queueDown > 0) {
          bus.queueDown--
          throw new Unavailable('no broker')
        }
        const first = bus.sent.findIndex(message => message.id === id)
        if (first >= 0) return { seq: first + 1, duplicate: true }
        return { seq: bus.sent.push({ subject, body, headers, id }), duplicate: false }
      },
      get: async seq => {
        const sent = bus.sent[seq - 1]
        return sent && { ...sent, headers: { ...sent.headers, [MESSAGE_ID]: sent.id } }
      },
      work: notScripted,
      oldest: notScripted,
    },
    serve: notScripted,
    // Empty streams, in which nothing happens.
    logStream: () => ({
      look: async () => ({ created: '', firstSeq: 0, lastSeq: 0, last: undefined }),
      follow: () => ({ stop: async () => {} }),
      get: async () => undefined,
      create: notScripted,
      describe: notScripted,
      cut: notScripted,
      delete: notScripted,
      append: notScripted,
      consumer: notScripted,
    }),
    onConnection: () => {},
    close: async () => {
      bus.closed = true
    },
  }
  return bus
}
