/** Timers: rows first, wake-ups second. A command whose waiting is over goes to the mailbox, however late. */
import type { Cancel, Clock } from '../../world/clock.ts'
import type { Core } from './core.ts'
import type { Item } from './mailbox.ts'

/** setTimeout holds no more than this; a later moment is simply looked at again. */
const LONGEST_MS = 2 ** 31 - 1

export type Waking = { check: () => void; stop: () => void }

/** Watches the waiting table of `core`. `check` must be called when it may have changed. */
export const createWaking = (core: Core, clock: Clock, push: (item: Item) => void): Waking => {
  const pushed = new Set<string>()
  let cancel: Cancel | undefined
  let stopped = false

  const check = (): void => {
    if (stopped) return
    cancel?.()
    cancel = undefined
    const now = core.now()
    const due = new Set(core.tables.waiting.due(now))
    // One that was woken in vain waits again, and is to be woken again.
    for (const id of pushed) if (!due.has(id)) pushed.delete(id)
    for (const id of due) {
      if (pushed.has(id)) continue
      pushed.add(id)
      push({ kind: 'waiting', id })
    }
    const next = core.tables.waiting.nextUntil()
    if (next === undefined) return
    cancel = clock.after(Math.min(Math.max(next - now, 1), LONGEST_MS), () => {
      pushed.clear()
      check()
    })
  }

  return {
    check,
    stop: () => {
      stopped = true
      cancel?.()
    },
  }
}
