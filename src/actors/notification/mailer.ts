/** Handing a letter over: the port, and the message that leaves by it. */
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
