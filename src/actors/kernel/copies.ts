/** Copies of what was read in other logs: the last entries of each, with which a log can be healed whose stream is lost too. */
import type { Entry } from '../../bus/entry.ts'
import { isFull, type Store } from './store.ts'

/** Entries kept of each source, about a kilobyte each (protocol, R17). */
const KEPT_OF_EACH = 10_000

/**
 * Not what the log says, so it is in no list of tables that are built of it. A row is proven when it is used, by the chain
 * that leads to it.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS copies (
    place INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    subject TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    chain TEXT NOT NULL
  ) STRICT;
`

type CopyRow = Entry & { source: string }

export type Copies = {
  /** Keeps a copy; the oldest of its source gives way. */
  keep: (source: string, entry: Entry) => void
  /** Entries of `source` from number `from` to `last`, `limit` at the most, as far as they are there without a gap. */
  read: (source: string, from: number, last: number, limit: number) => Entry[]
  /** Takes over what the store `old` kept, as far as it can be read. */
  takeOver: (old: Store) => void
}

/** The copies in `store` of what is read of `sources`. */
export const openCopies = (store: Store, sources: readonly string[]): Copies => {
  store.exec(SCHEMA)
  // Each source has a ring of places: nothing is ever looked for to be deleted.
  const insert = store.prepare('INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?, ?, ?, ?)')
  const select = store.prepare<[number], CopyRow>(
    'SELECT source, seq, subject, headers, body, chain FROM copies WHERE place = ?',
  )
  const placeOf = (source: string, seq: number): number => sources.indexOf(source) * KEPT_OF_EACH + (seq % KEPT_OF_EACH)

  const keep = (source: string, { seq, subject, headers, body, chain }: Entry): void =>
    void insert.run(placeOf(source, seq), source, seq, subject, headers, body, chain)

  return {
    keep,
    read: (source, from, last, limit) => {
      const found: Entry[] = []
      if (!sources.includes(source)) return found
      for (let seq = from; seq <= last && found.length < limit; seq++) {
        const row = select.get(placeOf(source, seq))
        if (row?.source !== source || row.seq !== seq) break
        const { source: _, ...entry } = row
        found.push(entry)
      }
      return found
    },
    takeOver: old => {
      try {
        for (const { source, ...entry } of old
          .prepare<[], CopyRow>('SELECT source, seq, subject, headers, body, chain FROM copies')
          .iterate())
          if (sources.includes(source)) keep(source, entry)
      } catch (error) {
        if (isFull(error)) throw error
        // A store of before there were copies, or a page that SQLite can't make sense of: what was read is taken over.
      }
    },
  }
}
