/** Clients who use the shop over HTTP: users, money, orders and their ends, asked again until answered, and what they look at. */
import { pause } from '../../src/world/clock.ts'
import { type Answer, type Asker, ask, askOnce, type Wish } from './asking.ts'
import { createReading, type Seen } from './reading.ts'
import { ConnectionLost } from './simulated-gateway.ts'
import type { World } from './world.ts'

/** What a client was told, and whether under a key of its own: then a no is kept too. */
export type Promised = { wish: Wish; answer: Answer; at: number }

export type Clients = {
  /** Every answer that anybody has got. */
  promised: Promised[]
  /** What was not refused although its key had another body before: right only where that was destroyed. */
  carriedOutAnew: Promised[]
  /** What was shown to whoever looked. */
  seen: Seen[]
  /** How many still wait for something. */
  busy: () => number
  /** No new wishes from now on. */
  leave: () => void
  /** Asks once more what was answered, each under its key; what differs is a violation. */
  askAllAgain: () => Promise<void>
}

/** In minor units: the catalogue of the simulation. */
export const CATALOG = [
  { product_id: '12345', name: 'Lamp', priceMinor: 10_000 },
  { product_id: '12346', name: 'Screw', priceMinor: 30 },
]

/** With fewer a run would prove little. */
export const LEAST_REQUESTS = 30

const MOST_PAUSE_MS = 1000
/** A client stops asking this long before its key may be forgotten. */
const MARGIN_MS = 5000

