/** The log of another actor, written by hand, entry by entry. For tests only. */
import { chainOf, type Entry, NO_CHAIN, writeHeaders } from '../../bus/entry.ts'
import { type Address, eventSubject, sourceOf } from '../../bus/subjects.ts'
import { writeEvent } from './event.ts'
import type { EventItem } from './mailbox.ts'

export type TestSource = {
  entries: Entry[]
  /** Writes the next entry. */
  write: (type: string, data: object, user?: string) => Entry
  /** Writes the next entry, as a reader's mailbox gets it. */
  tell: (type: string, data: object, user?: string) => EventItem
  /** What a relay and a comparison need of a log. */
  head: () => number
  chainAt: (seq: number) => string | undefined
  read: (from: number, limit: number) => Entry[]
}

/** An empty log of `address`; two logs with other `history` differ in every chain. */
export const createTestSource = (address: Address, history = 'one'): TestSource => {
  const entries: Entry[] = []
  const chainAt = (seq: number) => (seq === 0 ? NO_CHAIN : entries[seq - 1]?.chain)

  const write: TestSource['write'] = (type, data, user) => {
    const seq = entries.length + 1
    const body = writeEvent(address, { seq, type, user, at: 1_694_097_000_000, data }, undefined)
    const headers = writeHeaders({ command: `${history}-${seq}` })
    const chain = chainOf(chainAt(seq - 1) ?? NO_CHAIN, body, headers)
    const entry = { seq, subject: eventSubject(address, type, user), headers, body, chain }
    entries.push(entry)
    return entry
  }

  return {
    entries,
    write,
    tell: (type, data, user) => ({ kind: 'event', source: sourceOf(address), entry: write(type, data, user) }),
    head: () => entries.length,
    chainAt,
    read: (from, limit) => entries.slice(from - 1, from - 1 + limit),
  }
}
