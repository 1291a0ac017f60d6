/** A command that somebody waits for: seen before? → decide → append; the reply is kept with the entry. */
import type { Refusal } from '../../bus/problem.ts'
import type { AfterCommit } from './after-commit.ts'
import type { Core } from './core.ts'
import type { Decision, NewEvent } from './decision.ts'
import type { CommandItem } from './mailbox.ts'

const KEY_REUSED: Refusal = {
  code: 'idempotency_key_reused',
  detail: 'this idempotency key was used with another body; take a new key for a new request',
}

/** What `Kassa-Reply` keeps: the yes or the no that the command got; a yes that tells of a person, under their key. */
type Said = { ok: unknown } | { no: Refusal } | { sealed: string; of: string }

const replyOf = (decision: Exclude<Decision, { kind: 'refusal' }>): unknown =>
  decision.kind === 'event' && decision.readReply ? decision.readReply() : decision.reply

/** Handles one command inside a turn of `core`. */
export const createCommandStep = (core: Core): ((item: CommandItem) => AfterCommit) => {
  const step = (item: CommandItem): AfterCommit => {
    const seen = core.answerTo(item.id)
    if (seen !== undefined) return answerAgain(item, seen)

    const decision = core.decide(item.name, item.body)
    if (decision.kind === 'refusal') {
      const { refusal } = decision
      const event = { type: 'CommandRefused', data: { command: item.name, code: refusal.code } }
      if (item.remember) note(item, event, () => ({ no: refusal }))
      return () => item.answer({ kind: 'refusal', refusal, replayed: false })
    }
    const event = decision.kind === 'event' ? decision.event : nothingChanged(item)
    let reply: unknown
    const say = (): Said => {
      reply = replyOf(decision)
      const { tellsOf: of } = decision
      return of === undefined ? { ok: reply } : { sealed: core.vault.seal(of, { ok: JSON.stringify(reply) }), of }
    }
    if (event) note(item, event, say)
    else say()
    return () => item.answer({ kind: 'reply', reply, replayed: false })
  }

  const nothingChanged = ({ name, remember }: CommandItem): NewEvent | undefined =>
    remember ? { type: 'NothingChanged', data: { command: name } } : undefined

  const note = ({ id, fingerprint, trace }: CommandItem, event: NewEvent, say: () => Said): void =>
    void core.append(event, { command: id, fingerprint: core.keptFingerprint(fingerprint) }, trace, () =>
      JSON.stringify(say()),
    )

  const answerAgain = (item: CommandItem, seq: number): AfterCommit => {
    const { reply } = core.headersAt(seq)
    if (core.isOfFingerprint(seq, item.fingerprint) === false || reply === undefined)
      return () => item.answer({ kind: 'refusal', refusal: KEY_REUSED, replayed: false })
    const said = JSON.parse(reply) as Said
    if ('no' in said) return () => item.answer({ kind: 'refusal', refusal: said.no, replayed: true })
    if ('ok' in said) return () => item.answer({ kind: 'reply', reply: said.ok, replayed: true })
    const opened = core.vault.open(said.of, said.sealed)?.ok
    if (opened !== undefined)
      return () => item.answer({ kind: 'reply', reply: JSON.parse(opened) as unknown, replayed: true })
    return answerForErased(item)
  }

  // The yes can't be read any more: its person was erased. What the rules say today is a no of the right kind.
  const answerForErased = (item: CommandItem): AfterCommit => {
    const decision = core.decide(item.name, item.body)
    if (decision.kind !== 'refusal')
      throw new Error(`Cannot repeat the reply to ${item.name}: its key is lost and yet its person was not erased`)
    return () => item.answer({ kind: 'refusal', refusal: decision.refusal, replayed: false })
  }

  return step
}
