/** What a process with a list of subjects does not ask of JetStream itself: the keeper looks at it, and asks for it. */

/** The user as which the keeper connects, and the first token of the subjects on which it is asked. */
export const KEEPER = 'keeper'

/** Whose body says more than its subject: what a stream takes and copies, where a consumer delivers; and what takes a consumer from others. */
const KEPT = /^(STREAM\.(CREATE|UPDATE)|CONSUMER\.(CREATE|DURABLE\.CREATE|DELETE))\./

/**
 * The subject on which `what` (`STREAM.INFO.ORDER_0`) is asked: that of JetStream, or for a `user` of a broker with lists
 * `keeper.<user>.<what>`, which no other user may publish to.
 */
export const apiSubject = (what: string, user?: string): string =>
  user !== undefined && KEPT.test(what) ? `${KEEPER}.${user}.${what}` : `$JS.API.${what}`

/** Who asks the keeper for what, as the subject says. */
export const askedOf = (subject: string): { user: string; what: string } => {
  const [, user = '', ...rest] = subject.split('.')
  return { user, what: rest.join('.') }
}
