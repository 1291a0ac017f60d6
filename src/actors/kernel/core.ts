/** Where an actor's log, tables and rules meet: deciding, appending and applying, inside a transaction. */
import type { Contract } from '../../bus/contract.ts'
import { type Entry, type EntryHeaders, NO_CHAIN, readHeaders, writeHeaders } from '../../bus/entry.ts'
import { type Address, eventSubject, sourceOf } from '../../bus/subjects.ts'
import { readTrace, spanOfEntry, writeTrace } from '../../bus/trace.ts'
import type { Spans } from '../../tracing/span.ts'
import type { Clock } from '../../world/clock.ts'
import type { AnyActorDefinition, AnyBehaviour, Facts, Settings } from './actor.ts'
import { type Copies, openCopies } from './copies.ts'
import { decideDeadLetter } from './dead-letters.ts'
import type { Decision, NewEvent } from './decision.ts'
import { tellEntries } from './entry-spans.ts'
import { type EpochTables, openEpochTables } from './epochs.ts'
import { type AppliedEvent, readEvent, writeEvent } from './event.ts'
import { HistoryRefused } from './history-refused.ts'
import { type Cursor, type KernelTables, openKernelTables } from './kernel-tables.ts'
import { type Log, openLog } from './log.ts'
import type { Meters } from './meters.ts'
import { isFull, type Store, StoreDamaged } from './store.ts'
import { isUnderKey, NOBODY, type Personal, type Vault } from './vault.ts'

export type Core = {
  address: Address
  contract: Contract
  /** The logs that are read (`billing/0`). */
  sources: readonly string[]
  settings: Settings
  version: string
  log: Log
  tables: KernelTables
  epochs: EpochTables
  vault: Vault
  behaviour: AnyBehaviour
  /** Milliseconds of now, never before the last entry's time (protocol, R10). */
  now: () => number
  /** What decisions may rest on besides the tables. */
  facts: () => Facts
  /** What the rules make of a command whose body fits the contract. */
  decide: (name: string, body: Record<string, unknown>) => Decision
  /** A command's fingerprint as the log keeps it. */
  keptFingerprint: (fingerprint: string) => string
  /** Whether entry `seq` answered a command of this fingerprint; `undefined` where nobody can tell any more. */
  isOfFingerprint: (seq: number, fingerprint: string) => boolean | undefined
  /** One decision, one entry: written, numbered, chained and applied. */
  append: (
    event: NewEvent,
    headers: EntryHeaders,
    traceparent: string | undefined,
    /** Gives the text of the reply, once the event is applied. */
    reply?: () => string,
  ) => Entry
  /** Entry `seq`, to which a table refers. */
  entryAt: (seq: number) => Entry
  /** The headers of entry `seq`, to which a table refers. */
  headersAt: (seq: number) => EntryHeaders
  /** The `traceparent` of what follows from entry `seq` of this log; undefined where that one is of no trace. */
  traceAfter: (seq: number) => string | undefined
  /** The number of the entry that answered the command `id`. Throws `StoreDamaged` where that one answered another. */
  answerTo: (id: string) => number | undefined
  /** Takes in an entry of this log that its store had lost. */
  restore: (entry: Entry) => void
  /** Where this actor stands in the log of `source`. */
  cursor: (source: string) => Cursor
  /** What was read of other logs, also since the last commit. */
  copies: Pick<Copies, 'read' | 'takeOver'>
  /** Keeps a copy of an entry of `source` that was taken in, with the next commit of the log. */
  keepCopy: (source: string, entry: Entry) => void
  /** Moves on past an event that produced nothing. Kept with the next commit of the log: until then it may be read again. */
  moveCursor: (source: string, cursor: Cursor) => void
  /** Writes what `moveCursor` has not yet written. */
  saveCursors: () => void
  /** Runs `work` and commits; after a throw everything is as it was before. */
  transaction: <T>(work: () => T) => T
}

/** Thrown when store and log contradict each other: only the store itself, opened anew, can tell. */
export class LogDamaged extends Error {
  override name = 'LogDamaged'
}

