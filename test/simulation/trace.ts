/** The trace of a run: what happened when, a line each. The same seed must give the same one. */
import { createHash } from 'node:crypto'

export type Trace = {
  /** `who` did or met `what`, now. */
  say: (who: string, what: string) => void
  lines: readonly string[]
  /** Stands for all lines. */
  hash: () => string
}

/** An empty trace; `elapsed` gives the milliseconds since the run began. */
export const createTrace = (elapsed: () => number): Trace => {
  const lines: string[] = []
  return {
    say: (who, what) => void lines.push(`${(elapsed() / 1000).toFixed(4).padStart(9)} ${who.padEnd(16)} ${what}`),
    lines,
    hash: () => createHash('sha256').update(lines.join('\n')).digest('hex'),
  }
}
