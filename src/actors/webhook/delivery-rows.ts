/** The table of deliveries: what is to be sent to whom, in which order, and what became of it. */
import type { Store } from '../kernel/store.ts'
import type { DeliveryStatus } from './contract.ts'
import type { WebhookRows } from './webhook-rows.ts'

/** So many deliveries that are settled are still listed, a webhook; the oldest go first. */
const MOST_SETTLED = 10_000

/** The line of tests: no user's id looks like it, so that a test waits for nobody, and nobody for a test. */
export const TEST_LINE = '/test'
/** The line of events that are about no user. */
const NOBODY = ''

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS deliveries (
    n INTEGER PRIMARY KEY,
    webhook TEXT NOT NULL,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    user TEXT,
    line TEXT NOT NULL,
    status TEXT NOT NULL,
    head INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_at INTEGER,
    next_at INTEGER NOT NULL,
    answer TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS deliveries_of_event ON deliveries (webhook, source, seq);
  CREATE INDEX IF NOT EXISTS deliveries_of_webhook ON deliveries (webhook, n);
  CREATE INDEX IF NOT EXISTS deliveries_in_line ON deliveries (webhook, line, n) WHERE status = 'Waiting';
  CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (webhook, next_at, n) WHERE head = 1;
  CREATE INDEX IF NOT EXISTS deliveries_settled ON deliveries (webhook, n) WHERE status <> 'Waiting';
`

/**
 * A delivery. `n` is its place among all of them; `line` is the user's, in which one goes after the other, and `head`
 * says that it is the first there. Times in ms: its first failure, its next attempt.
 */
export type DeliveryRow = {
  n: number
  webhook: string
  source: string
  seq: number
  event_type: string
  user: string | null
  line: string
  status: DeliveryStatus
  head: 0 | 1
  attempts: number
  first_at: number | null
  next_at: number
  answer: string | null
  created_at: number
  updated_at: number
}

/** What is queued: entry `seq` of the log of `source`. */
export type Queued = { source: string; seq: number; event_type: string; user: string | null; line?: string }

/** Opens the table in `store`; the counts beside the webhooks are kept with it. */
export const openDeliveryRows = (store: Store, webhooks: WebhookRows) => {
  store.exec(SCHEMA)
  const insert = store.prepare<DeliveryRow>(
    `INSERT INTO deliveries VALUES (@n, @webhook, @source, @seq, @event_type, @user, @line, @status, @head, @attempts,
      @first_at, @next_at, @answer, @created_at, @updated_at)`,
  )
  const select = store.prepare<[number], DeliveryRow>('SELECT * FROM deliveries WHERE n = ?')
  const selectOf = store.prepare<[string, string, number], DeliveryRow>(
    'SELECT * FROM deliveries WHERE webhook = ? AND source = ? AND seq = ?',
  )
  const remove = store.prepare<[number]>('DELETE FROM deliveries WHERE n = ?')
  const removeAll = store.prepare<[string]>('DELETE FROM deliveries WHERE webhook = ?')
  const removeWaiting = store.prepare<[string, string, number]>(
    `DELETE FROM deliveries WHERE webhook = ? AND source = ? AND seq >= ? AND status = 'Waiting'`,
  )
  const removeOldest = store.prepare<[string]>(
    `DELETE FROM deliveries WHERE n = (SELECT min(n) FROM deliveries WHERE webhook = ? AND status <> 'Waiting')`,
  )
  const selectWaits = store
    .prepare<[string, string], number>(
      `SELECT 1 FROM deliveries WHERE webhook = ? AND line = ? AND status = 'Waiting' LIMIT 1`,
    )
    .pluck()
  const settle = store.prepare<[DeliveryStatus, number, string, number, number]>(
    'UPDATE deliveries SET status = ?, head = 0, attempts = ?, answer = ?, updated_at = ? WHERE n = ?',
  )
  const delay = store.prepare<[number, number, number, string, number, number]>(
    `UPDATE deliveries SET attempts = ?, next_at = ?, first_at = coalesce(first_at, ?), answer = ?, updated_at = ?
      WHERE n = ?`,
  )
  const promote = store.prepare<[number, string, string]>(
    `UPDATE deliveries SET head = 1, next_at = ? WHERE n = (SELECT min(n) FROM deliveries
      WHERE webhook = ? AND line = ? AND status = 'Waiting')`,
  )
  const promoteAll = store.prepare<[number, string]>(
    `UPDATE deliveries SET head = 1, next_at = ? WHERE head = 0 AND n IN
      (SELECT min(n) FROM deliveries WHERE webhook = ? AND status = 'Waiting' GROUP BY line)`,
  )
  const restart = store.prepare<[number, string]>(
    'UPDATE deliveries SET attempts = 0, first_at = NULL, next_at = ? WHERE webhook = ? AND head = 1',
  )
  const selectDue = store
    .prepare<[string, number, number], number>(
      `SELECT n FROM deliveries WHERE webhook = ? || '' AND head = 1 AND next_at <= ? ORDER BY next_at, n LIMIT ? + 0`,
    )
    .pluck()
  const selectNext = store
    .prepare<[string, number], number | null>(
      `SELECT min(next_at) FROM deliveries WHERE webhook = ? || '' AND head = 1 AND next_at > ?`,
    )
    .pluck()
  const selectPage = store.prepare<[string, number, string | null, string | null, number], DeliveryRow>(
    `SELECT * FROM deliveries WHERE webhook = ? || '' AND n < ? AND (? IS NULL OR status = ?) ORDER BY n DESC LIMIT ? + 0`,
  )

  const forgetSettled = (row: DeliveryRow): void => {
    remove.run(row.n)
    webhooks.addSettled(row.webhook, -1)
  }

  const queue = (webhook: string, queued: Queued, n: number, at: number): void => {
    const { source, seq, event_type, user, line = user ?? NOBODY } = queued
    const before = selectOf.get(webhook, source, seq)
    // It comes in its turn already.
    if (before?.status === 'Waiting') return
    if (before) forgetSettled(before)
    insert.run({
      n,
      webhook,
      source,
      seq,
      event_type,
      user,
      line,
      status: 'Waiting',
      head: selectWaits.get(webhook, line) === undefined ? 1 : 0,
      attempts: 0,
      first_at: null,
      next_at: at,
      answer: null,
      created_at: before?.created_at ?? at,
      updated_at: at,
    })
    webhooks.addWaiting(webhook, 1)
  }

  return {
    find: (n: number) => select.get(n),
    findEvent: (webhook: string, source: string, seq: number) => selectOf.get(webhook, source, seq),
    /** The newest first, of those before place `before`. */
    list: (webhook: string, before: number, status: string | null, limit: number) =>
      selectPage.all(webhook, before, status, status, limit),
    /** The places of at most `limit` that are to be sent by `now`, and when the next one is due after that. */
    due: (webhook: string, now: number, limit: number) => ({
      places: selectDue.all(webhook, now, limit),
      nextAt: selectNext.get(webhook, now) ?? undefined,
    }),

    /** An event goes to `webhook`, at the end of its line; what was settled goes once more. */
    queue,
    /** A delivery has come to its end; the next in its line may go. */
    settle: (row: DeliveryRow, status: 'Delivered' | 'Failed', answer: string, at: number): void => {
      settle.run(status, row.attempts + 1, answer, at, row.n)
      promote.run(at, row.webhook, row.line)
      webhooks.addWaiting(row.webhook, -1)
      webhooks.addSettled(row.webhook, 1)
      if ((webhooks.find(row.webhook)?.settled ?? 0) <= MOST_SETTLED) return
      removeOldest.run(row.webhook)
      webhooks.addSettled(row.webhook, -1)
    },
    delay: (n: number, attempts: number, nextAt: number, answer: string, at: number): void =>
      void delay.run(attempts, nextAt, at, answer, at, n),
    /** What waits from entry `seq` of `source` on waits no longer: it will be read again. */
    takeBack: (webhook: string, source: string, seq: number, at: number): void => {
      webhooks.addWaiting(webhook, -removeWaiting.run(webhook, source, seq).changes)
      promoteAll.run(at, webhook)
    },
    /** All that waits may go at once, as if it had never failed. */
    restart: (webhook: string, at: number): void => void restart.run(at, webhook),
    removeAll: (webhook: string): void => void removeAll.run(webhook),
  }
}
