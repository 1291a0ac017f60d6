/** The exit codes of Kassa, and errors that carry one. */

/** From BSD's sysexits.h, so that systemd and scripts can tell "try again" (69) from "a person must act" (78). */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unavailable: 69, configuration: 78 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** An error whose message is meant for the person at the terminal: it is printed without a stack trace. */
export type PlainFault = Error & { exitCode: ExitCode }

/** Makes an error that ends the process with `exitCode` and shows only its message. */
export function plainFault(exitCode: ExitCode, message: string): PlainFault {
  return Object.assign(new Error(message), { exitCode })
}

/** The exit code an error asks for, or undefined when it is a defect that deserves its stack. */
export function exitCodeOf(error: unknown): ExitCode | undefined {
  if (!(error instanceof Error) || !('exitCode' in error)) return undefined

  return Object.values(exitCodes).find(code => code === error.exitCode)
}
