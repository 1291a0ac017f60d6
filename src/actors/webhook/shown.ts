/** Rows as rules know them, and as their owner sees them. */
import type { Vault } from '../kernel/vault.ts'
import { momentOut, userIdOut } from '../values.ts'
import type { ShownDelivery, ShownWebhook } from './contract.ts'
import { type DeliveryRow, TEST_LINE } from './delivery-rows.ts'
import type { KnownDelivery } from './delivery-rules.ts'
import { deliveryIdOf } from './message.ts'
import { type KnownWebhook, type Positions, vaultKeyOf } from './rules.ts'
import { eventsOf, type WebhookRow } from './webhook-rows.ts'

/** A webhook with what was sealed. */
export const knownWebhook = (vault: Vault, row: WebhookRow): KnownWebhook => ({
  webhook_id: row.webhook_id,
  events: eventsOf(row),
  description: row.description,
  status: row.status,
  version: row.version,
  sealed: vault.open(vaultKeyOf(row.webhook_id), row.sealed) as KnownWebhook['sealed'],
})

/** A webhook without its secret. */
export const shownWebhook = (vault: Vault, row: WebhookRow, positions: Positions): ShownWebhook => {
  const { webhook_id, events, description, status, version, sealed } = knownWebhook(vault, row)
  return {
    webhook_id,
    // Empty where its keys were lost.
    url: sealed?.url ?? '',
    events,
    description,
    status,
    reason: row.reason,
    waiting: row.waiting,
    catching_up: positions,
    last_delivered_at: row.delivered_at === null ? null : momentOut(row.delivered_at),
    last_error: row.error,
    created_at: momentOut(row.created_at),
    updated_at: momentOut(row.updated_at),
    version,
  }
}

/** A delivery as rules see it. */
export const knownDelivery = (row: DeliveryRow): KnownDelivery => ({
  delivery_id: deliveryIdOf(row.webhook, row.source, row.seq),
  webhook_id: row.webhook,
  user: row.user ?? undefined,
  isTest: row.line === TEST_LINE,
  status: row.status,
  attempts: row.attempts,
  firstAt: row.first_at,
})

/** A delivery as its owner sees it. One that waits for another has no next attempt yet. */
export const shownDelivery = (row: DeliveryRow): ShownDelivery => ({
  delivery_id: deliveryIdOf(row.webhook, row.source, row.seq),
  webhook_id: row.webhook,
  event_id: `${row.source}/${row.seq}`,
  type: row.event_type,
  user_id: row.user === null ? null : userIdOut(row.user),
  status: row.status,
  attempts: row.attempts,
  next_attempt_at: row.head === 1 ? momentOut(row.next_at) : null,
  last_answer: row.answer,
  created_at: momentOut(row.created_at),
  updated_at: momentOut(row.updated_at),
})
