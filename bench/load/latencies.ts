/** Latencies, counted in buckets that are narrow for short times and wide for long ones. */

/** How many times fell into each bucket. Plain numbers, so that it can be sent between processes and added up. */
export type Latencies = number[]

/** Buckets to each doubling: a bucket is at most 3 % wide. */
const TO_A_DOUBLING = 32
/** Times below this are one bucket, ms. */
const SHORTEST_MS = 0.01
const BUCKETS = 30 * TO_A_DOUBLING

export const noLatencies = (): Latencies => new Array<number>(BUCKETS).fill(0)

/** Counts one of `ms`. */
export const noteLatency = (latencies: Latencies, ms: number): void => {
  const bucket = Math.ceil(Math.log2(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) * TO_A_DOUBLING)
  latencies[Math.min(bucket, BUCKETS - 1)]! += 1
}

/** Both together. */
export const addLatencies = (one: Latencies, other: Latencies): Latencies =>
  one.map((count, bucket) => count + other[bucket]!)

/** The time in ms that `share` (0 to 1) of all did not exceed, up to a bucket's width; 0 where there are none. */
export const latencyAt = (latencies: Latencies, share: number): number => {
  const total = latencies.reduce((sum, count) => sum + count, 0)
  let left = Math.max(1, Math.ceil(total * share))
  const bucket = latencies.findIndex(count => {
    left -= count
    return left <= 0
  })
  return bucket === -1 ? 0 : SHORTEST_MS * 2 ** (bucket / TO_A_DOUBLING)
}
