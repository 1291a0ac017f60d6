/** One turn: every waiting message in one transaction; replies, publishes and acks leave only after its commit. */
import { fingerprintOf } from '../../bus/command-id.ts'
import { Malformed, readBody } from '../../bus/contract.ts'
import { follows } from '../../bus/entry.ts'
import { readJson } from '../../bus/json.ts'
import type { Refusal } from '../../bus/problem.ts'
import { readId } from '../values.ts'
import { type Core, LogDamaged } from './core.ts'
import type { Decision } from './decision.ts'
import { readEvent } from './event.ts'
import type { WaitingRow } from './kernel-tables.ts'
import type { CommandItem, EventItem, Item, QueuedItem, TrimItem, WaitingItem } from './mailbox.ts'
import { isFull, isOutcomeUnknown } from './store.ts'

/** What a message's handling wants done after the commit. */
type AfterCommit = () => void

/** What the turn tells those around it. */
export type TurnPorts = {
  /** Entries were committed. */
  committed: () => void
  /** There is no room on the disk: these items keep until it is tried again; commands among them were refused. */
  full: (items: Item[]) => void
  /** Whether a commit happened can't be known, or the log is damaged: the process must start over from its store. */
  fatal: (error: Error) => void
  /** A bug showed; `what` names the message without its content. */
  defect: (what: string, error: unknown) => void
}

const KEY_REUSED: Refusal = {
  code: 'idempotency_key_reused',
  detail: 'this idempotency key was used with another body; take a new key for a new request',
}
const FULL: Refusal = {
  code: 'unavailable',
  detail: 'there is no room on the disk at present; the same request may be sent again',
}
const INTERNAL: Refusal = { code: 'internal', detail: 'the request could not be carried out; nothing was changed' }

