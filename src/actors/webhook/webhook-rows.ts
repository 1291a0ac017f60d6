/** The table of webhooks, and from where in which log each still has to read. */
import type { AppliedEvent } from '../kernel/event.ts'
import type { Store } from '../kernel/store.ts'
import type { DisabledReason, WebhookStatus } from './contract.ts'
import type { LiveWebhook } from './delivery-rules.ts'
import type { Positions } from './rules.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS webhooks (
    webhook_id TEXT PRIMARY KEY,
    made INTEGER NOT NULL,
    events TEXT,
    description TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    sealed TEXT NOT NULL,
    previous_until INTEGER NOT NULL,
    hold_until INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    delivered_at INTEGER,
    error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS webhooks_made ON webhooks (made);
  CREATE TABLE IF NOT EXISTS catching_up (
    webhook TEXT NOT NULL,
    source TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (webhook, source)
  ) STRICT, WITHOUT ROWID;
`

/**
 * A webhook. `made` is the entry that made it; `events` a JSON list, or all of them. Times in ms: until when the old
 * secret signs too, until when the receiver wants to be left alone. `failures` so many attempts failed one after the
 * other; so many deliveries wait, or are settled and still listed.
 */
export type WebhookRow = {
  webhook_id: string
  made: number
  events: string | null
  description: string | null
  status: WebhookStatus
  reason: DisabledReason | null
  sealed: string
  previous_until: number
  hold_until: number
  failures: number
  waiting: number
  settled: number
  delivered_at: number | null
  error: string | null
  created_at: number
  updated_at: number
  version: number
}

/** A part of a log that a webhook is to read. */
export type CatchingUp = { webhook: string; source: string; next: number }

/** The types a webhook wishes for, or all of them. */
export const eventsOf = ({ events }: Pick<WebhookRow, 'events'>): string[] | null =>
  events === null ? null : (JSON.parse(events) as string[])

/** Opens the two tables in `store`. */
export const openWebhookRows = (store: Store) => {
  store.exec(SCHEMA)
  const insert = store.prepare<WebhookRow>(
    `INSERT INTO webhooks VALUES (@webhook_id, @made, @events, @description, @status, @reason, @sealed, @previous_until,
      @hold_until, @failures, @waiting, @settled, @delivered_at, @error, @created_at, @updated_at, @version)`,
  )
  const select = store.prepare<[string], WebhookRow>('SELECT * FROM webhooks WHERE webhook_id = ?')
  const selectBefore = store.prepare<[number, number], WebhookRow>(
    'SELECT * FROM webhooks WHERE made < ? ORDER BY made DESC LIMIT ? + 0',
  )
  const count = store.prepare<[], number>('SELECT count(*) FROM webhooks').pluck()
  const selectEnabled = store.prepare<[], number>(`SELECT 1 FROM webhooks WHERE status = 'Enabled' LIMIT 1`).pluck()
  const remove = store.prepare<[string]>('DELETE FROM webhooks WHERE webhook_id = ?')
  const change = store.prepare<
    [string | null, string | null, WebhookStatus, string | null, string, number, number, string]
  >(
    `UPDATE webhooks SET events = ?, description = ?, status = ?, reason = ?, sealed = ?, updated_at = ?, version = ?
      WHERE webhook_id = ?`,
  )
  const rotate = store.prepare<[string, number, number, number, string]>(
    'UPDATE webhooks SET sealed = ?, previous_until = ?, updated_at = ?, version = ? WHERE webhook_id = ?',
  )
  const disable = store.prepare<[string, string, number, number, string]>(
    `UPDATE webhooks SET status = 'Disabled', reason = ?, error = ?, updated_at = ?, version = ? WHERE webhook_id = ?`,
  )
  const begin = store.prepare<[string]>('UPDATE webhooks SET failures = 0, hold_until = 0 WHERE webhook_id = ?')
  const setReplayed = store.prepare<[number, number, string]>(
    'UPDATE webhooks SET updated_at = ?, version = ? WHERE webhook_id = ?',
  )
  const succeed = store.prepare<[number, string]>(
    'UPDATE webhooks SET failures = 0, delivered_at = ?, error = NULL WHERE webhook_id = ?',
  )
  const fail = store.prepare<[string, number, string]>(
    'UPDATE webhooks SET failures = failures + 1, error = ?, hold_until = max(hold_until, ?) WHERE webhook_id = ?',
  )
  const addWaiting = store.prepare<[number, string]>('UPDATE webhooks SET waiting = waiting + ? WHERE webhook_id = ?')
  const addSettled = store.prepare<[number, string]>('UPDATE webhooks SET settled = settled + ? WHERE webhook_id = ?')
  const selectLive = store.prepare<[string], Pick<WebhookRow, 'webhook_id' | 'events' | 'waiting'>>(
    `SELECT webhook_id, events, waiting FROM webhooks WHERE status = 'Enabled'
      AND NOT EXISTS (SELECT 1 FROM catching_up WHERE webhook = webhook_id AND source = ? || '') ORDER BY made`,
  )
  const selectBusy = store.prepare<[], Pick<WebhookRow, 'webhook_id' | 'hold_until' | 'failures'>>(
    `SELECT webhook_id, hold_until, failures FROM webhooks WHERE status = 'Enabled' AND waiting > 0 ORDER BY made`,
  )

  const setPosition = store.prepare<[string, string, number]>(
    'INSERT INTO catching_up VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next',
  )
  const setFirstPosition = store.prepare<[string, string, number]>(
    'INSERT INTO catching_up VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = min(next, excluded.next)',
  )
  const removePosition = store.prepare<[string, string]>('DELETE FROM catching_up WHERE webhook = ? AND source = ?')
  const removePositions = store.prepare<[string]>('DELETE FROM catching_up WHERE webhook = ?')
  const selectPositions = store.prepare<[string], CatchingUp>('SELECT * FROM catching_up WHERE webhook = ?')
  const selectReading = store.prepare<[number], CatchingUp>(
    `SELECT catching_up.* FROM catching_up JOIN webhooks ON webhook_id = webhook
      WHERE status = 'Enabled' AND waiting < ? ORDER BY webhook, source`,
  )

  return {
    find: (webhookId: string) => select.get(webhookId),
    /** The newest first, of those made before entry `before`. */
    list: (before: number, limit: number) => selectBefore.all(before, limit),
    count: () => count.get() as number,
    /** Whether anybody wishes for events at all. */
    hasEnabled: (): boolean => selectEnabled.get() !== undefined,
    /** Those that take events of `source` as they come. */
    live: (source: string): LiveWebhook[] => selectLive.all(source).map(row => ({ ...row, events: eventsOf(row) })),
    /** Those with something to send. */
    busy: () => selectBusy.all(),
    positions: (webhookId: string): Positions =>
      Object.fromEntries(selectPositions.all(webhookId).map(({ source, next }) => [source, next])),
    /** What is to be read from logs, for webhooks with fewer than `most` deliveries waiting. */
    reading: (most: number) => selectReading.all(most),

    create: ({ seq, at, data }: AppliedEvent): void => {
      insert.run({
        webhook_id: data.webhook_id,
        made: seq,
        events: data.events && JSON.stringify(data.events),
        description: data.description,
        status: 'Enabled',
        reason: null,
        sealed: data.sealed,
        previous_until: 0,
        hold_until: 0,
        failures: 0,
        waiting: 0,
        settled: 0,
        delivered_at: null,
        error: null,
        created_at: at,
        updated_at: at,
        version: seq,
      })
    },
    change: ({ seq, at, data }: AppliedEvent): void => {
      const reason = data.status === 'Enabled' ? null : data.positions ? 'asked' : select.get(data.webhook_id)?.reason
      const events = data.events && JSON.stringify(data.events)
      change.run(events, data.description, data.status, reason ?? null, data.sealed, at, seq, data.webhook_id)
    },
    rotate: ({ seq, at, data }: AppliedEvent): void =>
      void rotate.run(data.sealed, Date.parse(data.previous_until), at, seq, data.webhook_id),
    disable: ({ seq, at, data }: AppliedEvent): void =>
      void disable.run(data.reason, data.answer, at, seq, data.webhook_id),
    /** Whatever failed before does not count any more. */
    begin: (webhookId: string): void => void begin.run(webhookId),
    replay: ({ seq, at, data }: AppliedEvent): void => void setReplayed.run(at, seq, data.webhook_id),
    remove: (webhookId: string): void => {
      remove.run(webhookId)
      removePositions.run(webhookId)
    },
    succeed: (webhookId: string, at: number): void => void succeed.run(at, webhookId),
    fail: (webhookId: string, answer: string, holdUntil: number): void => void fail.run(answer, holdUntil, webhookId),
    addWaiting: (webhookId: string, count: number): void => void addWaiting.run(count, webhookId),
    addSettled: (webhookId: string, count: number): void => void addSettled.run(count, webhookId),
    /** From here on it reads a log, instead of taking its events as they come. */
    readFrom: (webhookId: string, source: string, next: number): void => void setPosition.run(webhookId, source, next),
    /** The same for several logs, where it has not to read from an earlier entry already. */
    stopAt: (webhookId: string, positions: Positions): void => {
      for (const [source, next] of Object.entries(positions)) setFirstPosition.run(webhookId, source, next)
    },
    /** It takes the events of a log as they come. */
    goLive: (webhookId: string, source: string): void => void removePosition.run(webhookId, source),
  }
}

export type WebhookRows = ReturnType<typeof openWebhookRows>
