/** The webhook actor: its rules over its tables, and whose events it brings to others. */
import type { Contract } from '../../bus/contract.ts'
import { sourceOf } from '../../bus/subjects.ts'
import type { ActorDefinition, Facts } from '../kernel/actor.ts'
import { type Decision, nothing, replying } from '../kernel/decision.ts'
import type { AppliedEvent } from '../kernel/event.ts'
import { NEWEST, NO_CURSOR, readCursor, toPage } from '../kernel/paging.ts'
import { catchUpEffect } from './catch-up.ts'
import { webhookContract } from './contract.ts'
import type { DeliveryRow } from './delivery-rows.ts'
import { type Attempt, type LogPart, matchEvent, recordAttempt, retryDelivery, takePart } from './delivery-rules.ts'
import { readDeliveryId } from './message.ts'
import type { Poster } from './poster.ts'
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  type KnownWebhook,
  type Positions,
  refuseUnknown,
  replayWebhook,
  rotateSecret,
  testWebhook,
  vaultKeyOf,
} from './rules.ts'
import { sendEffect } from './sending.ts'
import { knownDelivery, knownWebhook, shownDelivery, shownWebhook } from './shown.ts'
import { SECRET_BYTES, secretOf } from './signature.ts'
import { openWebhookTables, WEBHOOK_TABLES } from './tables.ts'
import { eventsOf, type WebhookRow } from './webhook-rows.ts'
import { whyNotTo } from './webhook-url.ts'

/** Bytes of a webhook's id: it is part of each `webhook-id`, by which a receiver of many installations drops repeats. */
const ID_BYTES = 10

export type WebhookActorPorts = {
  poster: Poster
  /** So many bytes that nobody can guess: what secrets and ids are made of. */
  randomBytes: (length: number) => Buffer
  /** The contracts of the actors whose events go out: all others. */
  sources: readonly Contract[]
}

