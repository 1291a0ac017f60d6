/** Checks of erased persons: everybody has forgotten them, nobody has a key of theirs, and nothing that is theirs can be read. */
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import type { FinalState } from './final-state.ts'

/** Tables with what is personal, sealed; after the erasure they have nothing in its place. */
const SEALED: Partial<Record<ActorName, string>> = { order: 'users', notification: 'letters' }

/** Who keeps something of a person, besides the one who is asked to erase them. The webhook actor keeps none here. */
const HOLDERS = ['billing', 'notification'] as const

/** What is left of persons who were erased, a line each. */
export const checkErasure = ({ logs, loud }: FinalState): string[] => {
  const erasedAt = (actor: ActorName): string[] =>
    logs[actor].facts.flatMap(({ type, user }) => (type === 'PersonErased' && user !== undefined ? [user] : []))
  const faults: string[] = []

  for (const actor of ACTOR_NAMES) {
    const all = erasedAt(actor)
    const erased = new Set(all)
    if (erased.size < all.length) faults.push(`${actor} has erased somebody twice`)
    const has = logs[actor].keys.prepare('SELECT 1 FROM keys WHERE person = ?')
    const table = SEALED[actor]
    const reads =
      table === undefined
        ? undefined
        : logs[actor].store.prepare(`SELECT 1 FROM ${table} WHERE user_id = ? AND sealed <> ''`)
    for (const user of erased) {
      if (has.get(user) !== undefined) faults.push(`${actor} has a key of ${user}, who was erased`)
      if (reads?.get(user) !== undefined) faults.push(`${actor} has kept what is personal of ${user}, who was erased`)
    }
  }
  // Where a history was lost and said to be, it may yet be told.
  if (loud) return faults
  for (const reader of HOLDERS) {
    const forgotten = new Set(erasedAt(reader))
    for (const user of erasedAt('order'))
      if (!forgotten.has(user)) faults.push(`${reader} has not forgotten ${user}, who was erased`)
  }
  return faults
}
