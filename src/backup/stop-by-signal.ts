/** A command that makes files puts them away before a signal ends it. */
import { exitCodes, plainFault } from '../exit.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** `signal` is aborted by the first signal to end; one more ends the process at once. `release` ends the listening. */
export const stopBySignal = (): { signal: AbortSignal; release: () => void } => {
  const controller = new AbortController()
  const stop = (): void => {
    release()
    controller.abort(plainFault(exitCodes.failed, 'Stopped by a signal; what was made is put away'))
  }
  const release = (): void => {
    for (const name of SIGNALS) process.off(name, stop)
  }
  for (const name of SIGNALS) process.on(name, stop)
  return { signal: controller.signal, release }
}
