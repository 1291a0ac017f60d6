/** Room on the disk: missed by a turn that found none, and then looked for until it is there. */
import type { Cancel, Clock } from '../../world/clock.ts'
import { isFull, type Store } from './store.ts'

/** Between two looks while there is none. */
export const FULL_WAIT_MS = 500

export type Room = {
  /** Whether a commit would find room, as far as is known: nobody should call an actor ready that can keep nothing. */
  isMissing: () => boolean
  /** A commit has found none. */
  missed: () => void
  /** A commit has found some. */
  found: () => void
  stop: () => void
}

/** The room that `store` has. A command that comes would tell too, but to a part that says it is not ready none comes. */
export const createRoom = (store: Store, clock: Clock): Room => {
  let missing = false
  let cancel: Cancel | undefined

  const found = (): void => {
    missing = false
    cancel?.()
  }
  const look = (): void => {
    try {
      // Writes one page, with what stands in it.
      store.transaction(() => store.pragma('user_version = 0'))()
      found()
    } catch (error) {
      // Another fault is for the next turn to meet, which knows what to do about it.
      if (isFull(error)) lookAgain()
      else found()
    }
  }
  const lookAgain = (): void => {
    cancel = clock.after(FULL_WAIT_MS, look)
  }

  return {
    isMissing: () => missing,
    missed: () => {
      if (missing) return
      missing = true
      lookAgain()
    },
    found,
    stop: () => cancel?.(),
  }
}
