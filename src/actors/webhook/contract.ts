/** What the webhook actor answers and publishes: webhooks, and what becomes of their deliveries. */
import { z } from 'zod'
import { defineActorContract, ifVersionField, pageFields, pageOf } from '../kernel/kernel-contract.ts'
import { field, id, line, shownId, shownMoment, shownUserId } from '../values.ts'
import { webhookUrl } from './webhook-url.ts'

const WEBHOOK_STATUS = ['Enabled', 'Disabled'] as const
export type WebhookStatus = (typeof WEBHOOK_STATUS)[number]

/** Why a webhook is disabled: somebody asked for it, its receiver said 410, nothing arrived for days, or its keys were lost. */
const DISABLED_REASON = ['asked', 'gone', 'failing', 'unreadable'] as const
export type DisabledReason = (typeof DISABLED_REASON)[number]

const DELIVERY_STATUS = ['Waiting', 'Delivered', 'Failed'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUS)[number]

/** The number of an entry of a log, on input. */
const position = field<number, number>(
  value => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined),
  {
    problem: 'invalid_field',
    message: 'should be the number of an entry: a whole number from 1 on',
    schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  },
)

/** A webhook as its owner sees it. `catching_up` tells from which entry of which log it still has to read. */
const shownWebhook = z.object({
  webhook_id: shownId,
  url: z.string(),
  events: z.array(z.string()).nullable(),
  description: z.string().nullable(),
  status: z.enum(WEBHOOK_STATUS),
  reason: z.enum(DISABLED_REASON).nullable(),
  waiting: z.int(),
  catching_up: z.record(z.string(), z.int()),
  last_delivered_at: shownMoment.nullable(),
  last_error: z.string().nullable(),
  created_at: shownMoment,
  updated_at: shownMoment,
  version: z.int(),
})
export type ShownWebhook = z.infer<typeof shownWebhook>

const webhookWithSecret = shownWebhook.extend({ secret: z.string() })

/** A delivery: one event on its way to one webhook. `delivery_id` is the `webhook-id` that its receiver sees. */
const shownDelivery = z.object({
  delivery_id: shownId,
  webhook_id: shownId,
  event_id: z.string(),
  type: z.string(),
  user_id: shownUserId.nullable(),
  status: z.enum(DELIVERY_STATUS),
  attempts: z.int(),
  next_attempt_at: shownMoment.nullable(),
  last_answer: z.string().nullable(),
  created_at: shownMoment,
  updated_at: shownMoment,
})
export type ShownDelivery = z.infer<typeof shownDelivery>

const eventTypes = z.array(z.string().max(64)).min(1).max(100)
const ifVersion = { if_version: ifVersionField }

// ---- what events say

/** Whose key seals the URL and the secret: the webhook's own. */
const sealedFor = { webhook_id: shownId, person: z.string() }
const described = {
  ...sealedFor,
  events: z.array(z.string()).nullable(),
  description: z.string().nullable(),
}
const positions = z.record(z.string(), z.int().positive())
const theDelivery = { webhook_id: shownId, delivery_id: shownId, answer: z.string() }
/** What is nobody's business but its owner's. */
const sealedWebhook = z.object({ url: z.string(), secret: z.string(), previous: z.string().optional() })

