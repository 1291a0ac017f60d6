/** What came of a command, in short. For tests only. */
import type { Outcome } from './mailbox.ts'

/** The code of a no; `undefined` for a yes, or when nothing was answered. */
export const problem = (outcome: Outcome | undefined): string | undefined =>
  outcome?.kind === 'refusal' ? outcome.refusal.code : undefined