/** Lets some clients loose on `world`. */
export const startClients = (world: World): Clients => {
  const random = world.chance.clients
  const promised: Promised[] = []
  const carriedOutAnew: Promised[] = []
  let left = false
  let gaveUp = false
  let busy = 0
  let wishes = 0

  const asker: Asker = { gateway: world.gateway, clock: world.clock, random, gaveUp: () => gaveUp }
  const reading = createReading(asker, world)
  const chance = (rate: number): boolean => random.fraction() < rate
  const rest = (): Promise<void> => pause(world.clock, random.fraction() * MOST_PAUSE_MS)

  /** Asks until answered, at times twice at once, at times again later. */
  const wish = async (actor: Wish['actor'], name: Wish['name'], body: Wish['body']): Promise<Answer | undefined> => {
    const until = world.clock.now() + world.settings.idempotencyHours * 3_600_000 - MARGIN_MS
    const number = ++wishes
    world.requests++
    const key = chance(0.7) ? `wish-${number}` : undefined
    const one: Wish = { number, actor, name, body, key, until, hurried: chance(0.4) }
    world.trace.say('client', `${nameOf(one)} ${name} ${JSON.stringify(body)}`)
    if (one.key !== undefined && chance(0.15)) {
      // Somebody presses the button twice; whoever is answered first, both must hear the same.
      askOnce(asker, one).then(
        heard => {
          if (heard) promise(one, heard.answer)
        },
        error => {
          if (!(error instanceof ConnectionLost)) throw error
        },
      )
    }
    const before = one.key
    const heard = await ask(asker, one)
    if (before === undefined && one.key !== undefined) world.count('asked again by the key of a 503')
    if (!heard) return undefined
    promise(one, heard.answer)
    if (heard.replayed) world.count('reply' in heard.answer ? 'reply replayed' : 'refusal replayed')
    if (chance(0.1)) later(() => again(one))
    return heard.answer
  }

  const promise = (one: Wish, answer: Answer): void => {
    world.trace.say('client', `${nameOf(one)} ${'reply' in answer ? answer.reply : `no: ${answer.no}`}`)
    if ('no' in answer && answer.no === 'internal') world.violation(`${nameOf(one)} ${one.name} met a defect`)
    promised.push({ wish: { ...one }, answer, at: world.clock.now() })
  }

  const again = async (one: Wish): Promise<void> => {
    // Without a key whoever asks again asks anew.
    if (one.key === undefined) return
    const heard = await ask(asker, one)
    if (!heard) return
    if (heard.replayed) world.count('reply' in heard.answer ? 'reply replayed' : 'refusal replayed')
    promise(one, heard.answer)
    if (!chance(0.3)) return
    const other = await ask(asker, { ...one, body: { ...one.body, ...otherField(one) } })
    if (other && 'no' in other.answer && other.answer.no === 'idempotency_key_reused') world.count('key reused')
    else if (other) carriedOutAnew.push({ wish: one, answer: other.answer, at: world.clock.now() })
  }

  const later = (work: () => Promise<void>): void =>
    begin(async () => {
      await rest()
      await work()
    })
  const begin = (work: () => Promise<void>): void => {
    busy++
    work().then(
      () => {
        busy--
      },
      error => {
        busy--
        world.violation(`a client met ${error instanceof Error ? error.stack : String(error)}`)
      },
    )
  }

  /** One life after the other, until the day had its requests or the shop is closed. */
  const come = async (): Promise<void> => {
    do await live()
    while (!isOver())
  }
  const isOver = (): boolean => left || world.requests >= LEAST_REQUESTS

  const live = async (): Promise<void> => {
    await rest()
    const created = await wish('order', 'CreateUser', {
      first_name: 'Ada',
      last_name: 'Lovelace',
      email: 'ada@example.com',
    })
    if (!created || !('reply' in created)) return
    const { user_id } = JSON.parse(created.reply) as { user_id: number }
    for (let acts = 2 + random.integer(4); acts > 0 && !isOver(); acts--) {
      await rest()
      await act(user_id)
      if (chance(0.25)) await reading.look(user_id)
    }
  }

  const act = async (user_id: number): Promise<void> => {
    const kind = random.fraction()
    const amount = random.pick(['100', '250.50', '0.30', '1000'])
    if (kind < 0.28) await wish('billing', 'PutMoney', { user_id, amount })
    // Users of another system, who may not be registered yet.
    else if (kind < 0.35) await wish('billing', 'PutMoney', { user_id: random.pick(['ext-1', 'ext-2']), amount })
    else if (kind < 0.85) await order(user_id)
    else if (kind < 0.9) await wish('order', 'CreateOrder', { user_id, product_id: 'nothing', quantity: 1 })
    else if (kind < 0.95) await wish('billing', 'PutMoney', { user_id: 'nobody', amount: '5' })
    else await wish('order', 'SubscribeQueue', { queue_name: random.pick(['shop', 'other', 'order-0']) })
  }

  /** Orders something, and at times thinks better of it, at once or later. */
  const order = async (user_id: number): Promise<void> => {
    const { product_id } = random.pick(CATALOG)
    const taken = await wish('order', 'CreateOrder', { user_id, product_id, quantity: 1 + random.integer(4) })
    if (!taken || !('reply' in taken)) return
    const { order_id } = JSON.parse(taken.reply) as { order_id: string }
    await reading.lookAtOrder(order_id)
    // Whoever is quick gives an order up whose charge is on its way.
    if (chance(0.3)) await wish('order', 'CancelOrder', { order_id })
    if (!chance(0.3)) return
    await rest()
    await wish('order', 'RefundOrder', chance(0.5) ? { order_id } : { order_id, amount: '0.30' })
  }

  for (let count = 2 + random.integer(3); count > 0; count--) begin(come)

  return {
    promised,
    carriedOutAnew,
    seen: reading.seen,
    busy: () => busy,
    leave: () => {
      left = true
    },
    askAllAgain: async () => {
      for (const { wish: one } of [...promised]) {
        if (one.key === undefined) continue
        const heard = await ask(asker, one)
        if (heard) promise(one, heard.answer)
      }
      gaveUp = true
    },
  }
}

const nameOf = ({ key, number }: Wish): string => key ?? `keyless-${number}`

const otherField = ({ name }: Wish): Record<string, unknown> => {
  if (name === 'CreateUser') return { first_name: 'Eve' }
  if (name === 'PutMoney') return { amount: '77' }
  if (name === 'SubscribeQueue') return { queue_name: 'changed' }
  if (name === 'CancelOrder' || name === 'RefundOrder') return { order_id: 'another' }
  return { quantity: 99 }
}
