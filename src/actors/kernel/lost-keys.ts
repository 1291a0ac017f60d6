/** Lost keys: what is personal in an entry and can't be read, though nobody was asked to forget that person; and the key of fingerprints. */
import { type Entry, readHeaders } from '../../bus/entry.ts'
import { sourceOf } from '../../bus/subjects.ts'
import type { Core } from './core.ts'
import { readEvent } from './event.ts'
import { isUnderKey, NOBODY } from './vault.ts'

/** So many entries at either end of the log are looked at when an actor opens: what an old copy lacks shows at its end. */
const LOOKED_AT = 500

/** Who has a log and its keys. */
export type KeyHolder = Pick<Core, 'log' | 'tables' | 'vault'>

/** What is sealed in an entry, and whose key sealed it; `undefined` where there is nothing to be read. */
export const sealedIn = (entry: Entry): { person: string; sealed: string } | undefined => {
  const { user, data } = readEvent(entry.body)
  const { sealed, person = user ?? NOBODY } = data as { sealed?: string; person?: string }
  return sealed ? { person, sealed } : undefined
}

/** Those of the entries `seqs` that can't be read. Who was erased is not missed. */
const unreadable = ({ log, tables, vault }: KeyHolder, seqs: readonly number[]): number[] =>
  seqs.filter(seq => {
    const [entry] = log.read(seq, 1)
    const found = entry && sealedIn(entry)
    return found && !tables.erased.has(found.person) && vault.open(found.person, found.sealed) === undefined
  })

/** Whether an entry has a fingerprint under a key. */
export const isFingerprinted = (entry: Entry): boolean => isUnderKey(readHeaders(entry.headers).fingerprint ?? '')

/**
 * Those of the entries `seqs` whose fingerprint is under another key than the one that is here. What comes under their
 * ids passes for the same, whatever it is. Nothing does any more under an id that is forgotten.
 */
const incomparable = ({ log, tables, vault }: KeyHolder, seqs: readonly number[]): number[] =>
  seqs.filter(seq => {
    const [entry] = log.read(seq, 1)
    if (!entry || !isFingerprinted(entry)) return false
    const { command = '', fingerprint = '' } = readHeaders(entry.headers)
    return tables.inbox.find(command) === seq && !vault.isOfKeyHere(fingerprint)
  })

/** What lost keys mean for the entries `seqs`. */
export type KeyFindings = { unreadable: number[]; incomparable: number[] }

/** Looks at the entries `seqs` with the keys that are here. */
export const checkKeys = (holder: KeyHolder, seqs: readonly number[]): KeyFindings => ({
  unreadable: unreadable(holder, seqs),
  incomparable: incomparable(holder, seqs),
})

/** The first entry that can't be read, of those at the beginning and at the end of the log. */
const firstUnreadable = (core: Core): number | undefined => firstAtEnds(core, unreadable)

/** The same for the first whose fingerprint is under a lost key. */
const firstIncomparable = (core: Core): number | undefined => firstAtEnds(core, incomparable)

/** What to tell of it: that keys are lost, and what to do; null when none is, as far as this looks. */
export const lostKeysIn = (core: Core): string | null => {
  const me = sourceOf(core.address)
  const putBack = `Stop, put back a copy of ${core.address.actor}-${core.address.cell}.keys.db`
  const unread = firstUnreadable(core)
  if (unread !== undefined)
    return (
      `keys are lost: what is personal in entry ${unread} of ${me} cannot be read, nor perhaps in others. ` +
      `${putBack} that has them, and start again; verify tells how many`
    )
  const unlike = firstIncomparable(core)
  if (unlike === undefined) return null
  return (
    `the key of fingerprints is lost: an Idempotency-Key that was used for entry ${unlike} of ${me} is not refused ` +
    `with another body, nor are others of that time. ${putBack} that has it, and start again`
  )
}

const firstAtEnds = (core: Core, find: (holder: KeyHolder, seqs: number[]) => number[]): number | undefined => {
  const head = core.log.head()
  const ends = [
    [1, Math.min(LOOKED_AT, head)],
    [Math.max(LOOKED_AT + 1, head - LOOKED_AT + 1), head],
  ] as const
  for (const [from, to] of ends) for (let seq = from; seq <= to; seq++) if (find(core, [seq]).length > 0) return seq
  return undefined
}
