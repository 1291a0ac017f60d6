/** When a person, a terminal or the system asks a start to stop, or to read again what may have changed. */
import { hasTerminal } from '../processes/terminal.ts'

/** npm, the shell and the wrapper each pass Ctrl-C on: what comes within this time is the same wish, ms. */
const sameWishMs = 1_000

type Wishes = { stop: () => void; hurry: () => void; readAgain: () => void }

/**
 * Calls `stop` at the first signal, and `hurry` at a further one that comes later than that wish's echo. SIGHUP means
 * `readAgain` unless there is a terminal, whose end it then tells.
 */
export function onSignals({ stop, hurry, readAgain }: Wishes): void {
  let askedAt: number | undefined

  const asked = () => {
    const now = performance.now()
    if (askedAt === undefined) {
      askedAt = now
      stop()
    } else if (now - askedAt > sameWishMs) hurry()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, asked)
  process.on('SIGHUP', hasTerminal() ? asked : readAgain)
  // A terminal that is gone takes no more lines; that must not break the drain.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
}
