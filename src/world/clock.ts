/** Time comes in here, so that a simulation can make it. */

/** Stops what was planned; harmless afterwards. */
export type Cancel = () => void

export type Clock = {
  /** Milliseconds since 1970, as the machine believes; may leap. */
  now: () => number
  /** Milliseconds from an arbitrary start; never leaps. */
  monotonic: () => number
  /** Calls `run` once, in `ms` milliseconds. */
  after: (ms: number, run: () => void) => Cancel
  /** Calls `run` once, when what has already arrived is handled: a turn of the event loop later. */
  soon: (run: () => void) => void
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  soon: run => {
    setImmediate(run)
  },
}

/** Resolves in `ms` milliseconds of `clock`. */
export const pause = (clock: Clock, ms: number): Promise<void> => new Promise(resolve => clock.after(ms, resolve))
