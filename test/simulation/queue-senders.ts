/** Those who put commands into the queue and wait for nothing: users, orders and withdrawals of another system. */
import type { ActorName } from '../../src/actors/registry.ts'
import type { Headers } from '../../src/bus/bus.ts'
import { ANYBODY, COMMAND_HEADERS, commandId } from '../../src/bus/command-id.ts'
import { COMMANDS, queueSubject } from '../../src/bus/subjects.ts'
import { Unavailable } from '../../src/bus/unavailable.ts'
import { pause } from '../../src/world/clock.ts'
import { askOnce, numberIn, traceOf, type Wish } from './asking.ts'
import { ConnectionLost } from './simulated-gateway.ts'
import type { World } from './world.ts'

type QueuedName = 'RegisterUser' | 'PlaceOrder' | 'Withdraw'

/** One command in the queue. `id` is missing where its sender gave none. */
export type Sent = {
  number: number
  actor: ActorName
  name: string
  id: string | undefined
  body: Record<string, unknown>
  /** The broker said that it has it. */
  accepted: boolean
  /** It lay in the queue when the queue was destroyed, which nobody promises to survive. */
  lost: boolean
}

export type QueueSenders = {
  sent: Sent[]
  busy: () => number
  leave: () => void
  /** The queue is going to be destroyed with what lies in it. */
  queueDies: () => void
}

/** Traces of queued commands begin here, apart from those of other wishes. */
const FIRST_TRACE = 1_000_000
const traceOfSend = (number: number): string => traceOf({ number: FIRST_TRACE + number })

/** Which send a message came of: its trace tells, whoever put it into the queue. */
export const sendNumberOf = (headers: Headers): number => numberIn(headers[COMMAND_HEADERS.trace] ?? '') - FIRST_TRACE

const MOST_PAUSE_MS = 4000
const RETRY_MS = 300

/** Lets some senders loose on `world`. */
export const startQueueSenders = (world: World): QueueSenders => {
  const random = world.chance.clients
  const bus = world.broker.connect('queue-sender')
  const sent: Sent[] = []
  let busy = 0
  let left = false
  let stories = 0
  let ids = 0

  const chance = (rate: number): boolean => random.fraction() < rate

  const note = (one: Omit<Sent, 'number' | 'accepted' | 'lost'>): Sent => {
    const noted: Sent = { ...one, number: sent.length, accepted: false, lost: false }
    sent.push(noted)
    world.requests++
    world.trace.say('queue-sender', `${noted.id ?? 'nameless'} ${noted.name} ${JSON.stringify(noted.body)}`)
    return noted
  }

  // The broker drops what it knows the id of; it may be an earlier attempt of ours that it knows.
  const isFirst = ({ id, number }: Sent): boolean => !sent.some(other => other.id === id && other.number < number)

  /** Hands it to the gateway under a key, until it says that the broker has it. */
  const sendByHttp = async (actor: ActorName, name: QueuedName, body: Sent['body'], key: string): Promise<void> => {
    const one = note({ actor, name, id: commandId(ANYBODY, name, key), body })
    const asker = { gateway: world.gateway, clock: world.clock, random, gaveUp: () => left }
    const wish: Wish = { number: FIRST_TRACE + one.number, actor, name, body, key, until: Number.POSITIVE_INFINITY }
    while (!left) {
      try {
        const heard = await askOnce(asker, wish)
        if (heard && 'no' in heard.answer) {
          // Under its key something else is known; what it says of rubbish is not for the queue.
          if (heard.answer.no === 'idempotency_key_reused') world.count('queue key reused')
          return
        }
        if (heard) {
          one.accepted = !heard.replayed || isFirst(one)
          return
        }
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
      }
      await pause(world.clock, RETRY_MS)
    }
  }

  const send = async (
    actor: ActorName,
    name: QueuedName,
    body: Sent['body'],
    id: string | undefined,
  ): Promise<void> => {
    if (id !== undefined && chance(0.3)) return sendByHttp(actor, name, body, id)
    const one = note({ actor, name, id, body })
    const bytes = Buffer.from(JSON.stringify(body))
    const headers = { [COMMAND_HEADERS.trace]: traceOfSend(one.number) }
    const subject = queueSubject({ actor, cell: 0 }, name)
    while (!left) {
      try {
        // Any NATS client may publish without an id; the stream's acknowledgement comes as a reply.
        if (id === undefined) await bus.request(subject, bytes, { headers, timeoutMs: 1000 })
        const { duplicate } =
          id === undefined ? { duplicate: false } : await bus.queue.send(subject, bytes, { id, headers })
        one.accepted = !duplicate || isFirst(one)
        return
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        await pause(world.clock, RETRY_MS)
      }
    }
  }

  /** Sends it, and at times the same again: by the same id, by another, or with other content. */
  const sendSome = async (
    actor: ActorName,
    name: QueuedName,
    body: Sent['body'],
    other: Sent['body'],
  ): Promise<void> => {
    const id = chance(0.7) ? `${name}-${++ids}` : undefined
    await pause(world.clock, random.fraction() * MOST_PAUSE_MS)
    await send(actor, name, body, id)
    if (chance(0.25)) {
      await pause(world.clock, random.fraction() * MOST_PAUSE_MS)
      await send(actor, name, body, chance(0.5) ? id : undefined)
    }
    if (chance(0.1)) await send(actor, name, other, chance(0.5) ? id : undefined)
  }

  const story = (number: number): void => {
    const user_id = `ext-${number}`
    const order_id = `X-${number}`
    const person = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@example.com' }
    const total_amount = random.pick(['10', '0.50', '900'])
    const order_details = { product_name: 'Compiler', quantity: 1, total_amount }
    begin(async () => {
      if (chance(0.85))
        await sendSome('order', 'RegisterUser', { user_id, ...person }, { user_id, ...person, first_name: 'Eve' })
    })
    begin(async () => {
      if (chance(0.85))
        await sendSome(
          'order',
          'PlaceOrder',
          { order_id, user_id, order_details },
          { order_id, user_id, order_details: { ...order_details, quantity: 2 } },
        )
    })
    begin(async () => {
      if (chance(0.8))
        await sendSome('billing', 'Withdraw', { order_id, amount: total_amount }, { order_id, amount: '3' })
    })
    if (chance(0.1)) begin(() => send('order', 'RegisterUser', { user_id: 'a b' }, `rubbish-${number}`))
  }

  const begin = (work: () => Promise<void>): void => {
    busy++
    work().then(
      () => {
        busy--
      },
      error => {
        busy--
        world.violation(`a queue sender met ${error instanceof Error ? error.stack : String(error)}`)
      },
    )
  }

  for (let count = 1 + random.integer(3); count > 0; count--) story(++stories)

  return {
    sent,
    busy: () => busy,
    leave: () => {
      left = true
    },
    queueDies: () => {
      for (const { headers } of world.broker.messages(COMMANDS)) {
        const one = sent[sendNumberOf(headers)]
        if (one) one.lost = true
      }
    },
  }
}
