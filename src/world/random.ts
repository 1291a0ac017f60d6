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

/** The machine's own randomness. */
export const systemRandom: Random = { bytes: randomBytes, uuid: randomUUID, fraction: Math.random }