/** The actor that brings the events of `sources` to receivers by `poster`. */
export const webhookActor = ({
  poster,
  randomBytes,
  sources,
}: WebhookActorPorts): ActorDefinition<typeof webhookContract> => ({
  contract: webhookContract,
  tables: WEBHOOK_TABLES,
  listensTo: sources.map(({ actor }) => actor),
  open: (store, vault, settings, address) => {
    const tables = openWebhookTables(store, sourceOf(address))
    const { webhooks, deliveries } = tables
    const types = new Set(sources.flatMap(({ events }) => Object.keys(events)))
    const wishing = (url: string | undefined) => ({
      types,
      urlFault: url === undefined ? undefined : whyNotTo(url, settings.webhooksToLoopback),
    })
    const logs = sources.map(({ actor }) => sourceOf({ actor, cell: address.cell }))

    /** The entry of each log that has not been taken in yet. */
    const nextOf = (taken: Facts['taken']): Positions => Object.fromEntries(logs.map(log => [log, taken(log) + 1]))
    const find = (webhookId: string): KnownWebhook | undefined => {
      const row = webhooks.find(webhookId)
      return row && knownWebhook(vault, row)
    }
    const show = (webhookId: string) =>
      shownWebhook(vault, webhooks.find(webhookId) as WebhookRow, webhooks.positions(webhookId))
    const withSecret = (webhookId: string) => ({
      ...show(webhookId),
      secret: find(webhookId)?.sealed?.secret ?? '',
    })
    /** The yes tells a URL, and perhaps a secret: the log keeps it sealed. */
    const telling = (decision: Decision, webhookId: string, read: (webhookId: string) => unknown): Decision =>
      replying(decision, () => read(webhookId), vaultKeyOf(webhookId))

    const deliveryIn = (webhookId: string, deliveryId: string): DeliveryRow | undefined =>
      readDeliveryId(deliveryId)?.webhook === webhookId ? tables.deliveryOf(deliveryId) : undefined

    return {
      decide: {
        CreateWebhook: body => {
          const webhookId = `wh_${randomBytes(ID_BYTES).toString('hex')}`
          const secret = secretOf(randomBytes(SECRET_BYTES))
          const fresh = { ...wishing(body.url), count: webhooks.count(), webhookId, secret }
          return telling(createWebhook(body, fresh), webhookId, withSecret)
        },
        ChangeWebhook: (body, { taken }) => {
          const decision = changeWebhook(find(body.webhook_id), body, {
            ...wishing(body.url),
            positions: nextOf(taken),
          })
          return telling(decision, body.webhook_id, show)
        },
        RotateSecret: (body, { now }) => {
          const secret = secretOf(randomBytes(SECRET_BYTES))
          return telling(rotateSecret(find(body.webhook_id), body, { now, secret }), body.webhook_id, withSecret)
        },
        DeleteWebhook: body => deleteWebhook(find(body.webhook_id), body),
        ReplayWebhook: (body, { taken }) =>
          telling(replayWebhook(find(body.webhook_id), body, nextOf(taken)), body.webhook_id, show),
        TestWebhook: ({ webhook_id }) =>
          replying(testWebhook(find(webhook_id), webhook_id), () =>
            shownDelivery(deliveries.list(webhook_id, NEWEST, null, 1)[0] as DeliveryRow),
          ),
        RetryDelivery: body => {
          const row = deliveryIn(body.webhook_id, body.delivery_id)
          return replying(retryDelivery(row && knownDelivery(row), webhooks.find(body.webhook_id), body), () =>
            shownDelivery(deliveryIn(body.webhook_id, body.delivery_id) as DeliveryRow),
          )
        },
      },

      own: {
        RecordAttempt: (body, { now, taken }) => {
          const { n, number, attempt, jitter } = body as { n: number; number: number; attempt: Attempt; jitter: number }
          const row = deliveries.find(n)
          const webhook = row && webhooks.find(row.webhook)
          return recordAttempt(
            row && knownDelivery(row),
            webhook && { status: webhook.status, deliveredAt: webhook.delivered_at },
            { number, attempt },
            { now, jitter, positions: nextOf(taken) },
          )
        },
        TakePart: (body, { taken }) => {
          const part = body as LogPart
          const { webhook_id, source } = part
          const row = webhooks.find(webhook_id)
          if (!row) return nothing()
          const position = webhooks.positions(webhook_id)[source]
          return takePart({ webhook_id, events: eventsOf(row), status: row.status, position }, part, taken(source))
        },
      },

      apply: tables.apply,

      answer: {
        GetWebhook: ({ webhook_id }) =>
          webhooks.find(webhook_id) ? { reply: show(webhook_id) } : noWebhook(webhook_id),
        ListWebhooks: ({ cursor, limit }) => {
          const before = readCursor(cursor, NEWEST)
          if (before === undefined) return NO_CURSOR
          return toPage(
            limit,
            most => webhooks.list(before, most),
            row => shownWebhook(vault, row, webhooks.positions(row.webhook_id)),
            row => row.made,
          )
        },
        ListDeliveries: ({ webhook_id, status, cursor, limit }) => {
          if (!webhooks.find(webhook_id)) return noWebhook(webhook_id)
          const before = readCursor(cursor, NEWEST)
          if (before === undefined) return NO_CURSOR
          return toPage(
            limit,
            most => deliveries.list(webhook_id, before, status ?? null, most),
            shownDelivery,
            row => row.n,
          )
        },
      },

      react: Object.fromEntries(
        sources.map(({ actor, events }) => {
          const source = sourceOf({ actor, cell: address.cell })
          const react = ({ seq, type, user }: AppliedEvent): Decision =>
            matchEvent(webhooks.live(source), source, { sequence: seq, event_type: type, user })
          return [actor, Object.fromEntries(Object.keys(events).map(type => [type, react]))]
        }),
      ),

      wantsEvents: webhooks.hasEnabled,
      wakes: () => [],
      atOpen: () => [],
      effects: [sendEffect(tables, vault, poster), catchUpEffect(tables)],
      audit: () => [],
    }
  },
})

const noWebhook = (webhookId: string) => {
  const no = refuseUnknown(webhookId)
  if (no.kind !== 'refusal') throw new Error('Cannot refuse: the rule said yes')
  return { refusal: no.refusal }
}
