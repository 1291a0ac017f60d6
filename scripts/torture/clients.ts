/** Clients that do as clients should: a journal line before each request, a key, and the same again until it is answered. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandName, Journal } from '../../test/checker/journal.ts'
import { isFinal } from '../../test/checker/request.ts'
import type { Http } from './http.ts'

/** A request as its client means it. */
export type Wish = {
  command: CommandName
  key: string | null
  path: string
  body: Record<string, unknown>
  /** `Prefer: respond-async`: the reply does not wait for the order's end. */
  inHaste?: boolean
}

/** `undefined` where the client gave up: the outcome is unknown. */
export type Answered =
  | { status: number; reply: Record<string, unknown>; headers: NodeJS.Dict<string | string[]> }
  | undefined

export type Client = {
  /** Asks until there is an answer that says what became of it, or patience is at its end. */
  ask: (wish: Wish) => Promise<Answered>
  /** Reads an order and writes down what it is. */
  look: (orderId: string) => Promise<void>
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/** `patience` says how long, in ms from the first attempt, a client goes on; it may change while it waits. */
export const createClient = (http: Http, journal: Journal, patience: () => number): Client => {
  const attempt = async ({ command, key, path, body, inHaste }: Wish): Promise<Answered> => {
    const number = nextAttempt++
    await journal.sync({ line: 'sent', attempt: number, at: Date.now(), key, command, path, body })
    const headers = {
      ...(key === null ? {} : { 'idempotency-key': key }),
      ...(inHaste ? { prefer: 'respond-async' } : {}),
    }
    const hasBody = Object.keys(body).length > 0
    // A line that breaks leaves the outcome open.
    const answer = await http.ask('POST', path, hasBody ? body : undefined, headers).catch(() => undefined)
    if (!answer) return undefined
    journal.note({ line: 'got', attempt: number, at: Date.now(), status: answer.status, text: answer.text })
    if (!isFinal(answer.status, answer.text)) return undefined
    return { status: answer.status, reply: JSON.parse(answer.text) as Record<string, unknown>, headers: answer.headers }
  }

  return {
    ask: async wish => {
      const began = performance.now()
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const answered = await attempt(wish)
        // Without a key a second attempt would be a second request.
        if (answered || wish.key === null || performance.now() - began > patience()) return answered
        await sleep(pauseMs)
      }
    },
    look: async orderId => {
      const answer = await http.ask('GET', `/v1/orders/${orderId}`).catch(() => undefined)
      if (answer?.status !== 200) return
      const { status } = JSON.parse(answer.text) as { status: string }
      journal.note({ line: 'seen', at: Date.now(), order: orderId, status })
    },
  }
}

// Attempts are numbered across all clients of a run; one journal has each number once.
let nextAttempt = 1
