/** A process that runs: what those who started it may do with it. */

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/**
 * `ask` asks it to drain and end, `kill` ends it at once, `hangUp` sends a process of ours
 * SIGHUP, by which it reads again what may have changed. All may come after its end, and then do nothing.
 */
export type Running = { pid: number; exited: Promise<Exit>; ask(): void; kill(): void; hangUp?(): void }

/** Sends a signal; false when there is no such process. Not child.kill(): on Deno 2.9 a second one sends nothing. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ESRCH') return false
    throw fault
  }
}

/** Whether there is a process of this pid, ours or somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (fault) {
    return fault instanceof Error && 'code' in fault && fault.code === 'EPERM'
  }
}
