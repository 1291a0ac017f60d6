/** What may be wished of a webhook. Pure: given what is known, what follows? Times in ms. */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { momentOut } from '../values.ts'
import type { WebhookStatus } from './contract.ts'

/** An installation has so many at the most: each costs a look at every event. */
const MOST_WEBHOOKS = 100

/** After its rotation a secret signs for so long, beside the new one. */
const PREVIOUS_SIGNS_MS = 24 * 3_600_000

/** The number of an entry, by the log it stands in: `order/0`. */
export type Positions = Record<string, number>

/** A webhook as rules see it. What was sealed is missing where its keys were lost. */
export type KnownWebhook = {
  webhook_id: string
  events: string[] | null
  description: string | null
  status: WebhookStatus
  version: number
  sealed: { url: string; secret: string; previous?: string | undefined } | undefined
}

/** What can be known when a webhook is made or changed: what is wrong with its URL, and the types of all events there are. */
export type Wishing = { urlFault: string | undefined; types: ReadonlySet<string> }

/** The name of the key under which a webhook's URL and secret stand in the log. */
export const vaultKeyOf = (webhookId: string): string => `webhook/${webhookId}`

/** Events are sent to somebody from now on. */
export const createWebhook = (
  command: { url: string; events?: string[] | undefined; description?: string | undefined },
  { urlFault, types, count, webhookId, secret }: Wishing & { count: number; webhookId: string; secret: string },
): Decision => {
  if (count >= MOST_WEBHOOKS) return refuse('webhook_limit', `there are ${MOST_WEBHOOKS} webhooks already`)
  const no = refuseUrl(urlFault) ?? refuseTypes(command.events, types)
  if (no) return no

  const { url, events = null, description = null } = command
  const data = { webhook_id: webhookId, person: vaultKeyOf(webhookId), events, description }
  return happened({ type: 'WebhookCreated', data, personal: { url, secret } })
}

const refuseUrl = (fault: string | undefined): Decision | undefined =>
  fault === undefined ? undefined : refuseField('#/url', fault)

const refuseTypes = (events: string[] | null | undefined, types: ReadonlySet<string>): Decision | undefined => {
  const index = events?.findIndex(type => !types.has(type)) ?? -1
  if (index < 0) return undefined
  return refuseField(`#/events/${index}`, 'should be the type of an event, like OrderConfirmed')
}

/** A webhook is another from now on. `positions` is where it goes on when it is enabled again. */
export const changeWebhook = (
  webhook: KnownWebhook | undefined,
  command: {
    webhook_id: string
    url?: string | undefined
    events?: string[] | null | undefined
    description?: string | null | undefined
    status?: WebhookStatus | undefined
    if_version?: number | '*' | undefined
  },
  { urlFault, types, positions }: Wishing & { positions: Positions },
): Decision => {
  const no = refuseTarget(webhook, command)
  if (no) return no
  const known = webhook as KnownWebhook
  const refused = refuseUrl(urlFault) ?? refuseTypes(command.events, types)
  if (refused) return refused

  const { webhook_id } = known
  const { url = known.sealed?.url ?? '', events = known.events, description = known.description } = command
  const { status = known.status } = command
  const isSame =
    url === known.sealed?.url &&
    status === known.status &&
    description === known.description &&
    JSON.stringify(events) === JSON.stringify(known.events)
  if (isSame) return nothing()

  const stops = status === 'Disabled' && known.status === 'Enabled'
  const data = {
    webhook_id,
    person: vaultKeyOf(webhook_id),
    events,
    description,
    status,
    ...(stops ? { positions } : {}),
  }
  const personal = { ...personalOf(known), url }
  return happened({ type: 'WebhookChanged', data, personal })
}

/** A webhook has a new secret. */
export const rotateSecret = (
  webhook: KnownWebhook | undefined,
  command: { webhook_id: string; if_version?: number | '*' | undefined },
  { now, secret }: { now: number; secret: string },
): Decision => {
  const no = refuseTarget(webhook, command)
  if (no) return no
  const { webhook_id, sealed } = webhook as KnownWebhook

  const data = { webhook_id, person: vaultKeyOf(webhook_id), previous_until: momentOut(now + PREVIOUS_SIGNS_MS) }
  const personal = { url: sealed?.url ?? '', secret, ...(sealed?.secret ? { previous: sealed.secret } : {}) }
  return happened({ type: 'SecretRotated', data, personal })
}

/** A webhook is forgotten. */
export const deleteWebhook = (
  webhook: KnownWebhook | undefined,
  command: { webhook_id: string; if_version?: number | '*' | undefined },
): Decision => {
  const { webhook_id } = command
  return (
    refuseTarget(webhook, command) ??
    happened({ type: 'WebhookDeleted', data: { webhook_id } }, { webhook_id, deleted: true })
  )
}

/** A webhook gets everything again. `next` is the entry of each log that has not been taken in yet. */
export const replayWebhook = (
  webhook: KnownWebhook | undefined,
  command: { webhook_id: string; from: Positions },
  next: Positions,
): Decision => {
  const { webhook_id, from } = command
  if (!webhook) return refuseUnknown(webhook_id)
  if (webhook.status === 'Disabled') return refuseDisabled(webhook_id)
  if (Object.keys(from).length === 0) return refuseField('#/from', `should name one of ${Object.keys(next).join(', ')}`)
  for (const [source, sequence] of Object.entries(from)) {
    // As in RFC 6901: the slash in a name.
    const pointer = `#/from/${source.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`
    const end = Object.hasOwn(next, source) ? next[source] : undefined
    if (end === undefined) return refuseField(pointer, `should be one of ${Object.keys(next).join(', ')}`)
    if (sequence > end) return refuseField(pointer, `should be ${end} at the most, the next entry of that log`)
  }
  return happened({ type: 'WebhookReplayed', data: { webhook_id, from } })
}

/** Somebody tries a webhook. */
export const testWebhook = (webhook: KnownWebhook | undefined, webhookId: string): Decision => {
  if (!webhook) return refuseUnknown(webhookId)
  if (webhook.status === 'Disabled') return refuseDisabled(webhookId)
  return happened({ type: 'WebhookTested', data: { webhook_id: webhookId } })
}

/** The no to whatever is wished of a webhook that is not there. */
export const refuseUnknown = (webhookId: string): Decision =>
  refuse('webhook_not_found', `there is no webhook ${webhookId}`)

/** The no to sending something to a webhook that is disabled. */
export const refuseDisabled = (webhookId: string): Decision =>
  refuse('webhook_disabled', `webhook ${webhookId} is disabled; enable it first`)

const refuseField = (pointer: string, detail: string): Decision =>
  refuse('invalid_field', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })

const refuseTarget = (
  webhook: KnownWebhook | undefined,
  { webhook_id, if_version }: { webhook_id: string; if_version?: number | '*' | undefined },
): Decision | undefined => {
  if (!webhook) return refuseUnknown(webhook_id)
  if (typeof if_version === 'number' && if_version !== webhook.version)
    return refuse('version_mismatch', `its version is ${webhook.version}; read it again`)
  return undefined
}

// With lost keys there is nothing to keep: a new secret is then asked for by rotating it.
const personalOf = ({ sealed }: KnownWebhook): Record<string, string> => ({
  secret: sealed?.secret ?? '',
  ...(sealed?.previous === undefined ? {} : { previous: sealed.previous }),
})
