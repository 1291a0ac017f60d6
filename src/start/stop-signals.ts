/** When a person, a terminal or the system asks a start to stop. */

/** npm, the shell and the wrapper each pass Ctrl-C on: what comes within this time is the same wish, ms. */
const sameWishMs = 1_000

/** Calls `stop` at the first signal, and `hurry` at a further one that comes later than that wish's echo. */
export function onStopSignals(stop: () => void, hurry: () => void): void {
  let askedAt: number | undefined

  const asked = () => {
    const now = performance.now()
    if (askedAt === undefined) {
      askedAt = now
      stop()
    } else if (now - askedAt > sameWishMs) hurry()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, asked)
  // A terminal that is gone takes no more lines; that must not break the drain.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
}
