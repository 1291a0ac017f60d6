/** A command from the queue: carried out, parked until what it needs is there, or set aside as a dead letter. */
import { fingerprintOf } from '../../bus/command-id.ts'
import { commandOf, Malformed, MOST_BODY_BYTES, readBody } from '../../bus/contract.ts'
import { readJson } from '../../bus/json.ts'
import { readId } from '../values.ts'
import { type AfterCommit, nothingMore } from './after-commit.ts'
import type { Core } from './core.ts'
import type { Decision } from './decision.ts'
import { reactTo, sourceInName } from './event-step.ts'
import type { WaitingRow } from './kernel-tables.ts'
import type { QueuedItem, WaitingItem } from './mailbox.ts'
import { NOBODY } from './vault.ts'

/** A queued command as it is parked or set aside. `person` is whose key seals `text`, `user` whom it is known to be about. */
type Queued = {
  id: string
  name: string
  text: string
  person: string
  user: string | undefined
  fingerprint: string | undefined
  attempts: number
  trace: string | undefined
}

/** What a command's bytes say, or why they can't be taken. */
type Read = { kind: 'body'; body: Record<string, unknown> } | { kind: 'fault'; reason: string; detail: string }

const TOO_LARGE: Read = {
  kind: 'fault',
  reason: 'body_too_large',
  detail: `it has more than ${MOST_BODY_BYTES} bytes; only the first are kept here`,
}

// What is kept of a command is bounded: the entry must fit into the stream.
const textOf = ({ bytes }: QueuedItem): string => Buffer.from(bytes.subarray(0, MOST_BODY_BYTES)).toString('utf8')

/** The user that a text names which can't be taken for another reason: what they wrote is to be forgotten with them. */
const userIn = (text: string): string | undefined => {
  try {
    return readId((readJson(text) as Record<string, unknown> | null)?.user_id)
  } catch {
    // No JSON: nobody can tell whom it names.
    return undefined
  }
}