// A cursor that moved this far without an entry is written all the same, so that a long quiet stretch is not read again.
const UNSAVED_EVENTS = 1000

/** The core of the actor `definition` at `address` over `store`. */
export const openCore = (
  definition: AnyActorDefinition,
  ports: {
    address: Address
    store: Store
    vault: Vault
    clock: Clock
    settings: Settings
    version: string
    meters?: Meters
    spans?: Spans
  },
): Core => {
  const { address, store, vault, clock, settings, version, meters, spans } = ports
  const log = openLog(store)
  const tables = openKernelTables(store)
  const epochs = openEpochTables(store, log)
  const sources = definition.listensTo.map(actor => sourceOf({ actor, cell: address.cell }))
  const copies = openCopies(store, sources)
  let unkept: { source: string; entry: Entry }[] = []
  const behaviour: AnyBehaviour = definition.open(store, vault, settings, address)
  let cursors = tables.cursors.all()
  const unsaved = new Set<string>()
  // Keys are deleted after the commit that says so: one that is deleted first could not be had back.
  let toErase: string[] = tables.erased.all()
  let unsavedEvents = 0
  // Of the transaction that runs: what is undone must not be counted.
  const appended: Entry[] = []
  let decidedAt = 0

  const now = (): number => Math.max(clock.now(), log.lastTime())
  const taken = (source: string): number => cursorOf(source).seq
  const facts = (): Facts => ({ now: now(), taken })

  const apply = (event: AppliedEvent, headers: EntryHeaders): void => {
    tables.apply(event, headers)
    epochs.apply(event)
    if (event.type === 'WentBack') goBackTo(event.data)
    const known = Object.hasOwn(definition.contract.events, event.type)
    if (!known)
      throw new HistoryRefused(
        `Cannot apply entry ${event.seq} of ${sourceOf(address)}, ${event.type}: this version does not know it; ` +
          'a newer Kassa wrote this log. Use that one',
      )
    behaviour.apply[event.type]?.(event)
    for (const key of behaviour.wakes(event)) tables.wake(key)
    const thread = behaviour.thread?.(event)
    if (thread !== undefined) tables.threads.add(thread, event.seq)
    toErase.push(...tables.erased.by(event))
    const { cause } = headers
    if (cause && cause.seq > cursorOf(cause.source).seq) {
      cursors.set(cause.source, { seq: cause.seq, chain: cause.chain })
      unsaved.add(cause.source)
    }
  }

  const goBackTo = ({ source, seq, chain }: Cursor & { source: string }): void => {
    cursors.set(source, { seq, chain })
    unsaved.delete(source)
  }

  const cursorOf = (source: string): Cursor => cursors.get(source) ?? { seq: 0, chain: NO_CHAIN }

  const saveCursors = (): void => {
    for (const source of unsaved) tables.cursors.save(source, cursorOf(source))
    for (const { source, entry } of unkept) copies.keep(source, entry)
    unkept = []
    unsaved.clear()
    unsavedEvents = 0
  }

  // The last of what was read is often an event that meant nothing here: its copy is not written yet, but it is there.
  const readCopies: Copies['read'] = (source, from, last, limit) => {
    const found = copies.read(source, from, last, limit)
    for (const { source: of, entry } of unkept) {
      const next = from + found.length
      if (of === source && entry.seq === next && next <= last && found.length < limit) found.push(entry)
    }
    return found
  }

  const entryAt = (seq: number): Entry => {
    const entry = log.read(seq, 1)[0]
    if (!entry) throw new StoreDamaged(`entry ${seq}, which a table refers to, is missing`)
    return entry
  }
  const headersAt = (seq: number): EntryHeaders => readHeaders(entryAt(seq).headers)

  const append: Core['append'] = (event, headers, traceparent, reply) => {
    const seq = log.head() + 1
    const at = now()
    const person = typeof event.data.person === 'string' ? event.data.person : (event.user ?? NOBODY)
    const data = event.personal ? { ...event.data, sealed: seal(person, event.personal) } : event.data
    const written = { seq, type: event.type, user: event.user, at, data }
    apply({ ...written, command: headers.command }, headers)
    const entry = log.append(
      eventSubject(address, event.type, event.user),
      writeHeaders(reply ? { ...headers, reply: reply() } : headers),
      writeEvent(address, written, traceparent),
      at,
    )
    appended.push(entry)
    return entry
  }

  // Nothing personal is kept of somebody who was erased, whatever still comes.
  const seal = (person: string, personal: Personal): string =>
    tables.erased.has(person) ? '' : vault.seal(person, personal)

  const eraseKeys = (): void => {
    try {
      for (const person of toErase) vault.erase(person)
      toErase = []
    } catch (error) {
      // The commit stands; without room the keys go after the next one, or at the next start.
      if (!isFull(error)) throw error
    }
  }
  eraseKeys()

  const inTransaction = store.transaction((work: () => unknown): unknown => {
    const before = log.head()
    const result = work()
    if (log.head() > before || unsavedEvents > UNSAVED_EVENTS) saveCursors()
    vault.flush()
    decidedAt = clock.monotonic()
    return result
  })

  return {
    address,
    contract: definition.contract,
    sources,
    settings,
    version,
    log,
    tables,
    epochs,
    vault,
    behaviour,
    now,
    facts,
    decide: (name, body) => {
      const own = behaviour.decide[name]
      if (own) return own(body, facts())
      return decideDeadLetter({ address, contract: definition.contract, tables }, name, body)
    },
    keptFingerprint: vault.keyed,
    isOfFingerprint: (seq, fingerprint) => {
      const kept = readHeaders(entryAt(seq).headers).fingerprint
      if (kept === undefined) return undefined
      return isUnderKey(kept) ? vault.isKeyed(kept, fingerprint) : kept === fingerprint
    },
    append,
    entryAt,
    headersAt,
    traceAfter: seq => {
      const trace = readTrace(readEvent(entryAt(seq).body).traceparent)
      return trace && writeTrace({ ...trace, span: spanOfEntry(trace.id, sourceOf(address), seq) })
    },
    answerTo: id => {
      const seq = tables.inbox.find(id)
      if (seq !== undefined && headersAt(seq).command !== id)
        throw new StoreDamaged(`entry ${seq} does not answer the command for which the inbox names it`)
      return seq
    },
    restore: entry => {
      const event = readEvent(entry.body)
      const headers = readHeaders(entry.headers)
      // The chain does not cover the subject, which follows from what it covers: a flipped bit there is not taken over.
      log.restore({ ...entry, subject: eventSubject(address, event.type, event.user) }, event.at)
      apply({ ...event, command: headers.command }, headers)
    },
    cursor: cursorOf,
    copies: { read: readCopies, takeOver: copies.takeOver },
    keepCopy: (source, entry) => void unkept.push({ source, entry }),
    moveCursor: (source, cursor) => {
      cursors.set(source, cursor)
      unsaved.add(source)
      unsavedEvents++
    },
    saveCursors,
    transaction: <T>(work: () => T): T => {
      const toEraseBefore = [...toErase]
      const unkeptBefore = [...unkept]
      const unsavedBefore = [...unsaved].map(source => [source, cursorOf(source)] as const)
      const startMs = spans ? clock.now() : 0
      try {
        const result = inTransaction(work) as T
        if (appended.length > 0) meters?.commit(appended, clock.monotonic() - decidedAt)
        if (spans) tellEntries(spans, address, appended, { startMs, endMs: clock.now() })
        appended.length = 0
        if (toErase.length > 0) eraseKeys()
        return result
      } catch (error) {
        appended.length = 0
        log.reload()
        toErase = toEraseBefore
        cursors = tables.cursors.all()
        unkept = unkeptBefore
        unsaved.clear()
        for (const [source, cursor] of unsavedBefore) {
          cursors.set(source, cursor)
          unsaved.add(source)
        }
        throw error
      }
    },
  }
}
