/** What can go wrong on the bus in memory, and how often. */
import type { Random } from '../world/random.ts'

/** Rates from 0 to 1, each drawn where its fault could strike; times in ms. */
export type Faults = {
  /** A request, or a question to the broker, never arrives. */
  loseRequest: number
  /** Its answer never arrives. */
  loseReply: number
  /** What was appended or queued is stored, and its acknowledgement never arrives. */
  loseAck: number
  /** A message takes up to `delayMaxMs` longer; it never overtakes another of the same connection. */
  delay: number
  delayMaxMs: number
  /** A queued command is delivered once more, acknowledged or not. */
  redeliver: number
  /** A follow ends. Drawn for every delivery. */
  breakFollow: number
  /** The connection of a client breaks after a publish; what is in flight arrives in part, up to `lateMaxMs` later. */
  disconnect: number
  lateMaxMs: number
}

export const noFaults: Faults = {
  loseRequest: 0,
  loseReply: 0,
  loseAck: 0,
  delay: 0,
  delayMaxMs: 50,
  redeliver: 0,
  breakFollow: 0,
  disconnect: 0,
  lateMaxMs: 1_000,
}

/** Whether a fault of this rate strikes now. Draws nothing for a rate of 0, so that such a run stays the same. */
export const strikes = (random: Random, rate: number): boolean => rate > 0 && random.fraction() < rate
