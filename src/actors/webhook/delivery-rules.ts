/** Which event goes to whom, and what follows from an attempt to bring it there. Pure. Times in ms. */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { momentOut, userIdOut } from '../values.ts'
import { holdUntil, nextAttemptAt } from './backoff.ts'
import type { DeliveryStatus, DisabledReason, WebhookStatus } from './contract.ts'
import { type Positions, refuseDisabled, refuseUnknown } from './rules.ts'

/** So much may wait for one webhook; beyond it events stay in their log, and are read from there when there is room. */
export const MOST_WAITING = 10_000

/** An event as far as it decides who gets it. */
export type EventAbout = { sequence: number; event_type: string; user: string | undefined }

/** A webhook that takes events as they come. */
export type LiveWebhook = { webhook_id: string; events: string[] | null; waiting: number }

/** An event of another actor goes to the webhooks that wish for it. */
export const matchEvent = (live: readonly LiveWebhook[], source: string, event: EventAbout): Decision => {
  const wishing = live.filter(({ events }) => wishes(events, event))
  if (wishing.length === 0) return nothing()
  const idsOf = (webhooks: LiveWebhook[]) => webhooks.map(({ webhook_id }) => webhook_id)
  const data = {
    source,
    ...shownEvent(event),
    webhook_ids: idsOf(wishing.filter(({ waiting }) => waiting < MOST_WAITING)),
    behind: idsOf(wishing.filter(({ waiting }) => waiting >= MOST_WAITING)),
  }
  return happened({ type: 'DeliveriesQueued', ...userOf(event), data })
}

const wishes = (events: string[] | null, { event_type }: EventAbout): boolean =>
  events === null || events.includes(event_type)

const shownEvent = ({ sequence, event_type, user }: EventAbout) => ({
  sequence,
  event_type,
  user_id: user === undefined ? null : userIdOut(user),
})

const userOf = ({ user }: EventAbout) => (user === undefined ? {} : { user })

/** A part of a log that a webhook has read: entries `from` up to before `next`. */
export type LogPart = { webhook_id: string; source: string; from: number; next: number; events: EventAbout[] }

/**
 * A webhook that reads from a log goes on, or has come to its end: from there on it takes events as they come. `taken` is
 * the last event of that log which came to everybody else; what lies after it will come to this webhook too.
 */
export const takePart = (
  webhook: { webhook_id: string; events: string[] | null; status: WebhookStatus; position: number | undefined },
  { source, from, next, events }: LogPart,
  taken: number,
): Decision => {
  if (webhook.status === 'Disabled' || webhook.position !== from) return nothing()
  const isAtEnd = next - 1 >= taken || next === from
  const wished = events.filter(event => event.sequence <= taken && wishes(webhook.events, event))
  const { webhook_id } = webhook
  const data = { webhook_id, source, next: isAtEnd ? null : next, events: wished.map(shownEvent) }
  return happened({ type: 'WebhookCaughtUp', data })
}

/** A delivery as rules see it. `firstAt` is when it failed for the first time. */
export type KnownDelivery = {
  delivery_id: string
  webhook_id: string
  user: string | undefined
  isTest: boolean
  status: DeliveryStatus
  attempts: number
  firstAt: number | null
}

/** What came of an attempt. `gone`: the receiver wants nothing more; `unreadable`: the keys of the webhook were lost. */
export type Attempt =
  | { outcome: 'done'; answer: string }
  | { outcome: 'later'; answer: string; retryAfterMs?: number | undefined }
  | { outcome: 'never'; answer: string }
  | { outcome: 'gone'; answer: string }
  | { outcome: 'unreadable'; answer: string }
  /** The row had changed before anything was sent. */
  | { outcome: 'stale' }

/** An attempt was made, the `number`th. `positions` is where its webhook goes on if it is disabled over it; `jitter` is from 0 to 1. */
export const recordAttempt = (
  delivery: KnownDelivery | undefined,
  webhook: { status: WebhookStatus; deliveredAt: number | null } | undefined,
  { number, attempt }: { number: number; attempt: Attempt },
  { now, jitter, positions }: { now: number; jitter: number; positions: Positions },
): Decision => {
  if (!delivery || !webhook || delivery.status !== 'Waiting' || attempt.outcome === 'stale') return nothing()
  const { delivery_id, webhook_id, user } = delivery
  const the = { webhook_id, delivery_id, answer: attempt.answer }
  const about = user === undefined ? {} : { user }
  // Whichever attempt it was: the receiver has it.
  if (attempt.outcome === 'done') return happened({ type: 'DeliveryDone', ...about, data: the })
  if (number !== delivery.attempts + 1) return nothing()

  const failed = (): Decision => happened({ type: 'DeliveryFailed', ...about, data: { ...the, attempts: number } })
  const disabled = (reason: DisabledReason): Decision =>
    webhook.status === 'Disabled'
      ? nothing()
      : happened({ type: 'WebhookDisabled', ...about, data: { ...the, reason, positions } })

  if (attempt.outcome === 'gone' || attempt.outcome === 'unreadable') return disabled(attempt.outcome)
  // Whoever tries it sees it fail; nobody waits three days for that.
  if (attempt.outcome === 'never' || delivery.isTest) return failed()

  const next = nextAttemptAt(number, now, jitter)
  if (next === undefined) {
    const arrivedMeanwhile = (webhook.deliveredAt ?? 0) > (delivery.firstAt ?? now)
    return arrivedMeanwhile ? failed() : disabled('failing')
  }
  const { retryAfterMs } = attempt
  const hold = retryAfterMs === undefined ? undefined : holdUntil(retryAfterMs, now)
  const data = {
    ...the,
    attempts: number,
    next_attempt_at: momentOut(Math.max(next, hold ?? 0)),
    hold_until: hold === undefined ? null : momentOut(hold),
  }
  return happened({ type: 'DeliveryDelayed', ...about, data })
}

/** Somebody wants a delivery sent once more. */
export const retryDelivery = (
  delivery: KnownDelivery | undefined,
  webhook: { status: WebhookStatus } | undefined,
  { webhook_id, delivery_id }: { webhook_id: string; delivery_id: string },
): Decision => {
  if (!webhook) return refuseUnknown(webhook_id)
  if (!delivery) return refuse('delivery_not_found', `webhook ${webhook_id} has no delivery ${delivery_id}`)
  if (webhook.status === 'Disabled') return refuseDisabled(webhook_id)
  if (delivery.status === 'Waiting')
    return refuse('delivery_not_retryable', `delivery ${delivery_id} is on its way already`)
  const { user } = delivery
  return happened({
    type: 'DeliveryRetried',
    ...(user === undefined ? {} : { user }),
    data: { webhook_id, delivery_id },
  })
}
