/** How many tests passed, failed and were skipped. */

export type Counts = { passed: number; failed: number; skipped: number }

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 }

export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  }
}

/** Nothing failed, and something ran: a run of no tests proves nothing. */
export const isGood = ({ passed, failed }: Counts): boolean => passed > 0 && failed === 0

/** `12 passed, 0 failed`, for people and for .ci/run. */
export const countsLine = ({ passed, failed }: Omit<Counts, 'skipped'>): string => `${passed} passed, ${failed} failed`

/** `, 1 skipped`, where any was. */
export const skippedNote = (skipped: number): string => (skipped > 0 ? `, ${skipped} skipped` : '')
