/** What a process tells of itself, whatever it is for: memory, time, and how promptly its event loop comes round. */
import type { Cancel, Clock } from '../world/clock.ts'
import { type Figure, sample, spread } from './figure.ts'
import { createHistogram, observe, SECONDS } from './histogram.ts'

/** How often the event loop's delay is looked at, ms: each look wakes a process that may be at rest. */
const LOOK_EVERY_MS = 1_000

/** Set by the supervisor: how often it has started this process again. */
export const restartsVariable = 'KASSA_RESTARTS'

export type ProcessFigures = { read: () => Figure[]; stop: () => void }

/** Begins to watch this process. `env` tells what the supervisor knows of it. */
export const watchProcess = (clock: Clock, env: Record<string, string | undefined>): ProcessFigures => {
  const startedAt = (clock.now() - clock.monotonic()) / 1000
  const restarts = Number(env[restartsVariable] ?? 0)
  const delay = createHistogram(SECONDS)
  let cancel: Cancel

  // Not `monitorEventLoopDelay`: not every runtime has it.
  const look = (): void => {
    const due = clock.monotonic() + LOOK_EVERY_MS
    cancel = clock.after(LOOK_EVERY_MS, () => {
      observe(delay, Math.max(0, clock.monotonic() - due) / 1000)
      look()
    })
  }
  look()

  return {
    read: () => {
      const { rss, heapUsed } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      return [
        sample('kassa_process_start_time_seconds', startedAt),
        sample('kassa_process_restarts_total', restarts),
        sample('kassa_process_cpu_seconds_total', (user + system) / 1_000_000),
        sample('kassa_process_resident_memory_bytes', rss),
        sample('kassa_process_heap_used_bytes', heapUsed),
        spread('kassa_event_loop_delay_seconds', delay),
      ]
    },
    stop: () => cancel(),
  }
}
