/** What may leave only after the commit: replies, acks, publishes. */

/** What a message's handling wants done after the commit. */
export type AfterCommit = () => void

/** Nothing is to be done after the commit. */
export const nothingMore: AfterCommit = () => {}
