/** Settle before reply: naive clients look at the money and the letters right after the 201. */

import type { OrderStatus } from '../actors/order/contract.ts'
import type { Bus, Message, Running } from '../bus/bus.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../world/clock.ts'
import { faultName } from './fault-name.ts'

/** So many facts are kept for those who have not asked yet; a second of them at full load. */
const RECENT_MOST = 5_000

/** What an order has become when its last letter is stored, by the letter's type. */
const STATUS_OF_LETTER = new Map<unknown, OrderStatus>([
  ['order_confirmed', 'Confirmed'],
  ['order_rejected', 'Rejected'],
  ['order_cancelled', 'Cancelled'],
  ['order_refunded', 'Refunded'],
])

/** What makes a letter: with a mail server it is queued before it is sent, to an address that bounced it never is. */
const LETTER_EVENTS = ['LetterSent', 'LetterQueued', 'LetterSuppressed']

/** After these billing moves no more money for an order that was cancelled or refunded. */
const MONEY_EVENTS = ['MoneyRefunded', 'WithdrawalRejected']

/** Who forgets an erased person after the order actor, which is asked to. */
const FORGETTERS = ['billing', 'notification']

/** Begun before the actor is asked, so that a fact which overtakes its reply is not missed; to be ended in any case. */
export type Watch = {
  /** The settled status, or `undefined` when it is not known after `ms`. Never throws. */
  order: (orderId: string, ms: number) => Promise<OrderStatus | undefined>
  /** Resolves when an order has this status, its letter is stored and its money is where it belongs, or after `ms`. */
  ending: (orderId: string, status: OrderStatus, ms: number) => Promise<void>
  /** Resolves when every actor has forgotten a person, or after `ms`. Never throws. */
  erasure: (userId: string, ms: number) => Promise<void>
  /** Resolves when the user's account exists, or after `ms`. Never throws. */
  account: (userId: string, ms: number) => Promise<void>
  end: () => void
}

export type Settling = Running & { watch: () => Watch }

/** Hears every settled order, every opened account and every erasure, for as long as the gateway runs. */
export const hearSettled = (bus: Pick<Bus, 'listen'>, clock: Clock, log: Log): Settling => {
  const recent = new Map<string, string>()
  const waiting = new Map<string, Set<(fact: string) => void>>()
  let watches = 0

  const happened = (key: string, fact: string) => {
    recent.set(key, fact)
    const [oldest] = recent.size > RECENT_MOST ? recent.keys() : []
    if (oldest !== undefined) recent.delete(oldest)
    for (const tell of waiting.get(key) ?? []) tell(fact)
  }

  const heard = (message: Message, read: (message: Message) => void) => {
    // With nobody waiting a body is not even parsed.
    if (watches === 0) return
    try {
      read(message)
    } catch (fault) {
      // Anybody may publish anything; the wait then ends by its time.
      log.warn({ subject: message.subject.split('.', 4).join('.'), fault: faultName(fault) }, 'event cannot be read')
    }
  }

  const wait = (key: string, ms: number, wished?: string) => {
    const fits = (fact: string | undefined) => fact !== undefined && (wished === undefined || fact === wished)
    const fact = recent.get(key)
    if (fits(fact) || ms <= 0) return Promise.resolve(fact)
    return new Promise<string | undefined>(resolve => {
      const all = waiting.get(key) ?? new Set()
      waiting.set(key, all)
      const done = (fact?: string) => {
        cancel()
        all.delete(tell)
        if (all.size === 0) waiting.delete(key)
        resolve(fact)
      }
      const tell = (fact: string) => {
        if (fits(fact)) done(fact)
      }
      const cancel = clock.after(ms, done)
      all.add(tell)
    })
  }

  const hearLetter = (message: Message) => {
    const { order_id, notification_type } = dataOf(message)
    const status = STATUS_OF_LETTER.get(notification_type)
    if (status && typeof order_id === 'string') happened(`order ${order_id}`, status)
  }
  const hearMoney = (message: Message) => {
    const { order_id } = dataOf(message)
    if (typeof order_id === 'string') happened(`money of ${order_id}`, 'done')
  }
  const hearAccount = ({ subject }: Message) => happened(`account ${subject.split('.')[4]}`, 'opened')
  const hearErasure = ({ subject }: Message) => {
    const [actor, , , , person] = subject.split('.')
    happened(`${actor} forgot ${person}`, 'erased')
  }
  const listen = (actor: string, type: string, hear: (message: Message) => void): Running =>
    bus.listen(`${actor}.*.event.${type}.>`, message => heard(message, hear))
  const ears = [
    ...LETTER_EVENTS.map(type => listen('notification', type, hearLetter)),
    ...MONEY_EVENTS.map(type => listen('billing', type, hearMoney)),
    listen('billing', 'AccountOpened', hearAccount),
    ...FORGETTERS.map(actor => listen(actor, 'PersonErased', hearErasure)),
  ]

  return {
    watch: () => {
      watches++
      return {
        order: async (orderId, ms) => (await wait(`order ${orderId}`, ms)) as OrderStatus | undefined,
        ending: async (orderId, status, ms) => {
          await Promise.all([wait(`order ${orderId}`, ms, status), wait(`money of ${orderId}`, ms)])
        },
        erasure: async (userId, ms) => {
          await Promise.all(FORGETTERS.map(actor => wait(`${actor} forgot ${userId}`, ms)))
        },
        account: async (userId, ms) => void (await wait(`account ${userId}`, ms)),
        end: () => {
          if (--watches === 0) recent.clear()
        },
      }
    },
    stop: async () => {
      await Promise.all(ears.map(ear => ear.stop()))
    },
  }
}

// A CloudEvent; whatever is not one throws.
const dataOf = (message: Message): Record<string, unknown> => {
  const { data } = JSON.parse(new TextDecoder().decode(message.body)) as { data: Record<string, unknown> }
  return { order_id: data.order_id, notification_type: data.notification_type }
}
