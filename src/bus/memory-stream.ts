/** A stream as nats-server 2.15 keeps it, in memory: numbers, ids, and compare and swap on both. */
import type { Clock } from '../world/clock.ts'
import type { Message } from './bus.ts'
import { EXPECTED_LAST_ID, EXPECTED_LAST_SEQ, MESSAGE_ID } from './entry-message.ts'
import { tokensMatch } from './subject-match.ts'

export type Stored = Message & { seq: number; time: number }

/** What became of a message: its number, or the number and words of the broker's refusal. */
export type StoreOutcome =
  | { kind: 'stored' | 'duplicate'; seq: number }
  | { kind: 'refused'; errorCode: number; description: string }

export type MemoryStream = ReturnType<typeof createMemoryStream>

export type MemoryStreamOptions = {
  name: string
  created: string
  subjects: readonly string[]
  duplicateWindowMs: number
  clock: Clock
}

/** An empty stream that begins at 1. */
export function createMemoryStream({ name, created, subjects, duplicateWindowMs, clock }: MemoryStreamOptions) {
  const patterns = subjects.map(subject => subject.split('.'))
  const messages = new Map<number, Stored>()
  const consumers = new Map<string, string>()
  const ids = new Map<string, { seq: number; at: number }>()
  let first = 1
  let last = 0
  let lastId = ''

  const forgetOldIds = () => {
    for (const [id, { at }] of ids) {
      if (at + duplicateWindowMs >= clock.now()) return
      ids.delete(id)
    }
  }

  const remove = (seq: number): boolean => {
    const there = messages.delete(seq)
    while (first <= last && !messages.has(first)) first++
    return there
  }

  return {
    /** What each durable consumer reads. */
    consumers,
    name,
    created,
    /** Whether it takes messages of the subject that has these tokens. */
    takes: (tokens: readonly string[]) => patterns.some(pattern => tokensMatch(pattern, tokens)),
    /** As the broker says it: 0 for a stream that never had a message. */
    firstSeq: () => (last === 0 ? 0 : first),
    lastSeq: () => last,
    get: (seq: number) => messages.get(seq),

    /** Up to `limit` messages from `seq` on, in order. */
    from: (seq: number, limit: number): Stored[] => {
      const found: Stored[] = []
      for (let at = Math.max(seq, first); at <= last && found.length < limit; at++) {
        const message = messages.get(at)
        if (message) found.push(message)
      }
      return found
    },

    /** The order of the checks is the broker's: number, known id, last id. */
    store: ({ subject, body, headers }: Message): StoreOutcome => {
      const expectedSeq = headers[EXPECTED_LAST_SEQ]
      if (expectedSeq !== undefined && Number(expectedSeq) !== last) {
        return { kind: 'refused', errorCode: 10071, description: `wrong last sequence: ${last}` }
      }
      forgetOldIds()
      const id = headers[MESSAGE_ID] ?? ''
      const known = id === '' ? undefined : ids.get(id)
      if (known) return { kind: 'duplicate', seq: known.seq }
      const expectedId = headers[EXPECTED_LAST_ID] ?? ''
      if (expectedId !== '' && expectedId !== lastId) {
        return { kind: 'refused', errorCode: 10070, description: `wrong last msg ID: ${lastId}` }
      }

      last++
      lastId = id
      messages.set(last, { seq: last, time: clock.now(), subject, body, headers })
      if (id !== '') ids.set(id, { seq: last, at: clock.now() })
      return { kind: 'stored', seq: last }
    },

    /** Removes one message; its number is never given again. */
    remove,

    /** Removes every message; the next one goes on with the numbers. */
    purge: () => {
      messages.clear()
      first = last + 1
    },

    /** Removes the `count` oldest messages. */
    trimHead: (count: number) => {
      for (let done = 0; done < count && first <= last; done++) remove(first)
    },

    /** As after a power cut: the last `count` messages were never there, and their numbers are given again. */
    forgetTail: (count: number) => {
      for (let done = 0; done < count && last > 0; done++) {
        const id = messages.get(last)?.headers[MESSAGE_ID]
        if (id) ids.delete(id)
        messages.delete(last)
        last--
      }
      first = Math.min(first, last + 1)
      lastId = messages.get(last)?.headers[MESSAGE_ID] ?? ''
    },
  }
}
