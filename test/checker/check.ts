/** The checker from outside: everything that was promised, held against what is there. */
import { checkAnswers, type Tally } from './check-answers.ts'
import { checkLogs } from './check-logs.ts'
import { checkMail, lettersTwice } from './check-mail.ts'
import { checkMoney } from './check-money.ts'
import { checkOrders } from './check-orders.ts'
import type { Evidence, Violation } from './evidence.ts'

export type Verdict = { violations: Violation[]; tally: Tally; lettersTwice: number }

/** Holds the journal, the mail and what HTTP shows against the copies of the stores. */
export const check = (evidence: Evidence): Verdict => {
  const { violations, tally } = checkAnswers(evidence)
  return {
    violations: [
      ...violations,
      ...checkLogs(evidence),
      ...checkMoney(evidence),
      ...checkOrders(evidence),
      ...checkMail(evidence),
    ],
    tally,
    lettersTwice: lettersTwice(evidence),
  }
}
