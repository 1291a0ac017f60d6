/** The webhook actor's tables, and what each event means to them. */
import type { AppliedEvent } from '../kernel/event.ts'
import type { Store } from '../kernel/store.ts'
import { type DeliveryRow, openDeliveryRows, TEST_LINE } from './delivery-rows.ts'
import { readDeliveryId } from './message.ts'
import { openWebhookRows } from './webhook-rows.ts'

/** Their names. */
export const WEBHOOK_TABLES = ['webhooks', 'catching_up', 'deliveries'] as const

/** More than an entry ever queues, so that an entry's number tells the places of its deliveries. */
const PLACES_AN_ENTRY = 1000

export type Tables = ReturnType<typeof openWebhookTables>

/** Opens the tables in `store`; `me` is the name of the actor's own log. */
export const openWebhookTables = (store: Store, me: string) => {
  const webhooks = openWebhookRows(store)
  const deliveries = openDeliveryRows(store, webhooks)

  const deliveryOf = (deliveryId: string): DeliveryRow | undefined => {
    const id = readDeliveryId(deliveryId)
    return id && deliveries.findEvent(id.webhook, id.source, id.seq)
  }
  // A webhook that was deleted while something was on its way to it has no rows any more.
  const withDelivery = (event: AppliedEvent, work: (row: DeliveryRow) => void): void => {
    const row = deliveryOf(event.data.delivery_id)
    if (row) work(row)
  }
  const placeOf = (seq: number, index: number): number => seq * PLACES_AN_ENTRY + index
  const userOf = (shown: number | string | null): string | null => (shown === null ? null : String(shown))

  return {
    webhooks,
    deliveries,
    deliveryOf,

    apply: {
      WebhookCreated: webhooks.create,
      WebhookChanged: (event: AppliedEvent) => {
        const { webhook_id, status, positions } = event.data
        const before = webhooks.find(webhook_id)
        webhooks.change(event)
        if (positions) webhooks.stopAt(webhook_id, positions)
        if (status !== 'Enabled' || before?.status === 'Enabled') return
        webhooks.begin(webhook_id)
        deliveries.restart(webhook_id, event.at)
      },
      SecretRotated: webhooks.rotate,
      WebhookDisabled: (event: AppliedEvent) => {
        webhooks.disable(event)
        webhooks.stopAt(event.data.webhook_id, event.data.positions)
      },
      WebhookDeleted: ({ data }: AppliedEvent) => {
        webhooks.remove(data.webhook_id)
        deliveries.removeAll(data.webhook_id)
      },
      WebhookReplayed: (event: AppliedEvent) => {
        const { webhook_id, from } = event.data as { webhook_id: string; from: Record<string, number> }
        webhooks.replay(event)
        for (const [source, next] of Object.entries(from)) {
          webhooks.stopAt(webhook_id, { [source]: next })
          deliveries.takeBack(webhook_id, source, next, event.at)
        }
      },
      WebhookTested: ({ seq, at, data }: AppliedEvent) => {
        const test = { source: me, seq, event_type: 'WebhookTested', user: null, line: TEST_LINE }
        deliveries.queue(data.webhook_id, test, placeOf(seq, 0), at)
      },
      DeliveriesQueued: ({ seq, at, data }: AppliedEvent) => {
        const { source, sequence, event_type, user_id, webhook_ids, behind } = data
        const event = { source, seq: sequence, event_type, user: userOf(user_id) }
        for (const [index, id] of webhook_ids.entries()) deliveries.queue(id, event, placeOf(seq, index), at)
        for (const id of behind) webhooks.readFrom(id, source, sequence)
      },
      WebhookCaughtUp: ({ seq, at, data }: AppliedEvent) => {
        const { webhook_id, source, next, events } = data
        for (const [index, { sequence, event_type, user_id }] of events.entries()) {
          const event = { source, seq: sequence, event_type, user: userOf(user_id) }
          deliveries.queue(webhook_id, event, placeOf(seq, index), at)
        }
        if (next === null) webhooks.goLive(webhook_id, source)
        else webhooks.readFrom(webhook_id, source, next)
      },
      DeliveryDone: (event: AppliedEvent) =>
        withDelivery(event, row => {
          deliveries.settle(row, 'Delivered', event.data.answer, event.at)
          webhooks.succeed(row.webhook, event.at)
        }),
      DeliveryDelayed: (event: AppliedEvent) =>
        withDelivery(event, row => {
          const { attempts, next_attempt_at, hold_until, answer } = event.data
          deliveries.delay(row.n, attempts, Date.parse(next_attempt_at), answer, event.at)
          webhooks.fail(row.webhook, answer, hold_until === null ? 0 : Date.parse(hold_until))
        }),
      DeliveryFailed: (event: AppliedEvent) =>
        withDelivery(event, row => {
          deliveries.settle(row, 'Failed', event.data.answer, event.at)
          webhooks.fail(row.webhook, event.data.answer, 0)
        }),
      DeliveryRetried: (event: AppliedEvent) =>
        withDelivery(event, row => {
          const { source, seq, event_type, user, line } = row
          deliveries.queue(row.webhook, { source, seq, event_type, user, line }, placeOf(event.seq, 0), event.at)
        }),
    },
  }
}
