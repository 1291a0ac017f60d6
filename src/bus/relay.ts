/** The relay: what the log has and the stream has not yet, published in order. It trusts no mark, it asks the stream. */
import { type Cancel, type Clock, pause } from '../world/clock.ts'
import { type LogStream, StreamConflict } from './bus.ts'
import { type ComparedLog, compare } from './compare.ts'
import { type Entry, NO_CHAIN } from './entry.ts'
import { Unavailable } from './unavailable.ts'

/** How often an idle relay looks whether the stream still is the log (protocol, R8). */
const LOOK_EVERY_MS = 2000

/** The most entries in one pipelined run; only its last message waits for the broker's answer. */
const RUN_ENTRIES = 512

const RETRY_MS = 200

/** What the relay does not decide itself. */
export type RelayPorts = {
  /** The stream was made, or made anew, and is being filled from the log. */
  made: (reason: string) => void
  /** These messages were in the stream and are not ours: to be kept where a person finds them. */
  keepAside: (entries: Entry[]) => void
  /** The stream has all that the log has, and the broker has said so. */
  arrived: () => void
  /** The stream can't be used at present, and why; told once as long as the reason is the same. */
  waits: (reason: string) => void
  /** The stream shows a history that the log has not: the owner must start over and find out (protocol, R5 and R6). */
  diverged: (reason: string) => void
}

export type Relay = {
  /** The log has grown. */
  wake: () => void
  /** Up to which number the stream is known to be the log. */
  confirmed: () => number
  /** Whether there was no stream, and the one that there is now holds what this relay has published and nothing else. */
  hasMade: () => boolean
  /**
   * Publishes until the stream is the log, and looks once more. False where the stream shows another history.
   * Waits as long as the broker is away.
   */
  catchUp: () => Promise<boolean>
  /** From now on publishes by itself. */
  run: () => void
  /** Publishes what is left, for `flushMs` at the most, and ends. What is left then, the next start publishes. */
  stop: (flushMs: number) => Promise<void>
}

export type RelayedLog = ComparedLog & { read: (from: number, limit: number) => Entry[] }

/** A relay from `log` to `stream`. */
export const createRelay = (log: RelayedLog, stream: LogStream, clock: Clock, ports: RelayPorts): Relay => {
  let confirmed = 0
  let refusedAfter: number | undefined
  let made = false
  let looked = false
  let running = false
  let ending = false
  let toldOf: string | undefined
  let stopped = false
  let wakeUp: (() => void) | undefined
  let loop: Promise<void> | undefined

  /** Compares, and makes the stream (anew) where that is the way. False where the histories differ. */
  const look = async (): Promise<boolean> => {
    const verdict = await compare(stream, log)
    if (verdict.kind === 'same') confirmed = verdict.last
    else if (verdict.kind === 'missing') {
      await stream.create()
      confirmed = 0
      made = true
      ports.made('there was none')
    } else if (verdict.kind === 'foreign') {
      made = false
      ports.keepAside(verdict.kept)
      await stream.delete()
      await stream.create()
      confirmed = 0
      ports.made('it held what this log never said, or its end was gone')
    } else return false
    looked = true
    toldOf = undefined
    return true
  }

  /** Publishes the next run. */
  const publish = async (): Promise<void> => {
    const entries = log.read(confirmed + 1, RUN_ENTRIES)
    const last = entries.at(-1)
    if (!last) return
    try {
      await stream.append(entries, log.chainAt(confirmed) ?? NO_CHAIN)
      confirmed = last.seq
      refusedAfter = undefined
      if (confirmed === log.head()) ports.arrived()
    } catch (error) {
      looked = false
      // A refusal is a question: the next look answers it.
      if (!(error instanceof StreamConflict)) throw error
      // Refused once more at the same place, whatever the look has said: a stream that takes nothing, perhaps for long.
      if (refusedAfter === confirmed) await pause(clock, RETRY_MS)
      refusedAfter = confirmed
    }
  }

  /** One step towards a stream that is the log; false where the histories differ. */
  const step = async (): Promise<boolean> => {
    if (!looked && !(await look())) return false
    if (confirmed < log.head()) await publish()
    return true
  }

  const patiently = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    while (!stopped) {
      try {
        return await work()
      } catch (error) {
        looked = false
        if (!(error instanceof Unavailable)) throw error
        if (error.message !== toldOf) ports.waits(error.message)
        toldOf = error.message
        await pause(clock, RETRY_MS)
      }
    }
    return undefined
  }

  // Ends early when the log grows or the relay stops.
  const sleep = (ms: number): Promise<void> =>
    new Promise(resolve => {
      const cancel: Cancel = clock.after(ms, () => wakeUp?.())
      wakeUp = () => {
        wakeUp = undefined
        cancel()
        resolve()
      }
    })

  const keepUp = async (): Promise<void> => {
    let lookedAt = clock.monotonic()
    while (!stopped) {
      const sinceLook = clock.monotonic() - lookedAt
      if (sinceLook >= LOOK_EVERY_MS) looked = false
      if (looked && confirmed === log.head()) {
        if (ending) return
        await sleep(LOOK_EVERY_MS - sinceLook)
        continue
      }
      if (!looked) lookedAt = clock.monotonic()
      const same = await patiently(step)
      if (same === false && !stopped) return ports.diverged('the stream shows entries that the log has not')
    }
  }

  return {
    wake: () => wakeUp?.(),
    confirmed: () => confirmed,
    hasMade: () => made,
    catchUp: async () => {
      looked = false
      for (;;) {
        const same = await patiently(step)
        if (!same) return false
        if (!looked || confirmed < log.head()) continue
        // An acknowledged number does not say who wrote it: only a look does (protocol, R6).
        const sure = await patiently(look)
        if (!sure) return false
        if (confirmed === log.head()) return true
      }
    },
    run: () => {
      if (running) return
      running = true
      loop = keepUp().catch(error => ports.diverged(`the relay failed: ${String(error)}`))
    },
    stop: async flushMs => {
      ending = true
      wakeUp?.()
      if (loop) await Promise.race([loop, pause(clock, flushMs)])
      stopped = true
      wakeUp?.()
    },
  }
}
