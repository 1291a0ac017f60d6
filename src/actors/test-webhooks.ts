/** A shop with webhooks whose receivers are functions. For tests only. */

import { openShop } from './test-shop.ts'
import type { Message, Posted, Poster } from './webhook/poster.ts'

/** A message as a receiver reads it. */
export type Received = { id: string; type: string; user: string | undefined; url: string; at: number; message: Message }

type Answer = number | string | { status: number; retryAfterMs: number } | Promise<number>

/** What a receiver says: a status, or a word for what went wrong on the way. */
export type Receiver = (received: Received, attempt: number) => Answer

/** A shop, and whatever its webhooks were sent; `receive` answers. */
export const openWithWebhooks = async (
  receive: Receiver = () => 200,
  options: Omit<NonNullable<Parameters<typeof openShop>[0]>, 'poster'> = {},
) => {
  const received: Received[] = []
  const state = { receive, now: () => 0 }
  const poster: Poster = {
    post: async message => {
      const { type, subject } = JSON.parse(message.body) as { type: string; subject?: string }
      const id = message.headers['webhook-id'] as string
      const about = { id, type, user: subject, url: message.url, at: state.now(), message }
      received.push(about)
      return postedOf(await state.receive(about, received.filter(other => other.id === id).length))
    },
    close: () => {},
  }
  const shop = await openShop({ ...options, poster })
  state.now = shop.clock.now

  /** Makes a webhook; gives its id. */
  const subscribe = async (more: object = {}): Promise<string> => {
    const { body } = await shop.command('CreateWebhook', { url: 'https://receiver.example.com/', ...more })
    return String(body.webhook_id)
  }
  const webhook = async (webhook_id: string) => (await shop.query('GetWebhook', { webhook_id })).body
  const deliveries = async (webhook_id: string, more: object = {}) =>
    (await shop.query('ListDeliveries', { webhook_id, ...more })).body.items as Record<string, unknown>[]

  return {
    ...shop,
    received,
    subscribe,
    webhook,
    deliveries,
    /** From now on receivers answer by this. */
    answer: (receive: Receiver) => {
      state.receive = receive
    },
    /** The types a receiver got, of one user if told. */
    typesFor: (user?: string, url?: string) =>
      received
        .filter(one => (user === undefined || one.user === user) && (url === undefined || one.url === url))
        .map(({ type }) => type),
  }
}

/** An answer as the way out tells it. */
export const postedOf = (answer: Awaited<Answer>): Posted => {
  if (typeof answer === 'number') return { outcome: 'answered', status: answer, retryAfterMs: undefined }
  if (typeof answer === 'string') return { outcome: 'failed', error: answer }
  return { outcome: 'answered', ...answer }
}
