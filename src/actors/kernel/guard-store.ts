/** Keeping watch over a guarded store while its actor runs: pages are written back and looked at, a little at a time. */
import type { Cancel, Clock } from '../../world/clock.ts'
import type { GuardedStore } from './guarded-store.ts'
import { isFull } from './store.ts'

/** While somebody writes; and while nobody does, when a burst may begin at any moment. */
const TIDY_EVERY_MS = 100
const TIDY_AT_REST_MS = 500
/** A gigabyte is gone through in some ten seconds after the start, and then in some twenty minutes: at rest all is still. */
const FIRST_SCRUB_EVERY_MS = 200
const SCRUB_EVERY_MS = 1_000

/** Watches until stopped. `damaged` hears of a page that is not what was written, and of a disk that fails: the process must end. */
export const guardStore = (
  guarded: Pick<GuardedStore, 'tidy' | 'scrub' | 'lookedThrough'>,
  clock: Clock,
  damaged: (error: Error) => void,
): { stop: () => void } => {
  const cancels: Cancel[] = []

  const every = (at: number, pauseMs: () => number, work: () => Error | undefined): void => {
    const again = (): void => {
      const error = orError(work)
      if (error) damaged(error)
      else cancels[at] = clock.after(pauseMs(), again)
    }
    cancels[at] = clock.after(pauseMs(), again)
  }
  let atRest = false
  const tidy = () => {
    atRest = !guarded.tidy()
    return undefined
  }
  every(0, () => (atRest ? TIDY_AT_REST_MS : TIDY_EVERY_MS), tidy)
  every(1, () => (guarded.lookedThrough() ? SCRUB_EVERY_MS : FIRST_SCRUB_EVERY_MS), guarded.scrub)

  return {
    stop: () => {
      for (const cancel of cancels) cancel()
    },
  }
}

const orError = (work: () => Error | undefined): Error | undefined => {
  try {
    return work()
  } catch (error) {
    // The write-ahead log goes on growing until there is room.
    return isFull(error) || (error as NodeJS.ErrnoException).code === 'ENOSPC' ? undefined : (error as Error)
  }
}
