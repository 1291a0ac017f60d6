/** Verifying that what is personal in a log can be read: everybody's first and last entry, by those who have the keys. */

import { openKernelTables } from './kernel/kernel-tables.ts'
import { openLog } from './kernel/log.ts'
import { sealedIn } from './kernel/lost-keys.ts'
import type { Store } from './kernel/store.ts'

const READ_AT_ONCE = 1000
/** So many entries are asked about at once; the actor that answers serves others meanwhile. */
const ASKED_AT_ONCE = 500

/**
 * A line where keys are lost, which names whose. A key that was lost is made anew when its person writes again, so the
 * last entry alone would tell nothing; and a keys file of earlier lacks the latest, so neither would the first.
 */
export const lostKeyFaults = async (
  store: Store,
  unreadable: (seqs: number[]) => Promise<number[]>,
): Promise<string[]> => {
  const owners = new Map<number, string>()
  for (const [person, seqs] of sealedEntries(store)) for (const seq of seqs) owners.set(seq, person)

  const seqs = [...owners.keys()]
  const lost: number[] = []
  for (let at = 0; at < seqs.length; at += ASKED_AT_ONCE)
    lost.push(...(await unreadable(seqs.slice(at, at + ASKED_AT_ONCE))))
  const [first] = lost
  if (first === undefined) return []

  const persons = new Set(lost.map(seq => owners.get(seq)))
  return [
    `the keys of ${persons.size} are lost, and what is personal about them cannot be read: entry ${first} of ` +
      `${owners.get(first)} is the first; put back a copy of the keys that has them`,
  ]
}

/** First and last entry with something sealed, of everybody who was not erased. */
const sealedEntries = (store: Store): Map<string, Set<number>> => {
  const log = openLog(store)
  const { erased } = openKernelTables(store)
  const found = new Map<string, { first: number; last: number }>()
  for (let from = 1; from <= log.head(); from += READ_AT_ONCE)
    for (const entry of log.read(from, READ_AT_ONCE)) {
      const person = sealedIn(entry)?.person
      if (person === undefined || erased.has(person)) continue
      found.set(person, { first: found.get(person)?.first ?? entry.seq, last: entry.seq })
    }
  return new Map([...found].map(([person, { first, last }]) => [person, new Set([first, last])]))
}
