/** Cutting the stream of a log, where the configuration says so: what is old enough, and read by everybody. */
import type { LogStream } from '../../bus/bus.ts'
import type { LogPage } from '../../bus/reader.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Cancel, Clock } from '../../world/clock.ts'
import { readEvent } from './event.ts'

const HOUR_MS = 3_600_000

/** A wall clock that moved by more than this against the monotonic one is not believed. */
const MOST_LEAP_MS = HOUR_MS

export type CuttingPorts = {
  stream: Pick<LogStream, 'cut'>
  clock: Clock
  /** How long an entry stays in the stream, ms. */
  keepMs: number
  /** The actors that read this log. */
  readers: readonly string[]
  /** Up to where a reader has read it. Throws `Unavailable`. */
  askCursor: (reader: string) => Promise<{ seq: number }>
  /** Entries of the log itself, which keeps them all. Throws `Unavailable`. */
  readLog: (from: number, limit: number) => Promise<LogPage>
  warn: (text: string) => void
}

/** Cuts now and every hour until stopped. */
export const startCutting = (ports: CuttingPorts): { stop: () => void } => {
  const { clock, warn } = ports
  const startedAt = clock.now() - clock.monotonic()
  let cancel: Cancel = () => {}

  const cut = async (): Promise<void> => {
    if (Math.abs(clock.now() - clock.monotonic() - startedAt) > MOST_LEAP_MS)
      return warn('the clock has leapt by more than an hour; the stream is not cut until the next start')
    const last = await lastToCut(ports)
    if (last > 0) await ports.stream.cut(last + 1)
  }
  const plan = (): void => {
    cancel = clock.after(HOUR_MS, plan)
    cut().catch(error => {
      // A reader that does not answer only puts it off.
      if (!(error instanceof Unavailable)) warn(`the stream could not be cut: ${String(error)}`)
    })
  }
  plan()
  return { stop: () => cancel() }
}

/** The last entry that is old enough and that every reader has read; 0 where there is none. The log's last never is. */
const lastToCut = async ({ clock, keepMs, readers, askCursor, readLog }: CuttingPorts): Promise<number> => {
  const cursors = await Promise.all(readers.map(async reader => (await askCursor(reader)).seq))
  const { head } = await readLog(1, 0)
  const horizon = clock.now() - keepMs
  const isOld = async (seq: number): Promise<boolean> => {
    const [entry] = (await readLog(seq, 1)).entries
    return entry !== undefined && readEvent(entry.body).at < horizon
  }

  // Times never fall along a log, so the border is found by halving.
  let old = 0
  let young = Math.min(head - 1, ...cursors) + 1
  while (young - old > 1) {
    const middle = Math.floor((old + young) / 2)
    if (await isOld(middle)) old = middle
    else young = middle
  }
  return old
}
