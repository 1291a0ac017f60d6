/** The log of one actor: every decision it ever took, numbered without a hole, under the chain. */
import { chainOf, type Entry, follows, NO_CHAIN } from '../../bus/entry.ts'
import { addressOf, eventSubject } from '../../bus/subjects.ts'
import { readEvent } from './event.ts'
import { type Store, StoreDamaged } from './store.ts'

/** The table, for the store's schema. */
const LOG_SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY,
    chain TEXT NOT NULL,
    subject TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
`

/** What others may ask of a log. `chainAt(0)` is the chain before the first entry. */
export type ReadableLog = {
  head: () => number
  /** The chain of entry `seq`, or `undefined` where there is no such entry. Throws `StoreDamaged` as `read` does. */
  chainAt: (seq: number) => string | undefined
  /** Up to `limit` entries from `from` on. Throws `StoreDamaged` where one is not what was written. */
  read: (from: number, limit: number) => Entry[]
}

export type Log = ReadableLog & {
  /** Milliseconds of the last entry's time; no later entry has an earlier one. */
  lastTime: () => number
  /** Adds the next entry. Must run inside a transaction; after a rollback call `reload`. */
  append: (subject: string, headers: string, body: Buffer, time: number) => Entry
  /** Adds an entry that this log had before, taken from a copy. It must continue the chain. */
  restore: (entry: Entry, time: number) => void
  /** Removes the last entry: only for a `Started` that nobody saw (protocol, R5). */
  takeBack: () => void
  /** Reads anew where the log ends. */
  reload: () => void
}

// The relay reads what was just written: this many to twice as many of the last entries are kept at hand. More of them
// would live long enough to be old objects, of which each collection costs as much as a hundred of young ones.
const RECENT = 512

type Row = { seq: number; chain: string; subject: string; headers: string; body: Buffer }

/** The log in `store`. */
export const openLog = (store: Store): Log => {
  store.exec(LOG_SCHEMA)
  const insert = store.prepare<[number, string, string, string, Buffer]>('INSERT INTO log VALUES (?, ?, ?, ?, ?)')
  // `+ 0`: see `Store`.
  const selectFrom = store.prepare<[number, number], Row>(
    'SELECT seq, chain, subject, headers, body FROM log WHERE seq >= ? ORDER BY seq LIMIT ? + 0',
  )
  const selectChain = store.prepare<[number], string>('SELECT chain FROM log WHERE seq = ?').pluck()
  const selectLast = store.prepare<[], Row>('SELECT * FROM log ORDER BY seq DESC LIMIT 1')
  const removeLast = store.prepare<[number]>('DELETE FROM log WHERE seq = ?')

  let head = 0
  let chain = NO_CHAIN
  let lastTime = 0
  let recent: Entry[] = []

  const reload = (): void => {
    const last = selectLast.get()
    if (last) prove(storedChain(last.seq - 1), last)
    head = last?.seq ?? 0
    chain = last?.chain ?? NO_CHAIN
    lastTime = last ? eventOf(last).at : 0
    recent = []
  }

  /** As it stands there: what follows it tells whether it is the one that was written. */
  const storedChain = (seq: number): string | undefined => (seq === 0 ? NO_CHAIN : selectChain.get(seq))

  const chainAt = (seq: number): string | undefined => {
    if (seq === head) return chain
    if (seq === 0) return NO_CHAIN
    const first = recent[0]
    if (first && seq >= first.seq) return recent[seq - first.seq]?.chain
    return proven(seq, 1)[0]?.chain
  }

  /** Entries from the disk: nobody is shown one that is not what was written. */
  const proven = (from: number, limit: number): Entry[] => {
    const rows = selectFrom.all(from, limit)
    let previous = storedChain(from - 1)
    for (let at = 0; at < Math.min(limit, head - from + 1); at++) {
      const row = rows[at]
      if (row?.seq !== from + at) throw new StoreDamaged(`entry ${from + at} is missing`)
      prove(previous, row)
      previous = row.chain
    }
    return rows
  }

  const add = (entry: Entry, time: number): Entry => {
    insert.run(entry.seq, entry.chain, entry.subject, entry.headers, entry.body as Buffer)
    head = entry.seq
    chain = entry.chain
    lastTime = Math.max(lastTime, time)
    recent.push(entry)
    if (recent.length > 2 * RECENT) recent = recent.slice(-RECENT)
    return entry
  }

  reload()
  return {
    head: () => head,
    lastTime: () => lastTime,
    chainAt,
    read: (from, limit) => {
      const first = recent[0]
      if (first && from >= first.seq) return recent.slice(from - first.seq, from - first.seq + limit)
      return proven(from, limit)
    },
    append: (subject, headers, body, time) =>
      add({ seq: head + 1, subject, headers, body, chain: chainOf(chain, body, headers) }, time),
    restore: (entry, time) => {
      if (entry.seq !== head + 1 || chainOf(chain, entry.body, entry.headers) !== entry.chain)
        throw new Error(`Cannot restore entry ${entry.seq}: it does not continue the log, which ends at ${head}`)
      add({ ...entry, body: Buffer.from(entry.body) }, time)
    },
    takeBack: () => {
      removeLast.run(head)
      reload()
    },
    reload,
  }
}

/** Throws `StoreDamaged` unless `row` is what was written after the entry of chain `previous`. */
const prove = (previous: string | undefined, row: Row): void => {
  if (previous === undefined) throw new StoreDamaged(`entry ${row.seq - 1} is missing`)
  if (!follows(previous, row)) throw new StoreDamaged(`entry ${row.seq} breaks the chain`)
  // Neither number nor subject is under the chain, but both are in the event.
  const { seq, subject } = eventOf(row)
  if (seq !== row.seq) throw new StoreDamaged(`entry ${row.seq} is entry ${seq}, of another place`)
  if (subject !== row.subject) throw new StoreDamaged(`entry ${row.seq} has the subject ${row.subject}, not ${subject}`)
}

const eventOf = ({ seq, body }: Row): { seq: number; at: number; subject: string } => {
  try {
    const { source, type, user, ...event } = readEvent(body)
    return { ...event, subject: eventSubject(addressOf(source), type, user) }
  } catch (cause) {
    throw new StoreDamaged(`entry ${seq} is no event of ours`, { cause })
  }
}
