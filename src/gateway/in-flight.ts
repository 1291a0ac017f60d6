/** How many requests the gateway works on at once, and how long others wait for their turn: in a storm it says no early. */
import type { Clock } from '../world/clock.ts'
import { refuse } from './refused.ts'

/** More at once make nothing faster (docs/performance.md), only slower each. */
const WORKED_ON_MOST = 256

/** With those worked on 1,000; each holds a body, a reply and some timers: about 100 MB if all were as large as they may be. */
const WAITING_MOST = 744

/** Whoever would wait longer than the first in the queue has already, and that is this long, is refused. */
const WAIT_MOST_MS = 300

/** A queue that does not move at all is no storm: an actor starts again. Such a time counts for no more than this. */
const STALL_COUNTS_MS = 100

/** What whoever is refused reads. */
export const TOO_MANY = 'Too many requests are in flight; send the same request again later'

export type InFlight = {
  /** Runs one request as soon as it is its turn. Throws `Refused` where that would take too long. */
  run: <T>(work: () => Promise<T>) => Promise<T>
  /** Whether a request that comes now is refused. */
  isFull: () => boolean
}

/** Nothing is in flight yet. */
export const createInFlight = (clock: Pick<Clock, 'monotonic'>): InFlight => {
  let workedOn = 0
  const waiting: { since: number; begin: () => void }[] = []
  /** Milliseconds in which the queue moved. */
  let moved = 0
  let movedAt = clock.monotonic()

  const isFull = (): boolean => {
    const [first] = waiting
    return first !== undefined && (waiting.length >= WAITING_MOST || moved - first.since >= WAIT_MOST_MS)
  }
  const ended = (): void => {
    const now = clock.monotonic()
    moved += Math.min(now - movedAt, STALL_COUNTS_MS)
    movedAt = now
    const next = waiting.shift()
    if (next) next.begin()
    else workedOn--
  }

  return {
    run: async work => {
      if (isFull()) throw refuse('overloaded', TOO_MANY)
      if (workedOn < WORKED_ON_MOST) workedOn++
      // Whoever ends leaves the place to the first in the queue.
      else await new Promise<void>(begin => waiting.push({ since: moved, begin }))
      try {
        return await work()
      } finally {
        ended()
      }
    },
    isFull,
  }
}
