/** Asking as the gateway asks: the same command with the same id until there is an answer. */
import type { ActorName } from '../../src/actors/registry.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { ANYBODY, COMMAND_HEADERS, REFUSAL_HEADERS } from '../../src/bus/command-id.ts'
import type { ProblemDocument } from '../../src/bus/problem.ts'
import { commandSubject, querySubject } from '../../src/bus/subjects.ts'
import { Unavailable } from '../../src/bus/unavailable.ts'
import { type Clock, pause } from '../../src/world/clock.ts'
import type { SeededRandom } from '../../src/world/seeded-random.ts'

/**
 * A command as somebody wishes it. `given`: the key is the client's own, so that a no is remembered too. `until` is
 * when the key may be forgotten: whoever asks with it later asks anew.
 */
export type Wish = {
  actor: ActorName
  name: string
  body: Record<string, unknown>
  key: string
  given: boolean
  until: number
}

/** What came back: the reply's JSON, or the code of the no. */
export type Answer = { reply: string } | { no: string }
export type Heard = { answer: Answer; replayed: boolean }

export type Asker = {
  bus: Bus
  clock: Clock
  random: SeededRandom
  /** Once true nobody waits any longer. */
  gaveUp: () => boolean
}

const TIMEOUT_MS = 1000
const RETRY_MS = 200

/** Asks once. Throws `Unavailable`. `tentative`: a no is not to be remembered yet. */
export const askOnce = async (asker: Asker, wish: Wish, tentative = false): Promise<Heard> => {
  const headers = {
    [wish.given ? COMMAND_HEADERS.key : COMMAND_HEADERS.requestId]: wish.key,
    [COMMAND_HEADERS.caller]: ANYBODY,
    [COMMAND_HEADERS.deadlineMs]: String(TIMEOUT_MS),
    ...(tentative ? { [COMMAND_HEADERS.remember]: 'no' } : {}),
  }
  const subject = commandSubject({ actor: wish.actor, cell: 0 }, wish.name)
  return read(await asker.bus.request(subject, bytesOf(wish.body), { headers, timeoutMs: TIMEOUT_MS }))
}

/** Asks a query once. Throws `Unavailable`. */
export const query = async (bus: Bus, actor: ActorName, name: string, body: object): Promise<Heard> =>
  read(await bus.request(querySubject({ actor, cell: 0 }, name), bytesOf(body), { timeoutMs: TIMEOUT_MS }))

/** Asks until there is an answer, or undefined when nobody waits any longer. */
export const ask = async (asker: Asker, wish: Wish): Promise<Heard | undefined> => {
  const userId = String(wish.body.user_id ?? '')
  while (!asker.gaveUp() && asker.clock.now() < wish.until) {
    try {
      const tentative = wish.given && wish.actor !== 'order'
      const heard = await askOnce(asker, wish, tentative)
      if (!isUnknownUser(heard) || wish.actor === 'order') return tentative ? await final(asker, wish, heard) : heard
      // Billing may not have heard of the user yet: order knows whether there is one (the gateway does the same).
      const known = await query(asker.bus, 'order', 'GetUser', { user_id: userId })
      if ('no' in known.answer) return wish.given ? await askOnce(asker, wish) : heard
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
    }
    await pause(asker.clock, RETRY_MS * (0.5 + asker.random.fraction()))
  }
  return undefined
}

// A no that was only tentative is asked for once more, to be kept under the key.
const final = async (asker: Asker, wish: Wish, heard: Heard): Promise<Heard> =>
  'no' in heard.answer && !heard.replayed ? askOnce(asker, wish) : heard

const isUnknownUser = ({ answer, replayed }: Heard): boolean =>
  'no' in answer && answer.no === 'user_not_found' && !replayed

const read = ({ headers, body }: { headers: Readonly<Record<string, string>>; body: Uint8Array }): Heard => {
  const text = Buffer.from(body).toString('utf8')
  const replayed = headers[COMMAND_HEADERS.replayed] === 'true'
  if (headers[REFUSAL_HEADERS.status] === undefined) return { answer: { reply: text }, replayed }
  const { code, detail } = JSON.parse(text) as ProblemDocument
  if (code === 'unavailable' || code === 'overloaded') throw new Unavailable(detail ?? '', code)
  return { answer: { no: code }, replayed }
}

const bytesOf = (body: object): Uint8Array => Buffer.from(JSON.stringify(body))
