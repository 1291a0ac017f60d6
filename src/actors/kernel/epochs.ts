/** Epochs: where a person gave up entries that were lost; whoever has seen them goes back, once an epoch (protocol, R16). */
import { type Entry, readHeaders } from '../../bus/entry.ts'
import type { AppliedEvent } from './event.ts'
import type { ReadableLog } from './log.ts'
import type { Store } from './store.ts'

/** What a reader had seen when the epoch began, and need not answer for any more. */
export type AcceptedCursor = { reader: string; seq: number; chain: string }

/** An epoch of a log: entries up to `kept` stayed, those up to `voided` are left empty, `seq` is where it begins. */
export type Epoch = { seq: number; kept: number; voided: number; accepted: AcceptedCursor[] }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS epochs (
    seq INTEGER PRIMARY KEY,
    kept INTEGER NOT NULL,
    voided INTEGER NOT NULL,
    accepted TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS id_floors (kind TEXT PRIMARY KEY, least INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS went_back (
    source TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (source, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS orphans (seq INTEGER PRIMARY KEY, source TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;
`

/** Their names; all follow from the log. */
export const EPOCH_TABLES = ['epochs', 'id_floors', 'went_back', 'orphans'] as const

const READ_AT_ONCE = 500
const MOST_SHOWN = 1000

export type EpochTables = ReturnType<typeof openEpochTables>

/** Opens the tables in `store`; `log` is its log. */
export const openEpochTables = (store: Store, log: Pick<ReadableLog, 'read'>) => {
  store.exec(SCHEMA)
  const insertEpoch = store.prepare<[number, number, number, string]>('INSERT INTO epochs VALUES (?, ?, ?, ?)')
  const selectEpochs = store.prepare<[], Omit<Epoch, 'accepted'> & { accepted: string }>(
    'SELECT * FROM epochs ORDER BY seq',
  )
  const setFloor = store.prepare<[string, number]>('INSERT OR REPLACE INTO id_floors VALUES (?, ?)')
  const insertWentBack = store.prepare<[string, number]>('INSERT INTO went_back VALUES (?, ?)')
  const selectWentBack = store
    .prepare<[string], number | null>(`SELECT max(epoch) FROM went_back WHERE source = ? || ''`)
    .pluck()
  const insertOrphan = store.prepare<[number, string, number]>('INSERT OR IGNORE INTO orphans VALUES (?, ?, ?)')
  const selectOrphans = store.prepare<[number], { seq: number; source: string; epoch: number }>(
    `SELECT * FROM orphans ORDER BY seq LIMIT ? + 0`,
  )
  const findOrphan = store.prepare<[number], number>('SELECT 1 FROM orphans WHERE seq = ?').pluck()

  return {
    apply: ({ type, seq, data }: AppliedEvent): void => {
      if (type === 'EpochStarted') {
        insertEpoch.run(seq, data.kept, data.voided, JSON.stringify(data.accepted))
        for (const [kind, least] of Object.entries(data.ids)) setFloor.run(kind, least as number)
      }
      if (type === 'WentBack') {
        insertWentBack.run(data.source, data.epoch)
        for (const orphan of causedAfter(log, data.source, data.seq, seq - 1))
          insertOrphan.run(orphan.seq, data.source, data.epoch)
      }
    },
    all: (): Epoch[] =>
      selectEpochs.all().map(row => ({ ...row, accepted: JSON.parse(row.accepted) as AcceptedCursor[] })),
    /** The last epoch of `source` for which this actor went back; 0 when it never did. */
    lastWentBack: (source: string): number => selectWentBack.get(source) ?? 0,
    orphans: () => selectOrphans.all(MOST_SHOWN),
    /** Whether this actor's entry `seq` answers one that was given up. */
    isOrphan: (seq: number): boolean => findOrphan.get(seq) !== undefined,
  }
}

/** The least id of a kind that may still be given out: an epoch leaves those before it to entries that were lost. */
export const openIdFloors = (store: Store): ((kind: string) => number) => {
  store.exec(SCHEMA)
  const select = store.prepare<[string], number>('SELECT least FROM id_floors WHERE kind = ?').pluck()
  return kind => select.get(kind) ?? 0
}

/** An entry, and the cause from `source` that it names. */
export type Caused = { seq: number; causeSeq: number; causeChain: string }

/**
 * The entries up to `until` that answer what `source` said after its entry `after`, the newest first. A log answers a
 * source in the source's order, so the first that answers something earlier ends the search.
 */
export function* causedAfter(
  log: Pick<ReadableLog, 'read'>,
  source: string,
  after: number,
  until: number,
): Generator<Caused> {
  for (let end = until; end > 0; end -= READ_AT_ONCE) {
    const from = Math.max(1, end - READ_AT_ONCE + 1)
    for (const entry of log.read(from, end - from + 1).reverse()) {
      const caused = causedBy(source, entry)
      if (caused && caused.causeSeq <= after) return
      if (caused) yield caused
    }
  }
}

const causedBy = (source: string, { seq, headers }: Entry): Caused | undefined => {
  if (!headers.includes(`Kassa-Cause: ${source} `)) return undefined
  const { cause } = readHeaders(headers)
  return cause?.source === source ? { seq, causeSeq: cause.seq, causeChain: cause.chain } : undefined
}
