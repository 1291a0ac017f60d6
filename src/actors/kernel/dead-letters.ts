/** Dead letters: what could not be carried out, listed, carried out once more or given up by a person. */
import { type Contract, commandOf, Malformed, readBody } from '../../bus/contract.ts'
import type { Refusal } from '../../bus/problem.ts'
import type { Address } from '../../bus/subjects.ts'
import { momentOut, readId } from '../values.ts'
import type { Answer } from './actor.ts'
import { type Decision, happened, refuse } from './decision.ts'
import type { Page } from './kernel-contract.ts'
import type { DeadLetterRow, KernelTables } from './kernel-tables.ts'
import { toPage } from './paging.ts'
import type { HeldCommand } from './shown-shapes.ts'
import type { Vault } from './vault.ts'

/** A dead letter as it is shown. `body` is what was sent: JSON where it is JSON, else its text. */
export type ShownDeadLetter = {
  dead_letter_id: string
  actor: string
  command: string
  reason: string
  detail: string
  body: unknown
  attempts: number
  version: string
  status: DeadLetterRow['status']
  created_at: string
}

const DEFAULT_LIMIT = 100

/** `order-0-17`: actor, cell, and the number of its entry. */
const deadLetterId = ({ actor, cell }: Address, seq: number): string => `${actor}-${cell}-${seq}`

const seqOf = (address: Address, id: string): number | undefined => {
  const prefix = deadLetterId(address, 0).slice(0, -1)
  const digits = id.startsWith(prefix) ? id.slice(prefix.length) : ''
  return /^[1-9]\d{0,15}$/.test(digits) ? Number(digits) : undefined
}

/**
 * Redrive and discard: only what still waits can be settled. A body given for a redrive must fit the letter's command, so
 * that a slip of the pen is told at once; it is sealed under the key of whom it names, else of the letter's person.
 */
export const decideDeadLetter = (
  { address, contract, tables }: { address: Address; contract: Contract; tables: KernelTables },
  command: string,
  body: Record<string, unknown>,
): Decision => {
  const id = String(body.dead_letter_id)
  const seq = seqOf(address, id)
  const row = seq === undefined ? undefined : tables.deadLetters.find(seq)
  if (!row) return refuse('dead_letter_not_found', `there is no dead letter ${id}`)
  if (row.status !== 'waiting') return refuse('dead_letter_settled', `dead letter ${id} was ${row.status} already`)

  const data = { dead_letter_id: id, ...(body.by === undefined ? {} : { by: body.by }) }
  if (command === 'DiscardDeadLetter')
    return happened({ type: 'Discarded', data }, { dead_letter_id: id, status: 'discarded' })
  const redriven = { ...data, attempt: row.attempts + 1 }
  const reply = { dead_letter_id: id, status: 'redriven' }
  if (body.body === undefined) return happened({ type: 'Redriven', data: redriven }, reply)

  const edited = body.body as Record<string, unknown>
  const fault = faultOf(contract, row.command, edited)
  if (fault) return refuse(fault.code, fault.detail, fault.errors ? { errors: fault.errors } : {})
  const person = readId(edited.user_id) ?? row.person
  return happened(
    { type: 'Redriven', data: { ...redriven, person }, personal: { body: JSON.stringify(edited) } },
    reply,
  )
}

/** Why `body` can't be carried out as `command`; `undefined` when it can be tried. */
const faultOf = (contract: Contract, command: string, body: Record<string, unknown>): Refusal | undefined => {
  const spec = commandOf(contract, command)
  // The event of another actor, for one: what was said by somebody else is not put into other words.
  if (!spec) return { code: 'invalid_field', detail: `body: "${command}" is no command; it can be redriven as it is` }
  try {
    readBody(spec.body, body)
    return undefined
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return error.refusal
  }
}

/** A page of dead letters, the newest first. */
export const listDeadLetters = (
  address: Address,
  tables: KernelTables,
  vault: Vault,
  query: { limit?: number; cursor?: string; status?: DeadLetterRow['status'] },
): Answer<Page<ShownDeadLetter>> => {
  const limit = Math.min(query.limit ?? DEFAULT_LIMIT, DEFAULT_LIMIT)
  const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : seqOf(address, query.cursor)
  if (before === undefined)
    return { refusal: { code: 'invalid_field', detail: 'cursor: should be what next_cursor gave' } }
  const { items, next_cursor } = toPage(
    limit,
    most => tables.deadLetters.list(before, query.status, most),
    row => show(address, vault, row),
    row => row.seq,
  ).reply
  return { reply: { items, next_cursor: next_cursor && deadLetterId(address, Number(next_cursor)) } }
}

/** The queued commands of a person that wait or lie among the dead letters. */
export const commandsOf = (address: Address, tables: KernelTables, vault: Vault, person: string): HeldCommand[] =>
  tables.commandsOf(person).map(({ command, held_as, sealed }) => ({
    actor: address.actor,
    command,
    held_as,
    body: shownBody(vault.open(person, sealed)?.body),
  }))

const show = (address: Address, vault: Vault, row: DeadLetterRow): ShownDeadLetter => ({
  dead_letter_id: deadLetterId(address, row.seq),
  actor: address.actor,
  command: row.command,
  reason: row.reason,
  detail: row.detail,
  body: shownBody(vault.open(row.person, row.sealed)?.body),
  attempts: row.attempts,
  version: row.version,
  status: row.status,
  created_at: momentOut(row.at),
})

const shownBody = (text: string | undefined): unknown => {
  if (text === undefined) return null
  try {
    return JSON.parse(text)
  } catch {
    // What was sent is no JSON, which may be just why it lies here.
    return text
  }
}