/** The turn of `core`. What it is given is handled in order; it never throws. */
export const createTurn = (core: Core, ports: TurnPorts): ((items: Item[]) => void) => {
  const { log, tables, behaviour } = core

  const turn = (items: Item[]): void => {
    let afterCommit: AfterCommit[]
    const before = log.head()
    try {
      afterCommit = core.transaction(() => items.map(step))
    } catch (error) {
      return failed(items, error)
    }
    for (const run of afterCommit) run()
    if (log.head() > before) ports.committed()
  }

  const failed = (items: Item[], error: unknown): void => {
    if (isOutcomeUnknown(error) || error instanceof LogDamaged) return ports.fatal(error as Error)
    if (isFull(error)) {
      for (const item of items)
        if (item.kind === 'command') item.answer({ kind: 'refusal', refusal: FULL, replayed: false })
      return ports.full(items.filter(item => item.kind !== 'command'))
    }
    // A defect in one message must not hold up the others: each on its own, and the one that fails is set aside.
    if (items.length > 1) return items.forEach(item => void turn([item]))
    const item = items[0] as Item
    ports.defect(describe(item), error)
    setAside(item, error)
  }

  const setAside = (item: Item, error: unknown): void => {
    if (item.kind === 'command') return item.answer({ kind: 'refusal', refusal: INTERNAL, replayed: false })
    try {
      const run = core.transaction(() => stepToDeadLetter(item, error instanceof Error ? error.name : 'unknown'))
      run()
      ports.committed()
    } catch (second) {
      // Not even the dead letter can be written: going on would lose the message.
      if (isFull(second)) return ports.full([item])
      ports.fatal(second as Error)
    }
  }

  const step = (item: Item): AfterCommit => {
    switch (item.kind) {
      case 'command':
        return stepCommand(item)
      case 'queued':
        return stepQueued(item)
      case 'event':
        return stepEvent(item)
      case 'waiting':
        return stepWaiting(item)
      case 'trim':
        return stepTrim(item)
    }
  }

  // ---- a command that somebody waits for

  const stepCommand = (item: CommandItem): AfterCommit => {
    const seen = tables.inbox.find(item.id)
    if (seen !== undefined) return answerAgain(item, seen)

    const decision = core.decide(item.name, item.body)
    if (decision.kind === 'refusal') {
      const { refusal } = decision
      if (item.remember) noteRefusal(item, refusal)
      return () => item.answer({ kind: 'refusal', refusal, replayed: false })
    }
    const { reply } = decision
    const headers = { command: item.id, fingerprint: item.fingerprint, reply: JSON.stringify({ ok: reply }) }
    if (decision.kind === 'event') core.append(decision.event, headers, item.trace)
    else if (item.remember) core.append({ type: 'NothingChanged', data: { command: item.name } }, headers, item.trace)
    return () => item.answer({ kind: 'reply', reply, replayed: false })
  }

  const noteRefusal = (item: CommandItem, refusal: Refusal): void => {
    const headers = { command: item.id, fingerprint: item.fingerprint, reply: JSON.stringify({ no: refusal }) }
    core.append({ type: 'CommandRefused', data: { command: item.name, code: refusal.code } }, headers, item.trace)
  }

  const answerAgain = (item: CommandItem, seq: number): AfterCommit => {
    const { fingerprint, reply } = core.headersAt(seq)
    if (fingerprint !== item.fingerprint || reply === undefined)
      return () => item.answer({ kind: 'refusal', refusal: KEY_REUSED, replayed: false })
    const said = JSON.parse(reply) as { ok: unknown } | { no: Refusal }
    if ('no' in said) return () => item.answer({ kind: 'refusal', refusal: said.no, replayed: true })
    return () => item.answer({ kind: 'reply', reply: said.ok, replayed: true })
  }

  // ---- a command from the queue

  const stepQueued = (item: QueuedItem): AfterCommit => {
    const read = readQueued(item.name, item.bytes)
    const fingerprint = read.kind === 'body' ? fingerprintOf(read.body) : fingerprintOf(item.bytes.toString())
    const seen = tables.inbox.find(item.id)
    if (seen !== undefined) {
      // The same id with other content: set aside once, under an id of its own.
      const otherId = `${item.id}#${fingerprint}`
      if (core.headersAt(seen).fingerprint === fingerprint || tables.inbox.find(otherId) !== undefined) return item.ack
      deadLetter(
        { ...queuedAs(item, read, fingerprint), id: otherId },
        'content_mismatch',
        'the id was used with other content',
      )
      return item.ack
    }
    const queued = queuedAs(item, read, fingerprint)
    if (item.sentAt <= tables.horizon()) deadLetter(queued, 'too_old', 'it waited longer than ids are remembered')
    else if (read.kind === 'fault') deadLetter(queued, read.reason, read.detail)
    else settleQueued(queued, core.decide(item.name, read.body), item.remember, core.now() + core.settings.parkMs)
    return item.ack
  }

  type Read = { kind: 'body'; body: Record<string, unknown> } | { kind: 'fault'; reason: string; detail: string }

  const readQueued = (name: string, bytes: Uint8Array): Read => {
    const spec = core.contract.commands[name]
    if (!spec) return { kind: 'fault', reason: 'unknown_command', detail: `there is no command ${name.slice(0, 64)}` }
    try {
      return { kind: 'body', body: readBody(spec.body, readJson(Buffer.from(bytes).toString('utf8'))) }
    } catch (error) {
      if (error instanceof Malformed) return { kind: 'fault', reason: error.refusal.code, detail: error.refusal.detail }
      throw error
    }
  }

  /** A queued command as it is parked or set aside. */
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

  const queuedAs = (item: QueuedItem, read: Read, fingerprint: string): Queued => {
    const user = read.kind === 'body' ? readId(read.body.user_id) : undefined
    return {
      id: item.id,
      name: item.name,
      text: Buffer.from(item.bytes).toString('utf8'),
      // What names no user and does not fit the contract may hold anything: it gets a key of its own.
      person: user ?? (read.kind === 'body' ? '_' : `letter/${item.id}`),
      user,
      fingerprint,
      attempts: 1,
      trace: item.trace,
    }
  }

  const settleQueued = (queued: Queued, decision: Decision, remember: boolean, until: number): void => {
    const headers = { command: queued.id, fingerprint: queued.fingerprint }
    if (decision.kind === 'event') core.append(decision.event, headers, queued.trace)
    else if (decision.kind === 'nothing') {
      if (remember) core.append({ type: 'NothingChanged', data: { command: queued.name } }, headers, queued.trace)
    } else if (decision.waitsFor !== undefined && core.now() < until)
      park(queued, decision.waitsFor, decision.deadLetter, until)
    else deadLetter(queued, decision.deadLetter, decision.refusal.detail)
  }

  const park = (queued: Queued, waitsFor: string, reason: string, until: number): void => {
    const data = {
      command: queued.name,
      person: queued.person,
      waits_for: waitsFor,
      until: new Date(until).toISOString(),
      reason,
      attempts: queued.attempts,
    }
    core.append(
      { type: 'CommandParked', user: queued.user, data, personal: { body: queued.text } },
      { command: queued.id, fingerprint: queued.fingerprint },
      queued.trace,
    )
  }

  const deadLetter = (queued: Queued, reason: string, detail: string): void => {
    const data = {
      command: queued.name,
      person: queued.person,
      reason,
      detail: detail.slice(0, 500),
      attempts: queued.attempts,
      version: core.version,
    }
    core.append(
      { type: 'DeadLettered', user: queued.user, data, personal: { body: queued.text } },
      { command: queued.id, fingerprint: queued.fingerprint },
      queued.trace,
    )
  }

  // ---- a command whose waiting is over

  const stepWaiting = ({ id }: WaitingItem): AfterCommit => {
    const row = tables.waiting.find(id)
    if (!row) return nothingMore
    const queued = waitingAs(row)
    const read = readQueued(row.command, Buffer.from(queued.text))
    if (read.kind === 'fault') deadLetter(queued, read.reason, read.detail)
    // What waits leaves the table by an entry, also when nothing else is to be said.
    else
      settleQueued(
        queued,
        core.decide(row.command, read.body),
        true,
        row.ready ? core.now() + core.settings.parkMs : row.until,
      )
    return nothingMore
  }

  const waitingAs = (row: WaitingRow): Queued => ({
    id: row.id,
    name: row.command,
    text: core.vault.open(row.person, row.sealed)?.body ?? '',
    person: row.person,
    user: row.person === '_' || row.person.startsWith('letter/') ? undefined : row.person,
    fingerprint: fingerprintOfWaiting(row.id),
    attempts: row.attempts + (row.id.startsWith('redrive/') ? 1 : 0),
    trace: undefined,
  })

  const fingerprintOfWaiting = (id: string): string | undefined => {
    const seq = tables.inbox.find(id)
    return seq === undefined ? undefined : core.headersAt(seq).fingerprint
  }

  // ---- an event of another actor

  const stepEvent = ({ source, entry }: EventItem): AfterCommit => {
    const cursor = core.cursor(source)
    if (entry.seq <= cursor.seq) return nothingMore
    if (entry.seq !== cursor.seq + 1 || !follows(cursor.chain, entry))
      throw new LogDamaged(`Cannot take in ${source}/${entry.seq}: it does not follow ${cursor.seq}`)

    const { traceparent, ...event } = readEvent(entry.body)
    const react = behaviour.react[source.slice(0, source.indexOf('/'))]?.[event.type]
    const decision = react?.({ ...event, command: undefined }, { now: core.now() })
    if (decision?.kind === 'refusal')
      throw new Error(`A reaction to ${event.type} was refused: ${decision.refusal.code}`)
    const cause = { source, seq: entry.seq, chain: entry.chain }
    if (decision?.kind === 'event') core.append(decision.event, { cause }, traceparent)
    else core.moveCursor(source, { seq: entry.seq, chain: entry.chain })
    return nothingMore
  }

  const stepToDeadLetter = (item: Exclude<Item, CommandItem>, errorName: string): AfterCommit => {
    const detail = `a bug of ours (${errorName}) kept it from being carried out`
    if (item.kind === 'queued') {
      const text = Buffer.from(item.bytes).toString('utf8')
      deadLetter(
        {
          id: item.id,
          name: item.name,
          text,
          person: `letter/${item.id}`,
          user: undefined,
          fingerprint: fingerprintOf(text),
          attempts: 1,
          trace: item.trace,
        },
        'defect',
        detail,
      )
      return item.ack
    }
    if (item.kind === 'waiting') {
      const row = tables.waiting.find(item.id)
      if (row) deadLetter(waitingAs(row), 'defect', detail)
      return nothingMore
    }
    if (item.kind === 'event') {
      const { source, entry } = item
      const data = {
        command: `event ${source}/${entry.seq}`,
        person: '_',
        reason: 'defect',
        detail,
        attempts: 1,
        version: core.version,
      }
      const personal = { body: Buffer.from(entry.body).toString('utf8') }
      core.append(
        { type: 'DeadLettered', data, personal },
        { cause: { source, seq: entry.seq, chain: entry.chain } },
        undefined,
      )
      return nothingMore
    }
    throw new Error(`Cannot set a ${item.kind} aside`)
  }

  // ---- forgetting

  const stepTrim = ({ until }: TrimItem): AfterCommit => {
    if (tables.inbox.hasOlderThan(until))
      core.append({ type: 'InboxTrimmed', data: { until: new Date(until).toISOString() } }, {}, undefined)
    return nothingMore
  }

  return turn
}

const nothingMore = (): void => {}

const describe = (item: Item): string => {
  if (item.kind === 'event') return `event ${item.source}/${item.entry.seq}`
  if (item.kind === 'command' || item.kind === 'queued') return `${item.kind} ${item.name}`
  return item.kind
}
