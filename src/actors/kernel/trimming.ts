/** Forgetting old command ids, by a written horizon that never passes a command still in the queue (protocol, R10). */
import type { CommandQueue } from '../../bus/bus.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Cancel, Clock } from '../../world/clock.ts'
import type { Core } from './core.ts'
import type { Item } from './mailbox.ts'

const HOUR_MS = 3_600_000
const TRIM_EVERY_MS = HOUR_MS

/** A wall clock that moved by more than this against the monotonic one is not believed. */
const MOST_LEAP_MS = HOUR_MS

export type Trimming = { start: () => void; stop: () => void }

/** Trims the inbox of `core` every hour. */
export const createTrimming = (
  core: Core,
  queue: CommandQueue,
  clock: Clock,
  ports: { push: (item: Item) => boolean; warn: (text: string) => void },
): Trimming => {
  const startedAt = clock.now() - clock.monotonic()
  let cancel: Cancel | undefined
  let stopped = false

  const trim = async (): Promise<void> => {
    if (Math.abs(clock.now() - clock.monotonic() - startedAt) > MOST_LEAP_MS)
      return ports.warn('the clock has leapt by more than an hour; no command ids are forgotten until the next start')
    const oldest = await queue.oldest(core.address)
    const until = Math.min(
      clock.now() - core.settings.idempotencyHours * HOUR_MS,
      (oldest ?? Number.MAX_SAFE_INTEGER) - 1,
    )
    ports.push({ kind: 'trim', until })
  }

  const plan = (): void => {
    if (stopped) return
    cancel = clock.after(TRIM_EVERY_MS, plan)
    trim().catch(error => {
      // Not being able to ask the queue only puts it off.
      if (!(error instanceof Unavailable)) ports.warn(`could not trim the inbox: ${String(error)}`)
    })
  }

  return {
    start: plan,
    stop: () => {
      stopped = true
      cancel?.()
    },
  }
}
