/** Bringing a message to a receiver: the port. */

/** A message as it leaves. */
export type Message = { url: string; headers: Readonly<Record<string, string>>; body: string }

/** What became of it. `error` is a short word of ours or a code of the system, never the receiver's words. */
export type Posted =
  | { outcome: 'answered'; status: number; retryAfterMs: number | undefined }
  | { outcome: 'failed'; error: string }

/** Brings messages to receivers. Never throws for what may happen on the way; ends within its own time. */
export type Poster = {
  post: (message: Message) => Promise<Posted>
  /** Lets go of what is on its way; whether it arrives is not known. */
  close: () => void
}
