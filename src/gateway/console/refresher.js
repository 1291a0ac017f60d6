/** Drawing again what has changed, no more often than a person can look. */

const QUIET_MS = 250

/** `soon()` has `work` done within a moment, once for all calls of that moment and never twice at a time. */
export const refresher = work => {
  let planned = false
  let running = false
  let stopped = false

  const run = async () => {
    planned = false
    running = true
    try {
      await work()
    } catch {
      // The page shows the last that it knows; the next event, or the feed's coming back, asks again.
    }
    running = false
    if (planned) later()
  }
  const later = () => setTimeout(() => !stopped && run(), QUIET_MS)
  return {
    soon: () => {
      if (planned || stopped) return
      planned = true
      if (!running) later()
    },
    stop: () => {
      stopped = true
    },
  }
}
