/** The notification actor's tables: who can be written to, and every letter. */
import type { AppliedEvent } from '../kernel/event.ts'
import type { Store } from '../kernel/store.ts'
import type { Locale } from '../values.ts'
import type { LetterStatus } from './contract.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS recipients (
    user_id TEXT PRIMARY KEY,
    locale TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS letters (
    message_id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    notification_type TEXT NOT NULL,
    order_id TEXT,
    status TEXT NOT NULL,
    sealed TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS letters_of_user ON letters (user_id, message_id);
  CREATE UNIQUE INDEX IF NOT EXISTS letters_of_order ON letters (order_id, notification_type) WHERE order_id IS NOT NULL;
`

/** Their names. */
export const NOTIFICATION_TABLES = ['recipients', 'letters'] as const

export type RecipientRow = { user_id: string; locale: Locale }
export type LetterRow = {
  message_id: number
  user_id: string
  notification_type: string
  order_id: string | null
  status: LetterStatus
  sealed: string
  at: number
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

/** Opens the tables in `store`. */
export const openNotificationTables = (store: Store) => {
  store.exec(SCHEMA)
  const selectRecipient = store.prepare<[string], RecipientRow>('SELECT * FROM recipients WHERE user_id = ?')
  const insertRecipient = store.prepare<[string, Locale]>('INSERT INTO recipients VALUES (?, ?)')
  const insertLetter = store.prepare<LetterRow>(
    'INSERT INTO letters VALUES (@message_id, @user_id, @notification_type, @order_id, @status, @sealed, @at)',
  )
  const selectLast = store.prepare<[], number | null>('SELECT max(message_id) FROM letters').pluck()
  const selectWritten = store
    .prepare<[string, string], number>('SELECT 1 FROM letters WHERE order_id = ? AND notification_type = ?')
    .pluck()
  const selectLetters = store.prepare<LetterFilter, LetterRow>(
    `SELECT * FROM letters WHERE user_id = @user_id AND message_id > @after AND at >= @from AND at <= @to
      AND (@type IS NULL OR notification_type = @type) ORDER BY message_id LIMIT @limit`,
  )

  return {
    recipient: (userId: string) => selectRecipient.get(userId),
    nextMessageId: (first: number) => String(Math.max(first, (selectLast.get() ?? 0) + 1)),
    isWritten: (orderId: string, type: string) => selectWritten.get(orderId, type) !== undefined,
    letters: (filter: LetterFilter) => selectLetters.all(filter),

    apply: {
      RecipientAdded: ({ user, data }: AppliedEvent) => {
        insertRecipient.run(user as string, data.locale)
      },
      LetterSent: ({ at, user, data }: AppliedEvent) => {
        insertLetter.run({
          message_id: Number(data.message_id),
          user_id: user as string,
          notification_type: data.notification_type,
          order_id: data.order_id,
          status: 'Sent',
          sealed: data.sealed,
          at,
        })
      },
    },
  }
}
