/** A figure: what a process tells of itself, a number or how numbers are spread, under a name of `families.ts`. */
import type { FamilyName } from './families.ts'
import type { Histogram } from './histogram.ts'

/** What tells the figures of one family apart; the process is added by whoever gathers them. */
export type Labels = Readonly<Record<string, string>>

/** One number. */
export type Sample = { name: string; labels: Labels; value: number }

/**
 * How numbers are spread: `counts[i]` of them were at most `bounds[i]` and more than the bound before; the last count,
 * beyond all bounds, has none. `sum` is all of them added up.
 */
export type Spread = { name: string; labels: Labels; bounds: readonly number[]; counts: readonly number[]; sum: number }

export type Figure = Sample | Spread

/** A number under the name of a family. */
export const sample = (name: FamilyName, value: number, labels: Labels = {}): Sample => ({ name, labels, value })

/** What a histogram has counted so far. */
export const spread = (name: FamilyName, { bounds, counts, sum }: Histogram, labels: Labels = {}): Spread => ({
  name,
  labels,
  bounds,
  counts: [...counts],
  sum,
})
