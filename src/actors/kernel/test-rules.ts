/** Rules as a table of given, when and outcome: one row a reason. For tests only. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Decision } from './decision.ts'

/** What is known, what follows in words, and the very decision. */
export type RuleRow = { given: string; outcome: string; decide: () => Decision; decision: Decision }

/** A test a row; `when` is what was asked or heard. */
export const specify = (when: string, rows: readonly RuleRow[]): void => {
  describe(when, () => {
    for (const { given, outcome, decide, decision } of rows)
      it(`given ${given}: ${outcome}`, () => assert.deepEqual(decide(), decision))
  })
}
