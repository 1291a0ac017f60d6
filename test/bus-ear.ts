/** Hears whatever travels in shops on brokers in memory: events and queued commands, requests and their replies. */

import { ACTOR_NAMES } from '../src/actors/registry.ts'
import type { openShop } from '../src/actors/test-shop.ts'
import { openWithWebhooks, type Receiver } from '../src/actors/test-webhooks.ts'
import type { Bus, Headers, Message } from '../src/bus/bus.ts'
import { REFUSAL_HEADERS } from '../src/bus/command-id.ts'
import { streamOf } from '../src/bus/subjects.ts'

/** A message as it travelled; `reply` where it answers what was sent on `subject`. */
export type Travelled = { subject: string; reply: boolean; headers: Headers; payload: unknown }

export type HeardShop = Awaited<ReturnType<typeof openWithWebhooks>>

type Options = Omit<NonNullable<Parameters<typeof openShop>[0]>, 'poster' | 'change'>

export const createEar = () => {
  const travelled: Travelled[] = []
  const note = (subject: string, reply: boolean, headers: Headers, body: Uint8Array): void => {
    const text = Buffer.from(body).toString()
    travelled.push({ subject, reply, headers, payload: text === '' ? {} : JSON.parse(text) })
  }

  const asked = (bus: Bus): Bus => {
    return {
      ...bus,
      serve: (subject, handle) =>
        bus.serve(subject, request => {
          handle({
            ...request,
            respond: (body, headers = {}) => {
              // What is refused as no right request need not look like one.
              if (headers[REFUSAL_HEADERS.status] !== '400') note(request.subject, false, request.headers, request.body)
              note(request.subject, true, headers, body)
              request.respond(body, headers)
            },
          })
        }),
    }
  }

  return {
    travelled,
    /** A shop with webhooks, heard from its first message. */
    open: async (receive?: Receiver, options: Options = {}): Promise<HeardShop> => {
      const shop = await openWithWebhooks(receive, { ...options, change: asked })
      const hear = ({ subject, headers, body }: Message) => note(subject, false, headers, body)
      for (const actor of ACTOR_NAMES)
        for (const message of shop.broker.messages(streamOf({ actor, cell: 0 }))) hear(message)
      for (const subject of ['*.*.event.*.*', '*.*.queue.*']) shop.client.listen(subject, hear)
      return shop
    },
  }
}
