/** Handing a letter over: the port, the message that leaves by it, and what is caught of them where nobody gets them. */
import type { Delivery } from './rules.ts'

export type { Delivery } from './rules.ts'

/**
 * A letter as it leaves: `messageId` without angle brackets, one a letter for ever, so that a reader can drop a second
 * copy; `traceparent` where it belongs to a trace.
 */
export type Letter = { messageId: string; to: string; subject: string; text: string; traceparent?: string }

/** Hands letters over. Never throws for what may happen to a letter; ends within its own time. */
export type Mailer = {
  send: (letter: Letter) => Promise<Delivery>
  /** Lets go of letters on their way; whether they arrive is not known. */
  close: () => void
}

/** A mail as its reader would see it. `at` ms; `bytes` as it came; header names as they were written, values decoded. */
export type CaughtLetter = {
  /** 1, 2, 3 … since the process began. */
  mailId: number
  at: number
  bytes: number
  headers: readonly { name: string; value: string }[]
  text: string
}

/** The letters that were caught last, in memory alone. */
export type CaughtLetters = {
  /** At most `limit` of those with a number below `before`. */
  newestFirst: (before: number, limit: number) => CaughtLetter[]
  find: (mailId: number) => CaughtLetter | undefined
  forget: (mailId: number) => void
}
