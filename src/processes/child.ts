/** How a process of Kassa comes to its end: drained once, by a signal or because its parent is gone. */
import { exitCodeOf, exitCodes } from '../exit.ts'
import { inSources } from './built.ts'
import { hasTerminal } from './terminal.ts'

/** Set by the supervisor for what it starts; such a process has a pipe as its stdin. */
export const supervisedVariable = 'KASSA_SUPERVISED'

/**
 * Calls `stop` once, at SIGTERM or when the supervisor is gone (its end of our stdin closes), then exits with 0.
 * Ctrl-C reaches every process of the terminal; under a supervisor it is left to the supervisor, which
 * drains in order. Further signals change nothing: the drain goes on. SIGHUP calls `readAgain` where no terminal's end
 * can be meant: from a supervisor, or without a terminal.
 */
export function endWithParent(stop: () => Promise<void>, readAgain?: () => void): void {
  const supervised = process.env[supervisedVariable] === '1'
  let ending = false

  const end = () => {
    if (ending) return
    ending = true
    stop().then(
      () => process.exit(exitCodes.ok),
      (fault: unknown) => endWithFault(fault),
    )
  }

  process.on('SIGTERM', end)
  process.on('SIGINT', supervised ? () => {} : end)
  const isWish = supervised || (readAgain !== undefined && !hasTerminal())
  process.on('SIGHUP', isWish ? () => readAgain?.() : end)
  // A parent that is gone can't read what we still say; that must not break the drain.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  if (supervised) process.stdin.on('end', end).on('error', end).resume()
}

/** Ends the process over `fault`: its message when it is meant for a person, the stack when it is a defect. */
export function endWithFault(fault: unknown): never {
  const exitCode = exitCodeOf(fault)
  const text = fault instanceof Error && exitCode !== undefined ? fault.message : stackOf(fault)
  console.error(text)
  process.exit(exitCode ?? exitCodes.failed)
}

/** Bun gives no stack to an error of the loader. */
function stackOf(fault: unknown): string {
  return inSources((fault instanceof Error && fault.stack) || String(fault))
}
