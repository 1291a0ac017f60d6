/** Those who put commands into the queue and wait for nothing: users, orders and withdrawals of another system. */
import type { ActorName } from '../../src/actors/registry.ts'
import { ANYBODY, COMMAND_HEADERS, commandId } from '../../src/bus/command-id.ts'
import { COMMANDS, queueSubject } from '../../src/bus/subjects.ts'
import { Unavailable } from '../../src/bus/unavailable.ts'
import { pause } from '../../src/world/clock.ts'
import type { World } from './world.ts'

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

/** A header that tells which send a message came of. */
export const SEND_NUMBER = 'Sim-Number'
const MOST_PAUSE_MS = 6000
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

  const send = async (actor: ActorName, name: string, body: Sent['body'], id: string | undefined): Promise<void> => {
    const remembered = id !== undefined && chance(0.3)
    const fullId = remembered ? commandId(ANYBODY, name, id) : id
    const one: Sent = { number: sent.length, actor, name, id: fullId, body, accepted: false, lost: false }
    sent.push(one)
    world.trace.say('queue-sender', `${fullId ?? 'nameless'} ${name} ${JSON.stringify(body)}`)
    const bytes = Buffer.from(JSON.stringify(body))
    const headers = { [SEND_NUMBER]: String(one.number), ...(remembered ? { [COMMAND_HEADERS.key]: id } : {}) }
    const subject = queueSubject({ actor, cell: 0 }, name)
    while (!left) {
      try {
        // Any NATS client may publish without an id; the stream's acknowledgement comes as a reply.
        if (fullId === undefined) await bus.request(subject, bytes, { headers, timeoutMs: 1000 })
        const { duplicate } =
          fullId === undefined ? { duplicate: false } : await bus.queue.send(subject, bytes, { id: fullId, headers })
        // The broker drops what it knows the id of; it may be an earlier attempt of ours that it knows.
        one.accepted = !duplicate || !sent.some(({ id, number }) => id === fullId && number < one.number)
        return
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        await pause(world.clock, RETRY_MS)
      }
    }
  }

  /** Sends it, and at times the same again: by the same id, by another, or with other content. */
  const sendSome = async (actor: ActorName, name: string, body: Sent['body'], other: Sent['body']): Promise<void> => {
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
        const one = sent[Number(headers[SEND_NUMBER])]
        if (one) one.lost = true
      }
    },
  }
}
