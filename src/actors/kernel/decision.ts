/** What rules may decide: something happened, nothing changes, or no. */
import type { FieldFault, ProblemCode, Refusal } from '../../bus/problem.ts'
import type { Personal } from './vault.ts'

/**
 * An event before it has a number. `personal` is sealed under the key of `user`, or of `data.person` where that is told: a
 * name with a `/` in it is no user's, so that nobody's erasure touches it.
 */
export type NewEvent<Type extends string = string> = {
  type: Type
  user?: string
  data: Record<string, unknown>
  personal?: Personal
}

/**
 * A decision of the rules. A no may name something (`waitsFor`) whose coming would turn it into a yes: a queued command
 * then waits; `deadLetter` is the reason it gets when that never comes, or at once where nothing is waited for.
 */
export type Decision =
  | { kind: 'event'; event: NewEvent; reply: unknown; readReply?: () => unknown; tellsOf?: string; follows?: number }
  | { kind: 'nothing'; reply: unknown; tellsOf?: string }
  | { kind: 'refusal'; refusal: Refusal; deadLetter: string; waitsFor?: string }

/** Something happened. */
export const happened = (event: NewEvent, reply: unknown = {}): Decision => ({ kind: 'event', event, reply })

/**
 * The same decision with a yes that is read from the tables once the event is applied. `tellsOf`: the person whom the
 * yes tells something personal of; the log then keeps it under their key.
 */
export const replying = (decision: Decision, read: () => unknown, tellsOf?: string): Decision => {
  if (decision.kind === 'refusal') return decision
  const whose = tellsOf === undefined ? {} : { tellsOf }
  if (decision.kind === 'event') return { ...decision, readReply: read, ...whose }
  return { ...nothing(read()), ...whose }
}

/** The same decision about what entry `seq` of this log began: what happened is a step of the same trace. */
export const following = (decision: Decision, seq: number | undefined): Decision =>
  decision.kind === 'event' && seq !== undefined ? { ...decision, follows: seq } : decision

/** The wish is fulfilled already. */
export const nothing = (reply: unknown = {}): Decision => ({ kind: 'nothing', reply })

/** A rule says no. */
export const refuse = (
  code: ProblemCode,
  detail: string,
  more: { errors?: FieldFault[]; waitsFor?: string; deadLetter?: string } = {},
): Decision => ({
  kind: 'refusal',
  refusal: { code, detail, ...(more.errors ? { errors: more.errors } : {}) },
  deadLetter: more.deadLetter ?? code,
  ...(more.waitsFor ? { waitsFor: more.waitsFor } : {}),
})
