/** Verifying that what is personal in a log can be read: everybody's first and last entry, by those who have the keys. */
import { readHeaders } from '../bus/entry.ts'
import { openKernelTables } from './kernel/kernel-tables.ts'
import { openLog } from './kernel/log.ts'
import { isFingerprinted, type KeyFindings, sealedIn } from './kernel/lost-keys.ts'
import type { Store } from './kernel/store.ts'

const READ_AT_ONCE = 1000
/** So many entries are asked about at once; the actor that answers serves others meanwhile. */
const ASKED_AT_ONCE = 500

/** Has entries looked at by whoever has the keys. */
export type CheckKeys = (seqs: number[]) => Promise<KeyFindings>

/**
 * A line where keys are lost, which names whose; and one where the key of fingerprints is. A key that was lost is made anew when its person writes again, so the
 * last entry alone would tell nothing; and a keys file of earlier lacks the latest, so neither would the first.
 */
export const lostKeyFaults = async (store: Store, check: CheckKeys): Promise<string[]> => {
  const { sealed, fingerprinted } = telling(store)
  const owners = new Map<number, string>()
  for (const [person, seqs] of sealed) for (const seq of seqs) owners.set(seq, person)

  const seqs = [...new Set([...owners.keys(), ...fingerprinted])]
  const lost: KeyFindings = { unreadable: [], incomparable: [] }
  for (let at = 0; at < seqs.length; at += ASKED_AT_ONCE) {
    const { unreadable, incomparable } = await check(seqs.slice(at, at + ASKED_AT_ONCE))
    lost.unreadable.push(...unreadable.filter(seq => owners.has(seq)))
    lost.incomparable.push(...incomparable)
  }
  return [...unreadableFaults(lost.unreadable, owners), ...incomparableFaults(lost.incomparable)]
}

const unreadableFaults = (lost: number[], owners: Map<number, string>): string[] => {
  const [first] = lost
  if (first === undefined) return []
  const persons = new Set(lost.map(seq => owners.get(seq)))
  return [
    `the keys of ${persons.size} are lost, and what is personal about them cannot be read: entry ${first} of ` +
      `${owners.get(first)} is the first; put back a copy of the keys that has them`,
  ]
}

const incomparableFaults = ([first]: number[]): string[] => {
  if (first === undefined) return []
  return [
    `the key of fingerprints is lost: an Idempotency-Key that was used for entry ${first} is not refused with another ` +
      'body, nor are others of that time; put back a copy of the keys that has it',
  ]
}

/**
 * The entries that tell of lost keys: first and last with something sealed, of everybody who was not erased; first and
 * last with a fingerprint, of those whose ids are remembered.
 */
const telling = (store: Store): { sealed: Map<string, Set<number>>; fingerprinted: Set<number> } => {
  const log = openLog(store)
  const { erased, inbox } = openKernelTables(store)
  const found = new Map<string, { first: number; last: number }>()
  let firstPrint: number | undefined
  let lastPrint: number | undefined
  for (let from = 1; from <= log.head(); from += READ_AT_ONCE)
    for (const entry of log.read(from, READ_AT_ONCE)) {
      if (isFingerprinted(entry) && inbox.find(readHeaders(entry.headers).command ?? '') === entry.seq) {
        firstPrint ??= entry.seq
        lastPrint = entry.seq
      }
      const person = sealedIn(entry)?.person
      if (person === undefined || erased.has(person)) continue
      found.set(person, { first: found.get(person)?.first ?? entry.seq, last: entry.seq })
    }
  return {
    sealed: new Map([...found].map(([person, { first, last }]) => [person, new Set([first, last])])),
    fingerprinted: new Set([firstPrint, lastPrint].filter(seq => seq !== undefined)),
  }
}
