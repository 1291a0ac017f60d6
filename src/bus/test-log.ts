/** A log in memory, written by hand. For tests only. */
import { chainOf, type Entry, NO_CHAIN, writeHeaders } from './entry.ts'
import type { RelayedLog } from './relay.ts'
import type { Address } from './subjects.ts'

export type TestLog = RelayedLog & {
  entries: Entry[]
  /** Adds one entry. */
  append: (subject: string, body: Uint8Array) => Entry
  /** Adds `count` entries. */
  grow: (count: number) => void
}

/** A log of `address` with `count` entries; logs of another `history` differ in every chain. */
export const createTestLog = (
  address: Address,
  { count = 0, history = 'one', after = [] }: { count?: number; history?: string; after?: readonly Entry[] } = {},
): TestLog => {
  const entries = [...after]
  const chainAt = (seq: number) => (seq === 0 ? NO_CHAIN : entries[seq - 1]?.chain)

  const append: TestLog['append'] = (subject, body) => {
    const seq = entries.length + 1
    const headers = writeHeaders({ command: `${history}-${seq}` })
    const entry = { seq, subject, headers, body, chain: chainOf(chainAt(seq - 1) ?? NO_CHAIN, body, headers) }
    entries.push(entry)
    return entry
  }
  const grow = (count: number) => {
    const subject = `${address.actor}.${address.cell}.event.Happened.7`
    for (let added = 0; added < count; added++) append(subject, Buffer.from(`{"history":"${history}"}`))
  }
  grow(count)

  return {
    entries,
    append,
    grow,
    head: () => entries.length,
    chainAt,
    read: (from, limit) => entries.slice(from - 1, from - 1 + limit),
  }
}
