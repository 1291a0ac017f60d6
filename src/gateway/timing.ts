/** Where the time of one request went: in asking others, in waiting for what follows, and the rest here. */
import type { Clock } from '../world/clock.ts'

export type Timing = {
  /** Begins to ask; of several questions at once the time counts once. */
  asks: () => void
  hasAsked: () => void
  /** Has waited so many ms for what follows, an order's settling. */
  settled: (ms: number) => void
  /** The `Server-Timing` of an answer that is given now, in ms (w3.org/TR/server-timing). */
  header: () => string
}

/** A request has come. */
export const createTiming = (clock: Pick<Clock, 'monotonic'>): Timing => {
  const came = clock.monotonic()
  let open = 0
  let since = 0
  let askMs = 0
  let settleMs = 0
  return {
    asks: () => {
      if (open++ === 0) since = clock.monotonic()
    },
    hasAsked: () => {
      if (--open === 0) askMs += clock.monotonic() - since
    },
    settled: ms => {
      settleMs += ms
    },
    header: () => {
      const here = Math.max(0, clock.monotonic() - came - askMs - settleMs)
      const parts = `${part('gateway', here)}, ${part('ask', askMs)}`
      return settleMs > 0 ? `${parts}, ${part('settle', settleMs)}` : parts
    },
  }
}

const part = (name: string, ms: number): string => `${name};dur=${Math.round(ms * 10) / 10}`
