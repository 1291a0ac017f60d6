/** When a delivery that failed is tried again. Times in ms. */

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** The pauses before the second attempt, the third …: the schedule that Standard Webhooks gives. Three days in all. */
const RETRY_AFTER_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]

/** Each pause is longer by up to this share of it, so that what failed together does not come back together. */
const MOST_JITTER = 0.2

/** A receiver's Retry-After is honoured up to this; beyond it our own schedule is the politer one. */
export const MOST_HOLD_MS = HOUR_MS

/** When the next attempt is after `attempts` of them failed, the last one now; `undefined` after the last. `jitter` is from 0 to 1. */
export const nextAttemptAt = (attempts: number, now: number, jitter: number): number | undefined => {
  const pauseMs = RETRY_AFTER_MS[attempts - 1]
  if (pauseMs === undefined) return undefined
  return wholeSecond(now + pauseMs * (1 + jitter * MOST_JITTER))
}

/** Until when nothing is sent to a receiver that asked for a pause of `retryAfterMs`. */
export const holdUntil = (retryAfterMs: number, now: number): number =>
  wholeSecond(now + Math.min(Math.max(retryAfterMs, 0), MOST_HOLD_MS))

// As events have them.
const wholeSecond = (ms: number): number => Math.ceil(ms / SECOND_MS) * SECOND_MS
