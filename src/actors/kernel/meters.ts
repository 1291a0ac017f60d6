/** What an actor counts while it runs: numbers that are changed in place, so that a turn is none the slower for them. */
import type { Entry } from '../../bus/entry.ts'
import { nameOf } from '../../bus/subjects.ts'
import { type Figure, sample, spread } from '../../metrics/figure.ts'
import { createHistogram, type Histogram, observe, SECONDS } from '../../metrics/histogram.ts'

/** Messages of one turn: up to the most there may be. */
const MESSAGES: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256]

export type Meters = {
  /** A turn with so many messages took so many ms. */
  turn: (messages: number, ms: number) => void
  /** A commit of these entries took so many ms. */
  commit: (entries: readonly Pick<Entry, 'subject'>[], ms: number) => void
  /** So many commands were not taken into the mailbox, or taken out of it when nobody waited any longer. */
  dropped: (reason: 'full' | 'late', commands: number) => void
  /** How many entries of a type were committed since the start of this process. */
  events: (type: string) => number
  read: () => Figure[]
}

/** Meters at nothing. */
export const createMeters = (): Meters => {
  const turnMessages: Histogram = createHistogram(MESSAGES)
  const turnSeconds: Histogram = createHistogram(SECONDS)
  const commitSeconds: Histogram = createHistogram(SECONDS)
  const events = new Map<string, number>()
  const dropped = { full: 0, late: 0 }

  return {
    turn: (messages, ms) => {
      observe(turnMessages, messages)
      observe(turnSeconds, ms / 1000)
    },
    commit: (entries, ms) => {
      observe(commitSeconds, ms / 1000)
      for (const { subject } of entries) {
        const type = nameOf(subject)
        events.set(type, (events.get(type) ?? 0) + 1)
      }
    },
    dropped: (reason, commands) => {
      dropped[reason] += commands
    },
    events: type => events.get(type) ?? 0,
    read: () => [
      spread('kassa_turn_messages', turnMessages),
      spread('kassa_turn_duration_seconds', turnSeconds),
      spread('kassa_commit_duration_seconds', commitSeconds),
      sample('kassa_mailbox_dropped_total', dropped.full, { reason: 'full' }),
      sample('kassa_mailbox_dropped_total', dropped.late, { reason: 'late' }),
      ...[...events].map(([type, count]) => sample('kassa_events_total', count, { type })),
    ],
  }
}
