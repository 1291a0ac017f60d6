/** An event of another actor: does it follow? → react → append; the entry's cause moves the cursor. */
import { type Cause, type Entry, follows } from '../../bus/entry.ts'
import { type AfterCommit, nothingMore } from './after-commit.ts'
import { type Core, LogDamaged } from './core.ts'
import { type Decision, happened, nothing } from './decision.ts'
import { type AppliedEvent, readEvent } from './event.ts'
import type { EventItem, SkipItem } from './mailbox.ts'
import { NOBODY } from './vault.ts'

/** The name under which an event that could not be taken in lies among the dead letters. */
const eventName = (source: string): string => `event of ${source}`

/** The source in such a name, or `undefined` in the name of a command. */
export const sourceInName = (name: string): string | undefined => /^event of (\S+)$/.exec(name)?.[1]

/** What this actor makes of an event's bytes; `undefined` when it means nothing here. Throws when a reaction says no. */
export const reactTo = (core: Core, source: string, body: Uint8Array) => {
  const { traceparent, ...event } = readEvent(body)
  const reactions = core.behaviour.react[source.slice(0, source.indexOf('/'))]
  const reaction = reactions?.[event.type] ?? (event.type === 'PersonErased' ? erasePerson(core) : undefined)
  const decision: Decision | undefined = reaction?.({ ...event, command: undefined }, core.facts())
  if (decision?.kind === 'refusal') throw new Error(`A reaction to ${event.type} was refused: ${decision.refusal.code}`)
  return { decision, traceparent }
}

// Whoever holds something personal forgets it, whatever else it does.
const erasePerson =
  (core: Core) =>
  ({ user, data }: AppliedEvent): Decision =>
    core.tables.erased.has(user as string) ? nothing() : happened({ type: 'PersonErased', user, data })

/** Handles events of other actors inside a turn of `core`. */
export const createEventStep = (core: Core) => {
  const causeOf = (source: string, entry: Entry): Cause => ({ source, seq: entry.seq, chain: entry.chain })

  return {
    /** Takes an event in; one that was taken in before is passed over. */
    take: ({ source, entry, after }: EventItem): AfterCommit => {
      const cursor = core.cursor(source)
      if (entry.seq <= cursor.seq) return nothingMore
      // A hash that its reader has made already is not made again.
      if (entry.seq !== cursor.seq + 1 || !(after === cursor.chain || follows(cursor.chain, entry)))
        throw new LogDamaged(`Cannot take in ${source}/${entry.seq}: it does not follow ${cursor.seq}`)

      core.keepCopy(source, entry)
      const { decision, traceparent } = reactTo(core, source, entry.body)
      if (decision?.kind === 'event') core.append(decision.event, { cause: causeOf(source, entry) }, traceparent)
      else core.moveCursor(source, causeOf(source, entry))
      return nothingMore
    },

    /** Passes over events that nobody here wished for. */
    skip: ({ source, seq, chain }: SkipItem): AfterCommit => {
      if (seq > core.cursor(source).seq) core.moveCursor(source, { seq, chain })
      return nothingMore
    },

    /** Puts an event that a bug kept from being taken in among the dead letters, and passes on. */
    setAside: ({ source, entry }: EventItem, detail: string): AfterCommit => {
      const data = {
        command: eventName(source),
        person: NOBODY,
        reason: 'defect',
        detail,
        attempts: 1,
        version: core.version,
      }
      const personal = { body: Buffer.from(entry.body).toString('utf8') }
      core.keepCopy(source, entry)
      core.append({ type: 'DeadLettered', data, personal }, { cause: causeOf(source, entry) }, undefined)
      return nothingMore
    },
  }
}
