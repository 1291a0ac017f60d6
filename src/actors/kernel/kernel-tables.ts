/** The tables that every actor has: ids handled, cursors, commands that wait, dead letters. All follow from the log. */
import type { EntryHeaders } from '../../bus/entry.ts'
import { EPOCH_TABLES } from './epochs.ts'
import type { AppliedEvent } from './event.ts'
import type { Store } from './store.ts'
import { OWN_KEY } from './vault.ts'

/** A cursor: the last event of another log that this one has taken in. */
export type Cursor = { seq: number; chain: string }

/** A queued command that waits (`ready` 0), or whose waiting is over, by an event or by a redrive (`ready` 1). */
export type WaitingRow = {
  id: string
  command: string
  person: string
  sealed: string
  waits_for: string
  until: number
  reason: string
  ready: 0 | 1
  attempts: number
}

export type DeadLetterRow = {
  seq: number
  command: string
  person: string
  sealed: string
  reason: string
  detail: string
  attempts: number
  version: string
  status: 'waiting' | 'redriven' | 'discarded'
  at: number
}

/** A queued command of one person, as it is still held. */
export type HeldRow = { command: string; held_as: 'waiting' | 'dead letter'; sealed: string }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS inbox_at ON inbox (at);
  CREATE TABLE IF NOT EXISTS cursors (source TEXT PRIMARY KEY, seq INTEGER NOT NULL, chain TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS horizon (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS waiting (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    person TEXT NOT NULL,
    sealed TEXT NOT NULL,
    waits_for TEXT NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ready INTEGER NOT NULL,
    attempts INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS threads (thread TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (thread, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS erased (person TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS waiting_for ON waiting (waits_for);
  CREATE INDEX IF NOT EXISTS waiting_until ON waiting (until);
  CREATE INDEX IF NOT EXISTS waiting_ready ON waiting (ready) WHERE ready = 1;
  CREATE TABLE IF NOT EXISTS dead_letters (
    seq INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    person TEXT NOT NULL,
    sealed TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
`

// What version 0.1.0 discarded, it did not erase. Their keys are deleted when the rows are there, as those of others.
const ERASE_DISCARDED = `
  INSERT OR IGNORE INTO erased
    SELECT person FROM dead_letters WHERE status = 'discarded' AND substr(person, 1, ${OWN_KEY.length}) = '${OWN_KEY}'
`

/** The tables that follow from the log and nothing else; `log` does not, `cursors` may be ahead of it. */
export const KERNEL_TABLES = [
  'inbox',
  'horizon',
  'waiting',
  'dead_letters',
  'threads',
  'erased',
  ...EPOCH_TABLES,
] as const

/** The number at the end of a dead letter's id `order-0-17`. */
const seqOf = (deadLetterId: string): number => Number(deadLetterId.slice(deadLetterId.lastIndexOf('-') + 1))

/** The id under which a redriven dead letter is carried out. */
const redriveId = (deadLetterId: string, attempt: number): string => `redrive/${deadLetterId}/${attempt}`

/** What changes how many dead letters wait. */
const DEAD_LETTER_EVENTS: ReadonlySet<string> = new Set(['DeadLettered', 'Redriven', 'Discarded'])

export type KernelTables = ReturnType<typeof openKernelTables>

/** Opens the kernel's tables in `store`. */
export const openKernelTables = (store: Store) => {
  store.exec(SCHEMA)
  store.exec(ERASE_DISCARDED)
  const selectInbox = store.prepare<[string], number>('SELECT seq FROM inbox WHERE id = ?').pluck()
  const insertInbox = store.prepare<[string, number, number]>('INSERT OR REPLACE INTO inbox VALUES (?, ?, ?)')
  const trimInbox = store.prepare<[number]>('DELETE FROM inbox WHERE at <= ?')
  const anyInbox = store.prepare<[number], number>('SELECT 1 FROM inbox WHERE at <= ? LIMIT 1').pluck()
  const selectHorizon = store.prepare<[], number>('SELECT until FROM horizon').pluck()
  const setHorizon = store.prepare<[number]>('INSERT OR REPLACE INTO horizon VALUES (1, ?)')
  const selectCursors = store.prepare<[], Cursor & { source: string }>('SELECT source, seq, chain FROM cursors')
  const setCursor = store.prepare<[string, number, string]>(
    'INSERT INTO cursors VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, chain = excluded.chain WHERE excluded.seq > seq',
  )
  const setCursorBack = store.prepare<[string, number, string]>('INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)')
  const insertThread = store.prepare<[string, number]>('INSERT INTO threads VALUES (?, ?)')
  const selectThread = store
    .prepare<[string, number], number>(`SELECT seq FROM threads WHERE thread = ? || '' ORDER BY seq LIMIT ? + 0`)
    .pluck()
  const insertErased = store.prepare<[string]>('INSERT OR IGNORE INTO erased VALUES (?)')
  const selectErased = store.prepare<[string], number>('SELECT 1 FROM erased WHERE person = ?').pluck()
  const selectAllErased = store.prepare<[], string>('SELECT person FROM erased').pluck()

  const selectWaiting = store.prepare<[string], WaitingRow>('SELECT * FROM waiting WHERE id = ?')
  const insertWaiting = store.prepare<WaitingRow>(
    'INSERT OR REPLACE INTO waiting VALUES (@id, @command, @person, @sealed, @waits_for, @until, @reason, @ready, @attempts)',
  )
  const removeWaiting = store.prepare<[string]>('DELETE FROM waiting WHERE id = ?')
  const wakeWaiting = store.prepare<[string]>('UPDATE waiting SET ready = 1 WHERE waits_for = ?')
  // Not one WHERE with OR: that reads all that wait, after every turn (48 ms where 50,000 did).
  const selectDue = store
    .prepare<[number], string>(
      `SELECT id FROM (SELECT id, until FROM waiting WHERE ready = 1
        UNION ALL SELECT id, until FROM waiting WHERE ready = 0 AND until <= ?)
        ORDER BY until, id`,
    )
    .pluck()
  const selectNextUntil = store.prepare<[], number | null>('SELECT min(until) FROM waiting WHERE ready = 0').pluck()

  const selectDeadLetter = store.prepare<[number], DeadLetterRow>('SELECT * FROM dead_letters WHERE seq = ?')
  const selectDeadLetters = store.prepare<[number, string | null, string | null, number], DeadLetterRow>(
    'SELECT * FROM dead_letters WHERE seq < ? AND (? IS NULL OR status = ?) ORDER BY seq DESC LIMIT ? + 0',
  )
  const insertDeadLetter = store.prepare<DeadLetterRow>(
    'INSERT INTO dead_letters VALUES (@seq, @command, @person, @sealed, @reason, @detail, @attempts, @version, @status, @at)',
  )
  const selectCommandsOf = store.prepare<[string, string], HeldRow>(
    `SELECT command, 'waiting' AS held_as, sealed FROM waiting WHERE person = ?
      UNION ALL SELECT command, 'dead letter', sealed FROM dead_letters WHERE person = ?`,
  )
  const countDeadLetters = store
    .prepare<[], number>("SELECT count(*) FROM dead_letters WHERE status = 'waiting'")
    .pluck()
  const anyWaiting = store.prepare<[], number>('SELECT 1 FROM waiting LIMIT 1').pluck()
  const countWaiting = store.prepare<[], number>('SELECT count(*) FROM waiting').pluck()
  const settleDeadLetter = store.prepare<[string, number]>('UPDATE dead_letters SET status = ? WHERE seq = ?')

  // Whether there may be rows: most shops never have a command that waits, nor anybody erased. What a rollback takes back
  // leaves it true, which only costs a look.
  let mayWait = true
  let mayBeErased = true
  const addWaiting = (row: WaitingRow): void => {
    mayWait = true
    insertWaiting.run(row)
  }
  const addErased = (person: string): void => {
    mayBeErased = true
    insertErased.run(person)
  }

  // No index knows which of them wait, so they are counted anew only after one has come or was settled.
  let waitingLetters: number | undefined

  const ownKeyOf = (seq: number): string[] => {
    const person = selectDeadLetter.get(seq)?.person
    return person?.startsWith(OWN_KEY) ? [person] : []
  }

  const applyByType: Record<string, (event: AppliedEvent) => void> = {
    CommandParked: ({ command, data }) => {
      addWaiting({
        id: command ?? '',
        command: data.command,
        person: data.person,
        sealed: data.sealed,
        waits_for: data.waits_for,
        until: Date.parse(data.until),
        reason: data.reason,
        ready: 0,
        attempts: data.attempts,
      })
    },
    DeadLettered: ({ seq, at, data }) => {
      insertDeadLetter.run({ ...data, seq, at, status: 'waiting' })
    },
    Redriven: ({ data }) => {
      const row = selectDeadLetter.get(seqOf(data.dead_letter_id))
      if (!row) throw new Error(`Cannot redrive ${data.dead_letter_id}: the log has no such dead letter`)
      settleDeadLetter.run('redriven', row.seq)
      addWaiting({
        id: redriveId(data.dead_letter_id, data.attempt),
        command: row.command,
        // Another body was given, or it is carried out as it was sent.
        person: data.person ?? row.person,
        sealed: data.sealed ?? row.sealed,
        waits_for: '',
        until: 0,
        reason: row.reason,
        ready: 1,
        attempts: data.attempt,
      })
    },
    Discarded: ({ data }) => {
      const seq = seqOf(data.dead_letter_id)
      settleDeadLetter.run('discarded', seq)
      // Nobody is ever erased whom it could be told of: to give it up is the only way to have it forgotten.
      for (const person of ownKeyOf(seq)) addErased(person)
    },
    PersonErased: ({ user }) => {
      addErased(user as string)
    },
    WentBack: ({ data }) => {
      setCursorBack.run(data.source, data.seq, data.chain)
    },
    InboxTrimmed: ({ data }) => {
      const until = Date.parse(data.until)
      trimInbox.run(until)
      setHorizon.run(until)
    },
  }

  return {
    /** What an entry means to the kernel's tables, but for the cursor, which moves on once a turn. */
    apply: (event: AppliedEvent, headers: EntryHeaders): void => {
      if (headers.command !== undefined) {
        insertInbox.run(headers.command, event.seq, event.at)
        if (mayWait && event.type !== 'CommandParked') removeWaiting.run(headers.command)
      }
      if (DEAD_LETTER_EVENTS.has(event.type)) waitingLetters = undefined
      applyByType[event.type]?.(event)
    },
    threads: {
      /** Entry `seq` is a step of `thread`. */
      add: (thread: string, seq: number): void => void insertThread.run(thread, seq),
      /** The numbers of its first `limit` steps. */
      steps: (thread: string, limit: number): number[] => selectThread.all(thread, limit),
    },
    erased: {
      has: (person: string): boolean => mayBeErased && selectErased.get(person) !== undefined,
      all: (): string[] => {
        const all = selectAllErased.all()
        mayBeErased = all.length > 0 || store.inTransaction
        return all
      },
      /** Whose keys an event that was applied has put an end to. */
      by: ({ type, user, data }: AppliedEvent): string[] => {
        if (type === 'PersonErased') return [user as string]
        return type === 'Discarded' ? ownKeyOf(seqOf(data.dead_letter_id)) : []
      },
    },
    /** The commands that wait for `key` need wait no longer. */
    wake: (key: string): void => {
      if (mayWait) wakeWaiting.run(key)
    },
    inbox: {
      /** The number of the entry that answered the command `id`. */
      find: (id: string): number | undefined => selectInbox.get(id),
      hasOlderThan: (until: number): boolean => anyInbox.get(until) !== undefined,
    },
    /** Milliseconds: ids of commands handled until then are forgotten. */
    horizon: (): number => selectHorizon.get() ?? 0,
    cursors: {
      all: (): Map<string, Cursor> =>
        new Map(selectCursors.all().map(({ source, seq, chain }) => [source, { seq, chain }])),
      save: (source: string, cursor: Cursor): void => void setCursor.run(source, cursor.seq, cursor.chain),
    },
    waiting: {
      find: (id: string): WaitingRow | undefined => selectWaiting.get(id),
      /** Ids of the commands whose waiting is over by `now`. */
      due: (now: number): string[] => (mayWait ? selectDue.all(now) : []),
      /** How many commands wait. */
      count: (): number => countWaiting.get() ?? 0,
      /** When the next one's time is up, in ms. */
      nextUntil: (): number | undefined => {
        if (!mayWait) return undefined
        const next = selectNextUntil.get() ?? undefined
        // Inside a transaction they may come back.
        if (next === undefined && !store.inTransaction) mayWait = anyWaiting.get() !== undefined
        return next
      },
    },
    deadLetters: {
      find: (seq: number): DeadLetterRow | undefined => selectDeadLetter.get(seq),
      list: (before: number, status: string | undefined, limit: number): DeadLetterRow[] =>
        selectDeadLetters.all(before, status ?? null, status ?? null, limit),
      /** How many wait for a person. */
      countWaiting: (): number => {
        waitingLetters ??= countDeadLetters.get() ?? 0
        return waitingLetters
      },
    },
    /** The queued commands of `person` that wait or lie among the dead letters. */
    commandsOf: (person: string): HeldRow[] => selectCommandsOf.all(person, person),
  }
}
