/** A histogram with fixed bounds: to count costs some comparisons and no memory. */

/** `counts` has one place more than `bounds`: for what is beyond them all. */
export type Histogram = { bounds: readonly number[]; counts: number[]; sum: number }

/** Seconds: from what memory takes to what a person gives up on. */
export const SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** An empty histogram; `bounds` ascend. */
export const createHistogram = (bounds: readonly number[]): Histogram => ({
  bounds,
  counts: new Array<number>(bounds.length + 1).fill(0),
  sum: 0,
})

/** Counts `value` in place. */
export const observe = (histogram: Histogram, value: number): void => {
  const { bounds, counts } = histogram
  let at = 0
  while (at < bounds.length && value > (bounds[at] as number)) at++
  counts[at] = (counts[at] as number) + 1
  histogram.sum += value
}
