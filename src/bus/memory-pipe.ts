/** One direction of a connection in memory: everything arrives in order, sooner or later. */
import type { Clock } from '../world/clock.ts'

export type Pipe = {
  /** `arrive` runs at the other end. */
  send: (arrive: () => void) => void
  /** How many are on the way. */
  inFlight: () => number
  /** The connection broke: the first `arriving` of those on the way still arrive, `afterMs` from now; the rest never. */
  cut: (arriving: number, afterMs: number) => void
}

/** `delayMs` is asked for every message. */
export function createPipe(clock: Clock, delayMs: () => number): Pipe {
  const onTheWay: (() => void)[] = []
  let lastArrival = 0

  // Whichever timer fires, it is the turn of the one that was sent first.
  const arriveNext = () => onTheWay.shift()?.()

  return {
    send: arrive => {
      const now = clock.monotonic()
      lastArrival = Math.max(lastArrival, now + delayMs())
      onTheWay.push(arrive)
      if (lastArrival > now) clock.after(lastArrival - now, arriveNext)
      else clock.soon(arriveNext)
    },
    inFlight: () => onTheWay.length,
    cut: (arriving, afterMs) => {
      for (const arrive of onTheWay.splice(0).slice(0, arriving)) clock.after(afterMs, arrive)
    },
  }
}
