/** The notification actor: its rules over its tables, and whom it listens to. */
import type { Bus } from '../../bus/bus.ts'
import { REFUSAL_HEADERS } from '../../bus/command-id.ts'
import { querySubject } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import { sample } from '../../metrics/figure.ts'
import type { ActorDefinition, Effect } from '../kernel/actor.ts'
import { type Decision, following, nothing, replying } from '../kernel/decision.ts'
import { openIdFloors } from '../kernel/epochs.ts'
import type { AppliedEvent } from '../kernel/event.ts'
import { NEWEST, NO_CURSOR, readCursor, toPage } from '../kernel/paging.ts'
import type { Vault } from '../kernel/vault.ts'
import { orderThread } from '../order/contract.ts'
import { momentOut, span, userIdOut } from '../values.ts'
import { type LetterInFull, notificationContract, type ShownLetter } from './contract.ts'
import { openMailbox } from './mailbox.ts'
import type { CaughtLetters, Letter, Mailer } from './mailer.ts'
import {
  addRecipient,
  changeRecipient,
  type Delivery,
  type KnownLetter,
  type KnownRecipient,
  liftSuppression,
  recordDelivery,
  resendLetter,
  sendLetter,
  type Withheld,
  type Writing,
  writeOrderLetter,
} from './rules.ts'
import { type LetterRow, NOTIFICATION_TABLES, openNotificationTables } from './tables.ts'
import type { OrderLetter, Wording } from './templates.ts'

/** So many letters are on their way to the mail server at once. */
const AT_ONCE = 5
const ADDRESS_TIMEOUT_MS = 2000

/** What came of an attempt to hand a letter over. */
type Attempt = { message_id: string; delivery: Delivery | Withheld; jitter: number }

/**
 * The actor that hands its letters over by `mailer`; without one they count as sent as soon as they are stored. `caught`
 * is where they end up if they reach nobody.
 */
