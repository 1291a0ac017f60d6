/** Waiting on a clock whose time moves only when it is told to. */
import type { VirtualClock } from './virtual-clock.ts'

const MOST_STEPS = 10_000

/**
 * Lets the clock's time pass, `stepMs` at once, until the promise has come to its end, and gives what it gave. Throws when
 * nothing has come of it after 10,000 steps.
 */
export const finishOn =
  (clock: VirtualClock, stepMs = 10) =>
  async <T>(promise: Promise<T>): Promise<T> => {
    let open = true
    const done = promise.finally(() => {
      open = false
    })
    // What it throws is thrown below; until then nobody listens.
    done.catch(() => {})
    for (let step = 0; open; step++) {
      if (step === MOST_STEPS) throw new Error(`Cannot finish: nothing came of it in ${step * stepMs} ms of the clock`)
      await clock.advance(stepMs)
    }
    return done
  }
