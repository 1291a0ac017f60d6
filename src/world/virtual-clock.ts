/** A clock whose time moves only when it is told to. For tests and simulation. */
import { nextTick } from 'node:process'
import { setImmediate } from 'node:timers'
import type { Clock } from './clock.ts'

export type VirtualClock = Clock & {
  /** Lets `ms` milliseconds pass, running what falls due in the order of its time, then of its planning. */
  advance: (ms: number) => Promise<void>
  /** Runs what is planned until nothing is left; throws when that is not reached within `limitMs` of its time. */
  runUntilIdle: (options: { limitMs: number }) => Promise<void>
  /** Moves `now` alone, as somebody who sets the machine's clock. */
  leap: (ms: number) => void
}

type Planned = { at: number; order: number; run: () => void; cancelled: boolean }

/**
 * `start` is the first `now`, in ms since 1970. `settle` is fulfilled once every promise that can go on has done so, before
 * the next thing runs.
 */
export function createVirtualClock({
  start,
  settle = eventLoopRound,
}: {
  start: number
  settle?: () => Promise<void>
}): VirtualClock {
  const planned: Planned[] = []
  let elapsed = 0
  let leapt = 0
  let order = 0

  const plan = (at: number, run: () => void): Planned => {
    const entry = { at, order: ++order, run, cancelled: false }
    let low = 0
    let high = planned.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (planned[middle]!.at <= at) low = middle + 1
      else high = middle
    }
    planned.splice(low, 0, entry)
    return entry
  }

  const runThrough = async (until: number) => {
    await settle()
    while (planned.length > 0 && planned[0]!.at <= until) {
      const next = planned.shift()!
      if (next.cancelled) continue
      elapsed = next.at
      next.run()
      await settle()
    }
  }

  return {
    // Whole milliseconds, as Date.now gives them.
    now: () => Math.floor(start + leapt + elapsed),
    monotonic: () => elapsed,
    after: (ms, run) => {
      const entry = plan(elapsed + Math.max(0, ms), run)
      return () => {
        entry.cancelled = true
      }
    },
    soon: run => void plan(elapsed, run),
    advance: async ms => {
      const until = elapsed + ms
      await runThrough(until)
      elapsed = until
    },
    runUntilIdle: async ({ limitMs }) => {
      const until = elapsed + limitMs
      await runThrough(until)
      const left = planned.filter(entry => !entry.cancelled).length
      if (left > 0) throw new Error(`Cannot come to rest: ${left} things are still planned after ${limitMs} ms`)
    },
    leap: ms => {
      leapt += ms
    },
  }
}

/** Every promise that can go on has done so when the real event loop comes round. */
const eventLoopRound = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** The same in a fifth of the time, for a world in which no promise waits for anything outside of it, nor for a tick. */
export const promisesDone = (): Promise<void> => new Promise(resolve => nextTick(resolve))
