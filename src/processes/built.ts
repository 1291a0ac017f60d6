/** The built program, for a process that runs it (`bin/built-program.cjs`) in place of the sources. */

type Built = {
  /** Runs it, as `src/main.ts` does. */
  file: string
  /** Keeps what is compiled by now for processes of the same kind. */
  keepCompiled(): void
  /** Puts the places of the sources into a stack, `src/main.ts:39`. */
  inSources(stack: string): string
}

declare const KASSA_BUILT: Built | undefined

/** Undefined in a process that runs the sources. */
export const built = typeof KASSA_BUILT === 'undefined' ? undefined : KASSA_BUILT

/** A stack in terms of the sources. */
export const inSources = (stack: string): string => built?.inSources(stack) ?? stack
