/** A client's request over HTTP: how a wish is written, how an answer is read, and when to ask again. */
import type { ActorName } from '../../src/actors/registry.ts'
import type { ProblemDocument } from '../../src/bus/problem.ts'
import { type Clock, pause } from '../../src/world/clock.ts'
import type { SeededRandom } from '../../src/world/seeded-random.ts'
import { ConnectionLost, type SimulatedGateway } from './simulated-gateway.ts'

/**
 * A command as somebody wishes it. `key` is the client's own, or the one that a reply without an outcome has given it to
 * ask again with (protocol, R14). `until` is when the key may be forgotten: whoever asks with it later asks anew.
 */
export type Wish = {
  number: number
  actor: ActorName
  name: keyof typeof ADDRESSES
  body: Record<string, unknown>
  key: string | undefined
  until: number
  /** Does not wait for an order to settle. */
  hurried?: boolean
}

/** What came back: the reply's JSON, or the code of the no. */
export type Answer = { reply: string } | { no: string }
export type Heard = { answer: Answer; replayed: boolean }

export type Asker = {
  gateway: SimulatedGateway
  clock: Clock
  random: SeededRandom
  /** Once true nobody waits any longer. */
  gaveUp: () => boolean
}

/** Where a command is asked for; a field in braces stands in the address and not in the body. */
const ADDRESSES = {
  CreateUser: '/user/create/',
  PutMoney: '/money/put/',
  CreateOrder: '/orders/create/',
  SubscribeQueue: '/mq/billing/subscribe',
  CancelOrder: '/v1/orders/{order_id}/cancel',
  RefundOrder: '/v1/orders/{order_id}/refund',
  EraseUser: '/v1/users/{user_id}',
  RegisterUser: '/mq/users',
  PlaceOrder: '/mq/orders',
  Withdraw: '/mq/withdrawals',
} as const

const RETRY_MS = 300
/** Codes that say nothing of the outcome. */
const ASK_AGAIN = ['unavailable', 'overloaded', 'in_progress']

/** The id of the trace of a wish, by which its entry is found where the client knows no key. */
export const traceIdOf = ({ number }: Pick<Wish, 'number'>): string => String(number + 1).padStart(32, '0')

/** The trace as the client sends it; each attempt is another step of it at the gateway. */
export const traceOf = (wish: Pick<Wish, 'number'>): string => `00-${traceIdOf(wish)}-0000000000000001-01`

/** The number of the wish whose trace this is. */
export const numberIn = (trace: string): number => Number(trace.split('-')[1]) - 1

/**
 * Asks once. Throws `ConnectionLost`. `undefined` where the outcome is open: the wish then has a key to ask again with.
 */
export const askOnce = async ({ gateway }: Asker, wish: Wish): Promise<Heard | undefined> => {
  const response = await gateway.fetch(requestOf(wish))
  const text = await response.text()
  const replayed = response.headers.get('Idempotent-Replayed') === 'true'
  if (response.ok) return { answer: { reply: text }, replayed }
  const { code } = JSON.parse(text) as ProblemDocument
  if (!ASK_AGAIN.includes(code)) return { answer: { no: code }, replayed }
  wish.key ??= response.headers.get('Idempotency-Key') ?? undefined
  return undefined
}

/** Reads something: its JSON, or the code of the no; `undefined` where nobody answers now. */
export const read = async ({ gateway }: Asker, path: string): Promise<{ ok: unknown } | { no: string } | undefined> => {
  try {
    const response = await gateway.fetch(new Request(`http://localhost${path}`))
    const body: unknown = await response.json()
    if (response.ok) return { ok: body }
    const { code } = body as ProblemDocument
    return ASK_AGAIN.includes(code) ? undefined : { no: code }
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error
    return undefined
  }
}

/**
 * Asks until there is an answer; `undefined` when nobody waits any longer, or when a client without a key can't know
 * whether it may ask again.
 */
export const ask = async (asker: Asker, wish: Wish): Promise<Heard | undefined> => {
  while (!asker.gaveUp() && asker.clock.now() < wish.until) {
    try {
      const heard = await askOnce(asker, wish)
      if (heard) return heard
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
      if (wish.key === undefined) return undefined
    }
    await pause(asker.clock, RETRY_MS * (0.5 + asker.random.fraction()))
  }
  return undefined
}

const requestOf = (wish: Wish): Request => {
  const rest = { ...wish.body }
  const path = ADDRESSES[wish.name].replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = String(rest[field])
    delete rest[field]
    return value
  })
  return new Request(`http://localhost${path}`, {
    method: wish.name === 'EraseUser' ? 'DELETE' : 'POST',
    ...(Object.keys(rest).length > 0 ? { body: JSON.stringify(rest) } : {}),
    headers: {
      traceparent: traceOf(wish),
      ...(wish.key === undefined ? {} : { 'Idempotency-Key': wish.key }),
      ...(wish.hurried ? { Prefer: 'respond-async' } : {}),
    },
  })
}
