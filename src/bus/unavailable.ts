/** "Not now": the one error that may be met with the same request again. */

/** Thrown by the shell when a part can't answer at present: nobody listens, the mailbox or the disk is full, time ran out. */
export class Unavailable extends Error {
  override name = 'Unavailable'
  /** `unavailable`, or `overloaded` where a full mailbox refused. */
  code: 'unavailable' | 'overloaded'
  constructor(message: string, code: 'unavailable' | 'overloaded' = 'unavailable', options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Thrown where the broker does not let this user ask: without other keys it never will. */
export class MayNotAsk extends Unavailable {
  override name = 'MayNotAsk'
}
