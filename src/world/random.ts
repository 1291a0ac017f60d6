/** Chance comes in here, so that a simulation can draw it from a seed. */
import { randomBytes, randomUUID } from 'node:crypto'

export type Random = {
  /** `length` bytes that nobody can guess. */
  bytes: (length: number) => Buffer
  /** A new name for something, 36 characters. */
  uuid: () => string
  /** 0 ≤ number < 1, for jitter. */
  fraction: () => number
}

// A nonce of 12 bytes costs 3 µs when it is asked for alone, and 0.1 as a part of these.
const POOL_BYTES = 4096
/** What is longer may be a key: no copy of one is to lie in a pool. */
const POOLED_MOST_BYTES = 16

const createPool = (): ((length: number) => Buffer) => {
  let pool = Buffer.alloc(0)
  return length => {
    if (length > POOLED_MOST_BYTES) return randomBytes(length)
    if (pool.length < length) pool = randomBytes(POOL_BYTES)
    const bytes = pool.subarray(0, length)
    pool = pool.subarray(length)
    return bytes
  }
}

/** The machine's own randomness. */
export const systemRandom: Random = { bytes: createPool(), uuid: randomUUID, fraction: Math.random }
