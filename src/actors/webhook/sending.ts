/** The effect that brings events to receivers: which ones now, and what came of it. */
import type { Bus } from '../../bus/bus.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Effect } from '../kernel/actor.ts'
import { askLog } from '../kernel/ask-actor.ts'
import type { Vault } from '../kernel/vault.ts'
import type { DeliveryRow } from './delivery-rows.ts'
import type { Attempt } from './delivery-rules.ts'
import { bodyOf, deliveryIdOf } from './message.ts'
import type { Posted, Poster } from './poster.ts'
import { knownWebhook } from './shown.ts'
import { signatureOf } from './signature.ts'
import type { Tables } from './tables.ts'
import type { WebhookRow } from './webhook-rows.ts'

/** So many deliveries are on their way at once: more than there may be webhooks, so that those that hang leave room … */
const AT_ONCE = 128
/** … shared among the webhooks that have something to send, and never more than so many to one of them … */
const AT_ONCE_SHARED = 96
const AT_ONCE_TO_ONE = 8
/** … and one alone to a webhook where so many attempts failed one after the other. */
const FAILURES_TO_SLOW_DOWN = 3

/** The effect over `tables`. A row that is due is sent, and what came of it is told as `RecordAttempt`. */
export const sendEffect = (tables: Tables, vault: Vault, poster: Poster): Effect => ({
  name: 'webhook',
  atOnce: AT_ONCE,
  againWithStream: false,
  due: now => dueNow(tables, now),
  carryOut: async (key, { bus, clock, random }) => {
    const n = Number(key)
    const row = tables.deliveries.find(n)
    const webhook = row && tables.webhooks.find(row.webhook)
    const number = (row?.attempts ?? 0) + 1
    const attempt: Attempt =
      row?.head === 1 && webhook?.status === 'Enabled'
        ? await send(row, webhook, { bus, vault, poster, now: clock.now() })
        : { outcome: 'stale' }
    return { name: 'RecordAttempt', body: { n, number, attempt, jitter: random.fraction() } }
  },
})

const dueNow = ({ webhooks, deliveries }: Tables, now: number): ReturnType<Effect['due']> => {
  const lines: number[][] = []
  let nextAt = Number.POSITIVE_INFINITY
  const busy = webhooks.busy()
  const share = Math.min(AT_ONCE_TO_ONE, Math.max(1, Math.floor(AT_ONCE_SHARED / busy.length)))
  // Those that fail come last.
  for (const { webhook_id, hold_until, failures } of busy.sort((a, b) => a.failures - b.failures)) {
    if (hold_until > now) {
      nextAt = Math.min(nextAt, hold_until)
      continue
    }
    const due = deliveries.due(webhook_id, now, failures >= FAILURES_TO_SLOW_DOWN ? 1 : share)
    lines.push(due.places)
    if (due.nextAt !== undefined) nextAt = Math.min(nextAt, due.nextAt)
  }
  // One of each, then the second of each …: nobody with much to send goes before all others.
  const keys = Array.from({ length: AT_ONCE_TO_ONE }, (_, round) => lines.flatMap(places => places[round] ?? []))
  return { keys: keys.flat().map(String), nextAt: nextAt === Number.POSITIVE_INFINITY ? undefined : nextAt }
}

const send = async (
  row: DeliveryRow,
  webhook: WebhookRow,
  { bus, vault, poster, now }: { bus: Bus; vault: Vault; poster: Poster; now: number },
): Promise<Attempt> => {
  const { sealed } = knownWebhook(vault, webhook)
  if (!sealed?.url || !sealed.secret) return { outcome: 'unreadable', answer: 'its url and secret cannot be read' }
  const event = await eventOf(bus, row)
  if (!event) return { outcome: 'never', answer: 'the event cannot be read' }

  const body = bodyOf(event)
  const secrets = [sealed.secret, ...(sealed.previous && now < webhook.previous_until ? [sealed.previous] : [])]
  const id = deliveryIdOf(row.webhook, row.source, row.seq)
  const timestamp = Math.floor(now / 1000)
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(secrets, { id, timestamp, body }),
  }
  return attemptOf(await poster.post({ url: sealed.url, headers, body }))
}

/** The event from the log it stands in. Throws `Unavailable`, so that the effect is tried again and no attempt is lost. */
const eventOf = async (bus: Bus, { source, seq }: DeliveryRow): Promise<Uint8Array | undefined> => {
  const { head, entries } = await askLog(bus, source, seq, 1)
  // A source whose store was put back and has not caught up: it will.
  if (head < seq) throw new Unavailable(`${source} has no entry ${seq} at present`)
  return entries.find(entry => entry.seq === seq)?.body
}

/** What an answer means: 2xx is a yes, 410 an end, everything else, a redirect too, a no that may pass. */
const attemptOf = (posted: Posted): Attempt => {
  if (posted.outcome === 'failed') return { outcome: 'later', answer: posted.error }
  const { status, retryAfterMs } = posted
  const answer = String(status)
  if (status >= 200 && status < 300) return { outcome: 'done', answer }
  if (status === 410) return { outcome: 'gone', answer }
  if (status === 429 || status === 503) return { outcome: 'later', answer, retryAfterMs }
  return { outcome: 'later', answer }
}