/** Handles queued commands inside a turn of `core`. */
export const createQueuedSteps = (core: Core) => {
  const { tables, vault } = core

  // One name an item, also when its turn is run again: else every attempt would leave a key.
  const ownKeys = new WeakMap<QueuedItem, string>()
  const ownKey = (item: QueuedItem): string => {
    const name = ownKeys.get(item) ?? vault.ownKey(item.id)
    ownKeys.set(item, name)
    return name
  }

  const read = (name: string, text: string): Read => {
    const spec = commandOf(core.contract, name)
    if (!spec) return { kind: 'fault', reason: 'unknown_command', detail: `there is no command ${name.slice(0, 64)}` }
    try {
      return { kind: 'body', body: readBody(spec.body, readJson(text)) }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      return { kind: 'fault', reason: error.refusal.code, detail: error.refusal.detail }
    }
  }

  /** The body, where the bytes can be read; to read them may be the very bug that is told of. */
  const bodyIn = (name: string, text: string): Record<string, unknown> | undefined => {
    try {
      const said = read(name, text)
      return said.kind === 'body' ? said.body : undefined
    } catch {
      return undefined
    }
  }

  const queuedAs = (item: QueuedItem, text: string, body: Record<string, unknown> | undefined): Queued => {
    const { id, name, trace } = item
    const user = body && readId(body.user_id)
    // What names no user is sealed as nobody's where the contract leaves no room for a name, else under its own key.
    const person = user ?? (body ? NOBODY : (userIn(text) ?? ownKey(item)))
    const fingerprint = core.keptFingerprint(fingerprintOf(body ?? text))
    return { id, name, text, person, user, fingerprint, attempts: 1, trace }
  }

  const take = (item: QueuedItem): AfterCommit => {
    const text = textOf(item)
    const said = item.bytes.length > MOST_BODY_BYTES ? TOO_LARGE : read(item.name, text)
    const queued = queuedAs(item, text, said.kind === 'body' ? said.body : undefined)
    const seen = core.answerTo(item.id)
    const plain = fingerprintOf(said.kind === 'body' ? said.body : text)
    if (seen !== undefined) takeAgain(queued, core.isOfFingerprint(seen, plain) !== false)
    else if (item.sentAt <= tables.horizon())
      deadLetter(queued, 'too_old', 'it waited longer than the ids of commands are remembered')
    else if (said.kind === 'fault') deadLetter(queued, said.reason, said.detail)
    else settle(queued, core.decide(item.name, said.body), item.remember, core.now() + core.settings.parkMs)
    return item.ack
  }

  // The same id with other content is set aside once, under an id of its own.
  const takeAgain = (queued: Queued, isSame: boolean): void => {
    const id = `${queued.id}#${queued.fingerprint}`
    if (isSame || core.answerTo(id) !== undefined) return
    deadLetter({ ...queued, id }, 'content_mismatch', 'its id was used with other content')
  }

  const settle = (queued: Queued, decision: Decision, remember: boolean, until: number): void => {
    const headers = { command: queued.id, fingerprint: queued.fingerprint }
    if (decision.kind === 'event') core.append(decision.event, headers, queued.trace)
    else if (decision.kind === 'refusal') {
      if (decision.waitsFor === undefined || core.now() >= until)
        deadLetter(queued, decision.deadLetter, decision.refusal.detail)
      else park(queued, decision.waitsFor, decision.deadLetter, until)
    } else if (remember) core.append({ type: 'NothingChanged', data: { command: queued.name } }, headers, queued.trace)
  }

  const park = (queued: Queued, waitsFor: string, reason: string, until: number): void =>
    setDown(queued, 'CommandParked', { waits_for: waitsFor, until: new Date(until).toISOString(), reason })

  const deadLetter = (queued: Queued, reason: string, detail: string): void =>
    setDown(queued, 'DeadLettered', { reason, detail: detail.slice(0, 500), version: core.version })

  const setDown = (queued: Queued, type: string, more: Record<string, string>): void => {
    const { id, name, person, user, attempts, fingerprint, trace, text } = queued
    const data = { command: name, person, attempts, ...more }
    core.append({ type, user, data, personal: { body: text } }, { command: id, fingerprint }, trace)
  }

  // ---- a command whose waiting is over

  const takeUp = ({ id }: WaitingItem): AfterCommit => {
    const row = tables.waiting.find(id)
    if (!row) return nothingMore
    const queued = waitingAs(row)
    const source = sourceInName(row.command)
    const said = source ? undefined : read(row.command, queued.text)
    if (said?.kind === 'fault') deadLetter(queued, said.reason, said.detail)
    else {
      const decision = said
        ? core.decide(row.command, said.body)
        : (reactTo(core, source as string, Buffer.from(queued.text)).decision ?? { kind: 'nothing', reply: {} })
      // What waits leaves the table by an entry, also when nothing else is to be said.
      settle(queued, decision, true, row.ready ? core.now() + core.settings.parkMs : row.until)
    }
    return nothingMore
  }

  const waitingAs = (row: WaitingRow): Queued => {
    const seq = core.answerTo(row.id)
    return {
      id: row.id,
      name: row.command,
      text: vault.open(row.person, row.sealed)?.body ?? '',
      person: row.person,
      user: row.person.includes('/') ? undefined : row.person,
      fingerprint: seq === undefined ? undefined : core.headersAt(seq).fingerprint,
      attempts: row.attempts,
      trace: undefined,
    }
  }

  return {
    /** Takes a command from the queue. */
    take,
    /** Takes up a command whose waiting is over. */
    takeUp,
    /** Puts a command that a bug kept from being carried out among the dead letters. */
    setAside: (item: QueuedItem, detail: string): AfterCommit => {
      const text = textOf(item)
      deadLetter(queuedAs(item, text, bodyIn(item.name, text)), 'defect', detail)
      return item.ack
    },
    /** The same for a command that had waited. */
    setAsideWaiting: ({ id }: WaitingItem, detail: string): AfterCommit => {
      const row = tables.waiting.find(id)
      if (row) deadLetter(waitingAs(row), 'defect', detail)
      return nothingMore
    },
  }
}