export const webhookContract = defineActorContract({
  actor: 'webhook',
  summary: 'webhooks: events for the programs of others',
  commands: {
    CreateWebhook: {
      summary: 'have events sent to a URL from now on; the reply alone tells the secret',
      body: z.strictObject({ url: webhookUrl, events: eventTypes.optional(), description: line(200).optional() }),
      reply: webhookWithSecret,
      refusals: ['invalid_field', 'webhook_limit'],
    },
    ChangeWebhook: {
      summary: 'change a webhook, disable it, or enable it again: it then goes on where it stopped',
      body: z.strictObject({
        webhook_id: id,
        url: webhookUrl.optional(),
        events: eventTypes.nullable().optional(),
        description: line(200).nullable().optional(),
        status: z.enum(WEBHOOK_STATUS).optional(),
        ...ifVersion,
      }),
      reply: shownWebhook,
      refusals: ['invalid_field', 'webhook_not_found', 'version_mismatch'],
    },
    RotateSecret: {
      summary: 'give a webhook a new secret; for a day the old one signs too',
      body: z.strictObject({ webhook_id: id, ...ifVersion }),
      reply: webhookWithSecret,
      refusals: ['webhook_not_found', 'version_mismatch'],
    },
    DeleteWebhook: {
      summary: 'forget a webhook and its deliveries',
      body: z.strictObject({ webhook_id: id, ...ifVersion }),
      reply: z.object({ webhook_id: shownId, deleted: z.literal(true) }),
      refusals: ['webhook_not_found', 'version_mismatch'],
    },
    ReplayWebhook: {
      summary: 'send events again, from these entries of these logs on, in order and under the same ids',
      body: z.strictObject({ webhook_id: id, from: z.record(z.string().max(64), position) }),
      reply: shownWebhook,
      refusals: ['invalid_field', 'webhook_not_found', 'webhook_disabled'],
    },
    TestWebhook: {
      summary: 'send an event that means nothing, once',
      body: z.strictObject({ webhook_id: id }),
      reply: shownDelivery,
      refusals: ['webhook_not_found', 'webhook_disabled'],
    },
    RetryDelivery: {
      summary: 'send one delivery again, under the id that it has',
      body: z.strictObject({ webhook_id: id, delivery_id: id }),
      reply: shownDelivery,
      refusals: ['webhook_not_found', 'webhook_disabled', 'delivery_not_found', 'delivery_not_retryable'],
    },
  },
  queries: {
    GetWebhook: {
      summary: 'one webhook, without its secret',
      body: z.strictObject({ webhook_id: id }),
      reply: shownWebhook,
      refusals: ['webhook_not_found'],
    },
    ListWebhooks: {
      summary: 'the webhooks, the newest first',
      body: z.strictObject(pageFields),
      reply: pageOf(shownWebhook),
      refusals: [],
    },
    ListDeliveries: {
      summary: 'the deliveries of a webhook, the newest first',
      body: z.strictObject({ webhook_id: id, status: z.enum(DELIVERY_STATUS).optional(), ...pageFields }),
      reply: pageOf(shownDelivery),
      refusals: ['webhook_not_found'],
    },
  },
  events: {
    WebhookCreated: {
      summary: 'events are sent to somebody from now on',
      data: z.object(described),
      personal: sealedWebhook,
    },
    WebhookChanged: {
      summary: 'a webhook is another from now on; one that is disabled goes on from these entries when it is enabled',
      data: z.object({ ...described, status: z.enum(WEBHOOK_STATUS), positions: positions.optional() }),
      personal: sealedWebhook,
    },
    SecretRotated: {
      summary: 'a webhook has a new secret; until then the old one signs too',
      data: z.object({ ...sealedFor, previous_until: shownMoment }),
      personal: sealedWebhook,
    },
    WebhookDisabled: {
      summary: 'nothing more is sent to a webhook until somebody enables it; it then goes on from these entries',
      data: z.object({ ...theDelivery, reason: z.enum(DISABLED_REASON), positions }),
    },
    WebhookDeleted: { summary: 'a webhook is forgotten', data: z.object({ webhook_id: shownId }) },
    WebhookReplayed: {
      summary: 'a webhook gets everything again from these entries on',
      data: z.object({ webhook_id: shownId, from: positions }),
    },
    WebhookTested: { summary: 'somebody tries a webhook', data: z.object({ webhook_id: shownId }) },
    DeliveriesQueued: {
      summary:
        'an event is to be sent to these webhooks; `behind` have too much waiting and read it from the log later',
      data: z.object({
        source: z.string(),
        sequence: z.int(),
        event_type: z.string(),
        user_id: shownUserId.nullable(),
        webhook_ids: z.array(shownId),
        behind: z.array(shownId),
      }),
    },
    WebhookCaughtUp: {
      summary: 'a webhook has read a part of a log; `next` is where it goes on, nothing when it has come to the end',
      data: z.object({
        webhook_id: shownId,
        source: z.string(),
        next: z.int().nullable(),
        events: z.array(z.object({ sequence: z.int(), event_type: z.string(), user_id: shownUserId.nullable() })),
      }),
    },
    DeliveryDone: { summary: 'a receiver took an event', data: z.object(theDelivery) },
    DeliveryDelayed: {
      summary: 'a receiver did not take an event this time; it is sent again at `next_attempt_at`',
      data: z.object({
        ...theDelivery,
        attempts: z.int(),
        next_attempt_at: shownMoment,
        hold_until: shownMoment.nullable(),
      }),
    },
    DeliveryFailed: {
      summary: 'an event will not be sent any more, unless somebody asks; what follows it is',
      data: z.object({ ...theDelivery, attempts: z.int() }),
    },
    DeliveryRetried: {
      summary: 'an event is sent once more, because somebody asked',
      data: z.object({ webhook_id: shownId, delivery_id: shownId }),
    },
  },
})