export const notificationActor = (
  mailer?: Mailer,
  caught?: CaughtLetters,
): ActorDefinition<typeof notificationContract> => ({
  contract: notificationContract,
  tables: NOTIFICATION_TABLES,
  listensTo: ['order'],
  asks: { order: ['GetUser'] },
  open: (store, vault, settings, address) => {
    const tables = openNotificationTables(store)
    const leastId = openIdFloors(store)
    const nextMessageId = () => tables.nextMessageId(Math.max(settings.firstMessageId, leastId('message')))
    const recipient = (userId: string): KnownRecipient | undefined => {
      const row = tables.recipient(userId)
      return row && { user_id: row.user_id, locale: row.locale, suppressed: row.suppressed === 1 }
    }
    const writing = (userId: string, now: number): Writing => ({
      recipient: recipient(userId),
      nextMessageId: nextMessageId(),
      byMail: mailer !== undefined,
      now,
    })
    const letter = (messageId: string): KnownLetter | undefined => {
      const row = /^[1-9]\d{0,15}$/.test(messageId) ? tables.letter(Number(messageId)) : undefined
      return row && knownLetter(vault, row)
    }
    const letterReply = (messageId: string): LetterInFull =>
      inFull(vault, tables.letter(Number(messageId)) as LetterRow)

    const mailbox = openMailbox(caught, messageId => {
      const row = tables.letter(messageId)
      return row !== undefined && tables.recipient(row.user_id) !== undefined
    })

    const orderLetter = (letter: OrderLetter, event: AppliedEvent, now: number): Decision => {
      const { order_id, locale, amount } = event.data
      return writeOrderLetter(
        { ...writing(event.user as string, now), written: tables.isWritten(order_id, letter) },
        { letter, locale, occurredAt: event.at, told: { orderId: order_id, amount } },
      )
    }

    const mail: Effect = {
      name: 'mail',
      due: now => {
        const { ids, nextAt } = tables.toSend(now, 100)
        return { keys: ids.map(String), nextAt }
      },
      atOnce: AT_ONCE,
      againWithStream: false,
      carryOut: async (messageId, { bus, random, traceAfter }) => {
        const row = tables.letter(Number(messageId))
        if (!row) return undefined
        const delivery = await handOver(row, () => addressOf(bus, row.user_id), traceAfter(row.version))
        return { name: 'RecordDelivery', body: { message_id: messageId, delivery, jitter: random.fraction() } }
      },
    }

    const handOver = async (
      row: LetterRow,
      address: AskAddress,
      trace: string | undefined,
    ): Promise<Delivery | Withheld> => {
      if (!mailer) return { outcome: 'sent' }
      if (recipient(row.user_id)?.suppressed && row.resent === 0) return { outcome: 'suppressed' }
      const { wording } = knownLetter(vault, row)
      // Its keys were lost.
      if (!wording) return { outcome: 'never', error: 'it can not be read any more', bounced: false }
      return deliver(mailer, row, { ...wording, ...(trace === undefined ? {} : { traceparent: trace }) }, address)
    }

    // The order actor knows the address; no copy of it is kept here.
    const addressOf = async (bus: Bus, userId: string): Promise<string | undefined> => {
      const subject = querySubject({ actor: 'order', cell: address.cell }, 'GetUser')
      const body = Buffer.from(JSON.stringify({ user_id: userId }))
      const reply = await bus.request(subject, body, { timeoutMs: ADDRESS_TIMEOUT_MS })
      const answer = JSON.parse(Buffer.from(reply.body).toString('utf8')) as { email?: string; code?: string }
      // Empty where the keys of a store were lost.
      if (reply.headers[REFUSAL_HEADERS.status] === undefined) return answer.email || undefined
      if (answer.code === 'user_not_found') return undefined
      throw new Unavailable(`the order actor does not tell the address: ${answer.code}`)
    }

    return {
      decide: {
        SendLetter: (body, { now }) => sendLetter(writing(body.user_id, now), body),
        ResendLetter: (body, { now }) => {
          const known = letter(body.message_id)
          return replying(resendLetter(known, body, now), () => letterReply(body.message_id), known?.user_id)
        },
        LiftSuppression: ({ user_id }) => liftSuppression(recipient(user_id), user_id),
      },

      own: {
        RecordDelivery: (body, { now }) => {
          const { message_id, delivery, jitter } = body as Attempt
          const known = letter(message_id)
          return following(recordDelivery(known, delivery, { now, jitter }), known?.version)
        },
      },

      apply: tables.apply,

      answer: {
        ListLetters: ({ user_id, cursor, from, to, type, limit }) => {
          if (!tables.recipient(user_id))
            return { refusal: { code: 'user_not_found', detail: `there is no user ${user_id}` } }
          const after = readCursor(cursor)
          if (after === undefined) return NO_CURSOR
          const filter = { user_id, after, ...span(from, to), type: type ?? null }
          return toPage(
            limit,
            most => tables.letters({ ...filter, limit: most }),
            row => shown(vault, row),
            row => row.message_id,
          )
        },
        ListLettersInFull: ({ user_id, cursor, limit }) => {
          if (!tables.recipient(user_id))
            return { refusal: { code: 'user_not_found', detail: `there is no user ${user_id}` } }
          const after = readCursor(cursor)
          if (after === undefined) return NO_CURSOR
          const all = { user_id, after, from: 0, to: Number.MAX_SAFE_INTEGER, type: null }
          return toPage(
            limit,
            most => tables.letters({ ...all, limit: most }),
            row => inFull(vault, row),
            row => row.message_id,
          )
        },
        ListAllLetters: ({ user_id = null, status = null, limit, cursor }) => {
          const before = readCursor(cursor, NEWEST)
          if (before === undefined) return NO_CURSOR
          return toPage(
            limit,
            most => tables.allLetters({ user_id, status, before, limit: most }),
            row => inFull(vault, row),
            row => row.message_id,
          )
        },
        GetLetter: ({ message_id }) => {
          if (!letter(message_id))
            return { refusal: { code: 'letter_not_found', detail: `there is no letter ${message_id}` } }
          return { reply: letterReply(message_id) }
        },
        ...mailbox.answer,
      },

      react: {
        order: {
          UserCreated: ({ user, data }) => addRecipient(tables.isKnown(user as string), user as string, data.locale),
          UserChanged: ({ user, data }) =>
            changeRecipient(recipient(user as string), { locale: data.locale, addressChanged: data.address_changed }),
          OrderCreated: (event, { now }) =>
            settings.letterPending ? orderLetter('order_pending', event, now) : nothing(),
          OrderConfirmed: (event, { now }) => orderLetter('order_confirmed', event, now),
          OrderRejected: (event, { now }) => orderLetter('order_rejected', event, now),
          OrderCancelled: (event, { now }) => orderLetter('order_cancelled', event, now),
          OrderRefunded: (event, { now }) => orderLetter('order_refunded', event, now),
        },
      },

      thread: ({ data }) => (typeof data.order_id === 'string' ? orderThread(data.order_id) : undefined),
      wakes: () => [],
      atOpen: () => [],
      effects: [mail, ...mailbox.effects],
      figures: committed => [
        ...Object.entries(STATUSES).map(([status, type]) => sample('kassa_letters_total', committed(type), { status })),
        sample('kassa_letters_queued', tables.countQueued()),
      ],
      nextIds: () => ({ message: Number(nextMessageId()) }),
      audit: () => [],
    }
  },
})

