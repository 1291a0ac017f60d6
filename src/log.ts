/** The log: JSON lines on stderr, never with a person's data in them. */
import { type Logger, pino } from 'pino'

export type Log = Logger

/**
 * Makes the log of the part `name`. Lines are written at once: a part that is killed
 * a moment later has said why, and there are few lines (no line a request).
 */
export function createLog(level: string, name: string): Log {
  const stderr = pino.destination({ dest: 2, sync: true })
  // A log file on a full disk: without a listener this ends the process. The line comes with a later one, or not at all.
  stderr.on('error', () => {})
  return pino({ name, level, timestamp: pino.stdTimeFunctions.isoTime }, stderr)
}
