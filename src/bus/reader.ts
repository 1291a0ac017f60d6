/** The reader: another actor's log, entry by entry, each checked against the one before, whatever became of the stream. */
import type { Cancel, Clock } from '../world/clock.ts'
import type { LogStream, Running } from './bus.ts'
import { type Entry, follows } from './entry.ts'
import { Unavailable } from './unavailable.ts'

/** How often a reader compares where it stands with its source (protocol, R8). */
const COMPARE_EVERY_MS = 3000

const RETRY_MS = 100
const MOST_RETRY_MS = 2000

/** Entries asked of the source at once, when the stream can't give them. */
const ASK_ENTRIES = 500

/** The most entries handed over and not yet taken in; beyond it the stream is let go for a while. */
const MOST_UNTAKEN = 8192

/** What the source says of its log: its head, the chain before `from`, and entries from there on. */
export type LogPage = { head: number; chainBefore: string | undefined; entries: Entry[] }

/**
 * How a reader passes over what nobody wishes for, instead of reading entry by entry: while it is not `wanted` it asks the
 * source now and then how far its log goes, and goes there. It stands at a real entry of the source all the while.
 */
export type Doze = { wanted: () => boolean; skipTo: (seq: number, chain: string) => void }

export type ReaderPorts = {
  stream: LogStream
  /** Asks the source itself. Throws `Unavailable`. */
  ask: (from: number, limit: number) => Promise<LogPage>
  /** Up to where the entries were taken in. */
  taken: () => { seq: number; chain: string }
  /** Hands an entry over; it is the next one, and was proven to follow the one before, whose chain is `after`. */
  deliver: (entry: Entry, after: string) => void
  /** For a reader that may have no use for what happens. Without it every entry is handed over. */
  doze?: Doze
  /** The source's history is not the one this reader has seen. Nothing more is delivered. */
  differs: (reason: string) => void
  /** A bug: reading can't go on. */
  failed: (error: unknown) => void
  clock: Clock
  /** Names the reader at the broker. */
  name: string
}

export type Reader = {
  /** Resolves when the entries of before its start that nobody wishes for are passed over; at once where somebody does. */
  passedOver: Promise<void>
  /** A reader that dozes may be wanted now. */
  wake: () => void
  stop: () => Promise<void>
}

/** Starts reading after what was taken in. */
export const startReader = (ports: ReaderPorts): Reader => {
  const { stream, ask, clock } = ports
  let { seq, chain } = ports.taken()
  let stopped = false
  let following: Running | undefined
  let retryMs = RETRY_MS
  let cancelRetry: Cancel | undefined
  let cancelCompare: Cancel | undefined
  let asking = false
  let comparedAt = seq
  const { promise: passedOver, resolve: hasPassedOver } = Promise.withResolvers<void>()

  const dozes = (): boolean => ports.doze !== undefined && !ports.doze.wanted()

  /** Delivers the next entry; false when it is not the next, or does not follow. */
  const accept = (entry: Entry): boolean => {
    if (entry.seq !== seq + 1 || !follows(chain, entry)) return false
    const after = chain
    seq = entry.seq
    chain = entry.chain
    retryMs = RETRY_MS
    ports.deliver(entry, after)
    return true
  }

  const letGo = (): void => {
    void following?.stop()
    following = undefined
  }

  const followStream = (): void => {
    if (stopped || following || dozes()) return
    following = stream.follow(seq + 1, ports.name, take, () => {
      following = undefined
      retry()
    })
  }

  const take = (entry: Entry): void => {
    if (stopped || !following || entry.seq <= seq) return
    if (!accept(entry)) {
      // A gap, a foreign message, another history: only the source can say which.
      letGo()
      return retry()
    }
    if (seq - ports.taken().seq > MOST_UNTAKEN) {
      letGo()
      retry()
    }
  }

  const retry = (): void => {
    if (stopped || cancelRetry) return
    cancelRetry = clock.after(retryMs, () => {
      cancelRetry = undefined
      catchUp().catch(ports.failed)
    })
    retryMs = Math.min(retryMs * 2, MOST_RETRY_MS)
  }

  /** Reads from the source what the stream did not give, then follows the stream again. */
  const catchUp = async (): Promise<void> => {
    if (stopped || asking) return
    if (seq - ports.taken().seq > MOST_UNTAKEN) return retry()
    asking = true
    try {
      if (dozes()) await skipAhead()
      // It may have been woken meanwhile.
      if (!dozes()) await readFromSource()
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      // The source does not answer now; its stream may still be there, but only the source can be passed over.
      if (dozes()) retry()
    } finally {
      asking = false
    }
    followStream()
  }

  const readFromSource = async (): Promise<void> => {
    while (!stopped) {
      const from = seq + 1
      const page = await ask(from, ASK_ENTRIES)
      if (stopped || seq + 1 !== from) return
      if (!isMine(page)) return stopReading(page)
      for (const entry of page.entries) if (!accept(entry)) return stopReading(page)
      if (page.entries.length === 0 || seq - ports.taken().seq > MOST_UNTAKEN) return
    }
  }

  const skipAhead = async (): Promise<void> => {
    const page = await ask(seq + 1, 0)
    if (stopped) return
    if (!isMine(page)) return stopReading(page)
    retryMs = RETRY_MS
    if (page.head === seq) return hasPassedOver()
    const { chainBefore } = await ask(page.head + 1, 0)
    if (stopped || !dozes() || chainBefore === undefined) return
    seq = page.head
    chain = chainBefore
    ports.doze?.skipTo(seq, chain)
    hasPassedOver()
  }

  const isMine = (page: LogPage): boolean => page.head >= seq && page.chainBefore === chain

  const stopReading = (page: LogPage): void => {
    stopped = true
    hasPassedOver()
    letGo()
    ports.differs(`it stands at ${page.head}, and at ${seq} this reader saw another entry than it has`)
  }

  // A consumer that starts beyond the end hears nothing, one before the first message jumps: so compare now and then.
  const compareLater = (): void => {
    cancelCompare = clock.after(COMPARE_EVERY_MS, () => {
      compareNow()
        .then(() => {
          if (!stopped) compareLater()
        })
        .catch(ports.failed)
    })
  }

  const compareNow = async (): Promise<void> => {
    if (asking) return
    if (dozes()) {
      letGo()
      return catchUp()
    }
    const from = seq + 1
    try {
      const page = await ask(from, 0)
      if (stopped || seq + 1 !== from) return
      if (!isMine(page)) return stopReading(page)
      const stalled = page.head > seq && comparedAt === seq
      comparedAt = seq
      if (stalled && seq - ports.taken().seq === 0) {
        letGo()
        await catchUp()
      }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      // Nobody to compare with at present.
    }
  }

  if (!dozes()) hasPassedOver()
  catchUp().catch(ports.failed)
  compareLater()

  return {
    passedOver,
    wake: () => {
      if (!ports.doze || stopped || following || cancelRetry || dozes()) return
      catchUp().catch(ports.failed)
    },
    stop: async () => {
      stopped = true
      hasPassedOver()
      cancelRetry?.()
      cancelCompare?.()
      await following?.stop()
    },
  }
}