/** The statuses of letters as operators count them, each with the event that tells it. */
const STATUSES = {
  queued: 'LetterQueued',
  sent: 'LetterSent',
  failed: 'LetterFailed',
  suppressed: 'LetterSuppressed',
} satisfies Record<string, keyof typeof notificationContract.events>

/** Asks whom to write to; `undefined` when there is nobody any more. */
type AskAddress = () => Promise<string | undefined>

const deliver = async (
  mailer: Mailer,
  letter: LetterRow,
  { subject, message, ...trace }: Wording & Pick<Letter, 'traceparent'>,
  address: AskAddress,
): Promise<Delivery> => {
  const to = await address()
  if (to === undefined) return { outcome: 'never', error: 'there is nobody to write to any more', bounced: false }
  // Made of what never changes, so that it is the same at every attempt. The mailbox finds the letter by it.
  const messageId = `${letter.message_id}.${letter.made_at.toString(36)}`
  const delivery = await mailer.send({ messageId, to, subject, text: message, ...trace })
  const isBounce = delivery.outcome === 'never' && delivery.bounced
  // What was said of the address of before says nothing of the one that they have now.
  if (isBounce && (await address()) !== to) return { outcome: 'later', error: `${delivery.error}; the address changed` }
  return delivery
}

const knownLetter = (vault: Vault, row: LetterRow): KnownLetter => ({
  message_id: String(row.message_id),
  user_id: row.user_id,
  notification_type: row.notification_type,
  order_id: row.order_id,
  status: row.status,
  dueAt: row.due_at,
  attempts: row.attempts,
  version: row.version,
  wording: vault.open(row.user_id, row.sealed) as Wording | undefined,
})

/** An erased person's letters still count, but nobody can read them. */
const ERASED = ''

const shown = (vault: Vault, row: LetterRow): ShownLetter => ({
  message_id: String(row.message_id),
  user_id: userIdOut(row.user_id),
  status: row.status,
  message: vault.open(row.user_id, row.sealed)?.message ?? ERASED,
  timestamp: momentOut(row.at),
})

const inFull = (vault: Vault, row: LetterRow): LetterInFull => ({
  ...shown(vault, row),
  notification_type: row.notification_type,
  order_id: row.order_id,
  subject: vault.open(row.user_id, row.sealed)?.subject ?? ERASED,
  attempts: row.attempts,
  next_attempt_at: row.next_at === null ? null : momentOut(row.next_at),
  last_error: row.error,
  version: row.version,
})
