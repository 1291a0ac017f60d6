/** A mailer that can be slowed on purpose, in a demo: for a while each letter waits before it is handed over. */
import type { Mailer } from '../actors/notification/mailer.ts'
import { type Clock, pause } from '../world/clock.ts'

/** How much longer each letter takes while the mail is slow, ms. */
export const EACH_LETTER_MS = 2_000

export type SlowMailer = Mailer & {
  /** From now on for `ms`; said again, the later end counts. */
  slow: (ms: number) => void
}

/** The same mailer; until `slow` is called nothing is otherwise. */
export const withSlowness = (mailer: Mailer, clock: Clock): SlowMailer => {
  let slowUntil = Number.NEGATIVE_INFINITY
  return {
    send: async letter => {
      if (clock.monotonic() < slowUntil) await pause(clock, EACH_LETTER_MS)
      return mailer.send(letter)
    },
    close: mailer.close,
    slow: ms => {
      slowUntil = Math.max(slowUntil, clock.monotonic() + ms)
    },
  }
}
