/** The webhook actor alone, over days of a clock that a test moves: no broker, no other actor running. For tests only. */
import type { Bus } from '../bus/bus.ts'
import { sourceOf } from '../bus/subjects.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { billingContract } from './billing/contract.ts'
import { createEffects, type Effects } from './kernel/effects.ts'
import type { Item } from './kernel/mailbox.ts'
import { openMemoryStore } from './kernel/store.ts'
import { createTestCore, START, type TestCore } from './kernel/test-core.ts'
import { createTestSource } from './kernel/test-source.ts'
import { orderContract } from './order/contract.ts'
import { postedOf, type Received, type Receiver } from './test-webhooks.ts'
import { webhookActor } from './webhook/actor.ts'
import type { ShownDelivery, ShownWebhook } from './webhook/contract.ts'

/** One webhook for all events, whose receiver answers by `receive`, and an order actor whose events are told by hand. */
export const createWebhookBench = (receive: Receiver) => {
  const clock = createVirtualClock({ start: START })
  const random = createSeededRandom(1)
  const disk = { store: openMemoryStore(), keys: openMemoryStore() }
  const order = createTestSource({ actor: 'order', cell: 0 })
  const received: Received[] = []
  const state = { receive }

  const poster = {
    post: async (message: Received['message']) => {
      const { type, subject } = JSON.parse(message.body) as { type: string; subject?: string }
      const id = message.headers['webhook-id'] as string
      const about = { id, type, user: subject, url: message.url, at: clock.now(), message }
      received.push(about)
      return postedOf(await state.receive(about, received.filter(other => other.id === id).length))
    },
    close: () => {},
  }
  // The order actor, as far as it is asked: for its log.
  const bus = {
    request: async (_: string, body: Uint8Array) => {
      const { from, limit } = JSON.parse(Buffer.from(body).toString()) as { from: number; limit: number }
      const entries = order
        .read(from, limit)
        .map(entry => ({ ...entry, body: Buffer.from(entry.body).toString('base64') }))
      const page = { head: order.head(), chain_before: order.chainAt(from - 1), entries }
      return { body: Buffer.from(JSON.stringify(page)), headers: {} }
    },
  } as unknown as Bus

  const definition = webhookActor({ poster, randomBytes: random.bytes, sources: [orderContract, billingContract] })
  let bench: TestCore
  let effects: Effects
  let lives = 0
  const handle = (...items: Item[]): void => {
    bench.turn(items)
    effects.check()
  }
  const start = (): void => {
    const life = ++lives
    bench = createTestCore(definition, { ...disk, clock })
    effects = createEffects(bench.core.behaviour.effects, {
      bus,
      clock,
      random,
      now: bench.core.now,
      traceAfter: bench.core.traceAfter,
      tell: ({ name, body, after = () => {} }) => {
        if (life === lives) handle({ kind: 'own', name, body, after })
      },
      failed: (_, error) => {
        throw error
      },
    })
    effects.check()
  }
  start()

  let wishes = 0
  const command = <Reply>(name: string, body: object): Reply => {
    const outcome = bench.run(name, body as Record<string, unknown>, { key: `wish-${++wishes}` })
    effects.check()
    return (outcome as { reply: Reply }).reply
  }
  const { webhook_id } = command<ShownWebhook>('CreateWebhook', { url: 'https://receiver.example.com/' })
  type Ask = (body: object) => { reply: unknown }
  const ask = <Reply>(name: string, body: object): Reply =>
    (bench.core.behaviour.answer[name] as Ask)({ webhook_id, ...body }).reply as Reply

  return {
    clock,
    disk,
    received,
    webhook_id,
    command: <Reply>(name: string, body: object = {}) => command<Reply>(name, { webhook_id, ...body }),
    /** An event of the order actor about a user; gives its number. */
    hear: (type: string, user: string): number => {
      const item = order.tell(type, {}, user)
      handle(item)
      return item.entry.seq
    },
    /** From now on the receiver answers by this. */
    answer: (receive: Receiver): void => {
      state.receive = receive
    },
    webhook: () => ask<ShownWebhook>('GetWebhook', {}),
    deliveries: (status?: string) => ask<{ items: ShownDelivery[] }>('ListDeliveries', { status }).items,
    types: () => bench.types(),
    /** What came, as numbers of the order actor's entries. */
    numbers: () => received.map(({ id }) => Number(id.split('-')[3])),
    source: sourceOf({ actor: 'order', cell: 0 }),
    /** Ends it as kill -9 does: what was on its way is not heard of any more. */
    kill: (): void => {
      lives++
      void effects.stop()
    },
    start,
  }
}
