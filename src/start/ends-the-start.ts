/** Which part that is given up ends everything. */
import { type ExitCode, exitCodes } from '../exit.ts'
import type { Happening } from '../processes/supervisor.ts'
import { DOORS, ONE_PROCESS } from './parts.ts'

/**
 * The exit code with which the whole start ends, or `undefined` where it goes on. Before everything was ever ready it ends
 * when a person must act, or when nothing can be reached; later the others go on, unless there are none.
 */
export function endsTheStart(happening: Happening, { wasReady }: { wasReady: boolean }): ExitCode | undefined {
  if (happening.what !== 'gave up') return undefined
  if (wasReady && happening.part !== ONE_PROCESS) return undefined
  if (happening.exitCode === exitCodes.configuration) return exitCodes.configuration
  return [...DOORS, 'nats-server'].includes(happening.part) ? exitCodes.unavailable : undefined
}
