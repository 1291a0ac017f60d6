/** Giving back what a start has needed: modules are read, compiled and forgotten, and nothing collects that at rest. */
import module from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { built } from './built.ts'
import { isBun, isDeno } from './runtime.ts'

/** The parts start side by side on few cores: who is ready first takes no time from those who are not. */
const REST_MS = 2_000

/**
 * Writes what was compiled into the cache, which Node would do when the process ends and is to be quick about it: a
 * first stop on a slow disk took longer than a drain may. `restMs` later it collects garbage once, in some tens of
 * milliseconds. From then on V8 also holds the heap against what is alive, where after a start it would wait for half of
 * all that the heap may have. Does nothing on Deno and Bun.
 */
export async function giveBackMemory(restMs = REST_MS): Promise<void> {
  if (isDeno || isBun) return

  if (built) built.keepCompiled()
  else module.flushCompileCache?.()

  // Nobody waits for this in order to end.
  await sleep(restMs, undefined, { ref: false })
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}
