/** Lost keys: what is personal in an entry and can't be read, though nobody was asked to forget that person. */
import type { Entry } from '../../bus/entry.ts'
import { sourceOf } from '../../bus/subjects.ts'
import type { Core } from './core.ts'
import { readEvent } from './event.ts'
import { NOBODY } from './vault.ts'

/** So many entries at either end of the log are looked at when an actor opens: what an old copy lacks shows at its end. */
const LOOKED_AT = 500

/** What is sealed in an entry, and whose key sealed it; `undefined` where there is nothing to be read. */
export const sealedIn = (entry: Entry): { person: string; sealed: string } | undefined => {
  const { user, data } = readEvent(entry.body)
  const { sealed, person = user ?? NOBODY } = data as { sealed?: string; person?: string }
  return sealed ? { person, sealed } : undefined
}

/** Those of the entries `seqs` that can't be read. Who was erased is not missed. */
export const unreadable = (
  { log, tables, vault }: Pick<Core, 'log' | 'tables' | 'vault'>,
  seqs: readonly number[],
): number[] =>
  seqs.filter(seq => {
    const [entry] = log.read(seq, 1)
    const found = entry && sealedIn(entry)
    return found && !tables.erased.has(found.person) && vault.open(found.person, found.sealed) === undefined
  })

/** The first entry that can't be read, of those at the beginning and at the end of the log. */
export const firstUnreadable = (core: Core): number | undefined => {
  const head = core.log.head()
  const ends = [
    [1, Math.min(LOOKED_AT, head)],
    [Math.max(LOOKED_AT + 1, head - LOOKED_AT + 1), head],
  ] as const
  for (const [from, to] of ends)
    for (let seq = from; seq <= to; seq++) if (unreadable(core, [seq]).length > 0) return seq
  return undefined
}

/** What to tell of it: that keys are lost, and what to do; null when none is, as far as this looks. */
export const lostKeysIn = (core: Core): string | null => {
  const seq = firstUnreadable(core)
  if (seq === undefined) return null
  const { actor, cell } = core.address
  return (
    `keys are lost: what is personal in entry ${seq} of ${sourceOf(core.address)} cannot be read, nor perhaps in others. ` +
    `Stop, put back a copy of ${actor}-${cell}.keys.db that has them, and start again; verify tells how many`
  )
}
