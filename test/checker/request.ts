/** A request as its client knows it: all attempts under one key, and whether it is ok, failed or unknown. */
import type { CommandName, JournalLine } from './journal.ts'

/** `unknown`: it may have been carried out or not; whoever sends it again finds out. */
export type Outcome = 'ok' | 'fail' | 'unknown'

export type Answer = { at: number; status: number; text: string }

export type Request = {
  /** What names it: its key, or the number of its only attempt. */
  name: string
  key: string | null
  command: CommandName
  path: string
  body: Record<string, unknown>
  outcome: Outcome
  /** When it was first sent. */
  at: number
  /** Every answer that says what became of it, to each attempt. */
  answers: Answer[]
  /** Answers to attempts under the same key with another body. */
  othersAnswers: Answer[]
}

/** What a client's journal says. */
export type ClientsStory = {
  requests: Request[]
  /** What was read of each order, in the order of the answers. */
  seen: Map<string, string[]>
  /** When the queue was destroyed the last time. */
  queueDestroyedAt: number
}

const AGAIN_LATER = new Set(['in_progress', 'rate_limited', 'overloaded'])

/** Whether an answer says what became of the request. */
export const isFinal = (status: number, text: string): boolean => {
  if (status >= 500) return false
  return status < 400 || !AGAIN_LATER.has((JSON.parse(text) as { code: string }).code)
}

/** Puts the lines of a journal together. */
export const storyOf = async (lines: AsyncIterable<JournalLine>): Promise<ClientsStory> => {
  const requests = new Map<string, Request>()
  const attempts = new Map<number, { request: Request; isSame: boolean }>()
  const seen = new Map<string, string[]>()
  let queueDestroyedAt = 0

  for await (const line of lines) {
    if (line.line === 'sent') {
      const { key, command, path, body, at } = line
      const name = key === null ? `attempt ${line.attempt}` : `${command} ${key}`
      let request = requests.get(name)
      if (!request) {
        request = { name, key, command, path, body, at, outcome: 'unknown', answers: [], othersAnswers: [] }
        requests.set(name, request)
      }
      const isSame = request.path === path && JSON.stringify(request.body) === JSON.stringify(body)
      attempts.set(line.attempt, { request, isSame })
    } else if (line.line === 'got') {
      const { at, status, text } = line
      const attempt = attempts.get(line.attempt)
      if (!attempt || !isFinal(status, text)) continue
      const { request, isSame } = attempt
      ;(isSame ? request.answers : request.othersAnswers).push({ at, status, text })
      if (isSame && request.outcome === 'unknown') request.outcome = status < 300 ? 'ok' : 'fail'
    } else if (line.line === 'seen') {
      const before = seen.get(line.order)
      if (!before) seen.set(line.order, [line.status])
      else if (before.at(-1) !== line.status) before.push(line.status)
    } else queueDestroyedAt = Math.max(queueDestroyedAt, line.at)
  }
  return { requests: [...requests.values()], seen, queueDestroyedAt }
}

/** The first answer's fields. */
export const replyOf = ({ answers }: Request): Record<string, unknown> =>
  JSON.parse(answers[0]!.text) as Record<string, unknown>
