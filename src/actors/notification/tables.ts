/** The notification actor's tables: who can be written to, and every letter with its way. */
import type { AppliedEvent } from '../kernel/event.ts'
import { rowInsert } from '../kernel/row-statement.ts'
import type { Store } from '../kernel/store.ts'
import type { Locale } from '../values.ts'
import type { LetterStatus } from './contract.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS recipients (
    user_id TEXT PRIMARY KEY,
    locale TEXT NOT NULL,
    suppressed INTEGER NOT NULL,
    erased INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS letters (
    message_id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    notification_type TEXT NOT NULL,
    order_id TEXT,
    status TEXT NOT NULL,
    sealed TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    next_at INTEGER,
    attempts INTEGER NOT NULL,
    resent INTEGER NOT NULL,
    error TEXT,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS letters_of_user ON letters (user_id, message_id);
  CREATE INDEX IF NOT EXISTS letters_by_status ON letters (status);
  CREATE INDEX IF NOT EXISTS letters_to_send ON letters (next_at) WHERE next_at IS NOT NULL;
  CREATE UNIQUE INDEX IF NOT EXISTS letters_of_order ON letters (order_id, notification_type) WHERE order_id IS NOT NULL;
`

/** Their names. */
export const NOTIFICATION_TABLES = ['recipients', 'letters'] as const

export type RecipientRow = { user_id: string; locale: Locale; suppressed: 0 | 1; erased: 0 | 1 }

/** A letter. Times in ms: made, `at` of its status, due for the first time, and of the next attempt while it is Queued. */
export type LetterRow = {
  message_id: number
  user_id: string
  notification_type: string
  order_id: string | null
  status: LetterStatus
  sealed: string
  made_at: number
  at: number
  due_at: number
  next_at: number | null
  attempts: number
  /** A person wished it sent once more, whatever became of the address. */
  resent: 0 | 1
  error: string | null
  version: number
}

/** A part of a user's letters. Times in ms, `from` and `to` both included. */
export type LetterFilter = {
  user_id: string
  after: number
  from: number
  to: number
  type: string | null
  limit: number
}

/** A part of all letters, the newest first; `before` is the last one's id of the page before. */
export type AllLettersFilter = { user_id: string | null; status: LetterStatus | null; before: number; limit: number }

/** Opens the tables in `store`. */
export const openNotificationTables = (store: Store) => {
  store.exec(SCHEMA)
  const selectRecipient = store.prepare<[string], RecipientRow>('SELECT * FROM recipients WHERE user_id = ?')
  const insertRecipient = store.prepare<[string, Locale]>('INSERT INTO recipients VALUES (?, ?, 0, 0)')
  const setSuppressed = store.prepare<[0 | 1, string]>('UPDATE recipients SET suppressed = ? WHERE user_id = ?')
  const eraseRecipient = store.prepare<[string]>('UPDATE recipients SET erased = 1 WHERE user_id = ?')
  const changeRecipient = store.prepare<[Locale, 0 | 1, string]>(
    'UPDATE recipients SET locale = ?, suppressed = ? WHERE user_id = ?',
  )
  const eraseLetters = store.prepare<[number, string]>(
    `UPDATE letters SET sealed = '', next_at = NULL, version = ?, status = CASE status WHEN 'Queued' THEN 'Failed' ELSE status END
      WHERE user_id = ?`,
  )
  const insertLetter = rowInsert<LetterRow>(store, 'letters', [
    'message_id',
    'user_id',
    'notification_type',
    'order_id',
    'status',
    'sealed',
    'made_at',
    'at',
    'due_at',
    'next_at',
    'attempts',
    'resent',
    'error',
    'version',
  ])
  const requeue = store.prepare<[string, number, number, number, number, number]>(
    `UPDATE letters SET status = 'Queued', sealed = ?, at = ?, due_at = ?, next_at = ?, attempts = 0, resent = 1,
      error = NULL, version = ? WHERE message_id = ?`,
  )
  const delay = store.prepare<[number, number, string, number, number]>(
    'UPDATE letters SET attempts = ?, next_at = ?, error = ?, version = ? WHERE message_id = ?',
  )
  const end = store.prepare<[LetterStatus, number, string | null, number, number]>(
    'UPDATE letters SET status = ?, at = ?, next_at = NULL, error = ?, version = ? WHERE message_id = ?',
  )
  const countQueued = store.prepare<[], number>('SELECT count(*) FROM letters WHERE next_at IS NOT NULL').pluck()
  const selectLast = store.prepare<[], number | null>('SELECT max(message_id) FROM letters').pluck()
  const selectWritten = store
    .prepare<[string, string], number>('SELECT 1 FROM letters WHERE order_id = ? AND notification_type = ?')
    .pluck()
  const selectLetter = store.prepare<[number], LetterRow>('SELECT * FROM letters WHERE message_id = ?')
  const selectLetters = store.prepare<LetterFilter, LetterRow>(
    `SELECT * FROM letters WHERE user_id = @user_id || '' AND message_id > @after AND at >= @from AND at <= @to
      AND (@type IS NULL OR notification_type = @type) ORDER BY message_id LIMIT @limit + 0`,
  )
  const selectAll = store.prepare<AllLettersFilter, LetterRow>(
    'SELECT * FROM letters WHERE message_id < @before ORDER BY message_id DESC LIMIT @limit + 0',
  )
  const selectAllOfUser = store.prepare<AllLettersFilter, LetterRow>(
    `SELECT * FROM letters WHERE user_id = @user_id || '' AND message_id < @before
      AND (@status IS NULL OR status = @status) ORDER BY message_id DESC LIMIT @limit + 0`,
  )
  const selectAllOfStatus = store.prepare<AllLettersFilter, LetterRow>(
    `SELECT * FROM letters WHERE status = @status || '' AND message_id < @before ORDER BY message_id DESC LIMIT @limit + 0`,
  )
  // `+ 0`: see `Store`.
  const selectDue = store
    .prepare<[number, number], number>(
      'SELECT message_id FROM letters WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at LIMIT ? + 0',
    )
    .pluck()
  const selectNext = store
    .prepare<[number], number | null>('SELECT min(next_at) FROM letters WHERE next_at IS NOT NULL AND next_at > ?')
    .pluck()

  const insert = ({ seq, at, user, data }: AppliedEvent, status: LetterStatus, next_at: number | null): void => {
    insertLetter({
      message_id: Number(data.message_id),
      user_id: user as string,
      notification_type: data.notification_type,
      order_id: data.order_id,
      status,
      sealed: data.sealed,
      made_at: at,
      at,
      due_at: next_at ?? at,
      next_at,
      attempts: 0,
      resent: 0,
      error: null,
      version: seq,
    })
  }

  return {
    /** A recipient who was not erased. */
    recipient: (userId: string) => {
      const row = selectRecipient.get(userId)
      return row?.erased === 0 ? row : undefined
    },
    /** Whether a user was ever added, erased or not. */
    isKnown: (userId: string) => selectRecipient.get(userId) !== undefined,
    nextMessageId: (first: number) => String(Math.max(first, (selectLast.get() ?? 0) + 1)),
    isWritten: (orderId: string, type: string) => selectWritten.get(orderId, type) !== undefined,
    letter: (messageId: number) => selectLetter.get(messageId),
    letters: (filter: LetterFilter) => selectLetters.all(filter),
    /** By the index that fits. */
    allLetters: (filter: AllLettersFilter) => {
      const byIndex = filter.status === null ? selectAll : selectAllOfStatus
      return (filter.user_id === null ? byIndex : selectAllOfUser).all(filter)
    },
    /** How many wait to be handed over. */
    countQueued: () => countQueued.get() ?? 0,
    /** Letters to be handed over by `now`, at most `limit`, and when the next one is due after that. */
    toSend: (now: number, limit: number) => ({
      ids: selectDue.all(now, limit),
      nextAt: selectNext.get(now) ?? undefined,
    }),

    apply: {
      RecipientAdded: ({ user, data }: AppliedEvent) => {
        insertRecipient.run(user as string, data.locale)
      },
      RecipientChanged: ({ user, data }: AppliedEvent) => {
        changeRecipient.run(data.locale, data.suppressed ? 1 : 0, user as string)
      },
      LetterQueued: (event: AppliedEvent) => {
        const { seq, at, data } = event
        const id = Number(data.message_id)
        // A scheduled moment has whole seconds; what goes out at once is due at once.
        const dueAt = Math.max(Date.parse(data.send_at), at)
        if (selectLetter.get(id)) requeue.run(data.sealed, at, dueAt, dueAt, seq, id)
        else insert(event, 'Queued', dueAt)
      },
      LetterDelayed: ({ seq, data }: AppliedEvent) => {
        delay.run(data.attempts, Date.parse(data.next_attempt_at), data.error, seq, Number(data.message_id))
      },
      LetterSent: (event: AppliedEvent) => {
        const { seq, at, data } = event
        if (data.sealed !== undefined) insert(event, 'Sent', null)
        else end.run('Sent', at, null, seq, Number(data.message_id))
      },
      LetterFailed: ({ seq, at, user, data }: AppliedEvent) => {
        end.run('Failed', at, data.error, seq, Number(data.message_id))
        if (data.bounced) setSuppressed.run(1, user as string)
      },
      LetterSuppressed: (event: AppliedEvent) => {
        const { seq, at, data } = event
        if (data.sealed !== undefined) insert(event, 'Suppressed', null)
        else end.run('Suppressed', at, null, seq, Number(data.message_id))
      },
      SuppressionLifted: ({ user }: AppliedEvent) => {
        setSuppressed.run(0, user as string)
      },
      PersonErased: ({ seq, user }: AppliedEvent) => {
        eraseRecipient.run(user as string)
        eraseLetters.run(seq, user as string)
      },
    },
  }
}
