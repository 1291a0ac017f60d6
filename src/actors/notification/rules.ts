/** When a letter is written, sent, tried again or given up. Pure: given what is known, what follows? Times in ms. */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { type Locale, momentOut, userIdOut } from '../values.ts'
import type { LetterStatus } from './contract.ts'
import { type OrderLetter, subjectOfMessage, type Told, type Wording, wordingOf } from './templates.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A letter that can't be handed over is tried again after a minute, then ever later, every four hours at last … */
const FIRST_RETRY_MS = MINUTE_MS
const LAST_RETRY_MS = 4 * HOUR_MS
/** … and given up after a day. */
export const GIVE_UP_MS = 24 * HOUR_MS

/** Somebody who can be written to; `suppressed` when letters came back for good. */
export type KnownRecipient = { user_id: string; locale: Locale; suppressed: boolean }

export type KnownLetter = {
  message_id: string
  user_id: string
  notification_type: string
  order_id: string | null
  status: LetterStatus
  /** When it was to go out for the first time, or was sent once more. */
  dueAt: number
  attempts: number
  version: number
  wording: Wording | undefined
}

/** What can be known when a letter is to be written. `byMail`: there is a mail server. */
export type Writing = { recipient: KnownRecipient | undefined; nextMessageId: string; byMail: boolean; now: number }

/** A user can be written to from now on. */
export const addRecipient = (recipient: KnownRecipient | undefined, userId: string, locale: Locale): Decision =>
  recipient
    ? nothing()
    : happened({ type: 'RecipientAdded', user: userId, data: { user_id: userIdOut(userId), locale } })

/** A user reads another language from now on, or has another address: one that did not bounce yet. */
export const changeRecipient = (
  recipient: KnownRecipient | undefined,
  change: { locale: Locale; addressChanged: boolean },
): Decision => {
  if (!recipient) return nothing()
  const { user_id, locale, suppressed } = recipient
  if (locale === change.locale && !(suppressed && change.addressChanged)) return nothing()
  const data = { user_id: userIdOut(user_id), locale: change.locale, suppressed: suppressed && !change.addressChanged }
  return happened({ type: 'RecipientChanged', user: user_id, data })
}

/** A letter in the sender's own words. `timestamp` is the time of what it tells of. */
export const sendLetter = (
  writing: Writing,
  command: { user_id: string; message: string; notification_type: string; timestamp: number; send_at?: number },
): Decision => {
  const { recipient } = writing
  if (!recipient) return refuse('user_not_found', `there is no user ${command.user_id}`)
  return write(writing, recipient, {
    notification_type: command.notification_type,
    order_id: null,
    occurredAt: command.timestamp,
    sendAt: command.send_at ?? writing.now,
    wording: { subject: subjectOfMessage[recipient.locale], message: command.message },
  })
}

/** A letter about an order; one of each kind, however often the order's event is told. */
export const writeOrderLetter = (
  writing: Writing & { written: boolean },
  about: { letter: OrderLetter; locale: Locale; occurredAt: number; told: Told },
): Decision => {
  // Nobody to write to: the user was erased.
  if (writing.written || !writing.recipient) return nothing()
  return write(writing, writing.recipient, {
    notification_type: about.letter,
    order_id: about.told.orderId,
    occurredAt: about.occurredAt,
    sendAt: writing.now,
    wording: wordingOf(about.letter, about.locale, about.told),
  })
}

type Draft = {
  notification_type: string
  order_id: string | null
  occurredAt: number
  sendAt: number
  wording: Wording
}

const write = (writing: Writing, recipient: KnownRecipient, draft: Draft): Decision => {
  const { notification_type, order_id, occurredAt, sendAt, wording } = draft
  const data = {
    message_id: writing.nextMessageId,
    user_id: userIdOut(recipient.user_id),
    notification_type,
    order_id,
    occurred_at: momentOut(occurredAt),
  }
  const letter = { user: recipient.user_id, data, personal: wording }
  const reply = { message_id: writing.nextMessageId }
  if (recipient.suppressed) return happened({ ...letter, type: 'LetterSuppressed' }, reply)
  // With no mail server a letter counts as sent as soon as it is stored.
  if (!writing.byMail && sendAt <= writing.now) return happened({ ...letter, type: 'LetterSent' }, reply)
  return happened({ ...letter, type: 'LetterQueued', data: { ...data, send_at: momentOut(sendAt) } }, reply)
}

/** A letter goes out once more, with the same Message-ID, also to an address that had bounced: a person says so. */
export const resendLetter = (
  letter: KnownLetter | undefined,
  command: { message_id: string; if_version?: number | '*' },
  now: number,
): Decision => {
  const { message_id: messageId, if_version } = command
  if (!letter?.wording) return refuse('letter_not_found', `there is no letter ${messageId}`)
  if (typeof if_version === 'number' && if_version !== letter.version)
    return refuse('version_mismatch', `its version is ${letter.version}; read it again`)
  if (letter.status === 'Queued') return refuse('letter_not_resendable', `letter ${messageId} is on its way already`)
  const { message_id, user_id, notification_type, order_id, wording } = letter
  const data = {
    message_id,
    user_id: userIdOut(user_id),
    notification_type,
    order_id,
    occurred_at: momentOut(now),
    send_at: momentOut(now),
  }
  return happened({ type: 'LetterQueued', user: user_id, data, personal: wording })
}

/** What became of handing a letter over: `later` for what may pass, `never` for what will not. */
export type Delivery =
  | { outcome: 'sent' }
  | { outcome: 'later'; error: string }
  | { outcome: 'never'; error: string; bounced: boolean }

/** A delivery was tried. `jitter` is from 0 to 1, so that letters that failed together do not come back together. */
export const recordDelivery = (
  letter: KnownLetter | undefined,
  delivery: Delivery,
  { now, jitter }: { now: number; jitter: number },
): Decision => {
  if (letter?.status !== 'Queued') return nothing()
  const { message_id, user_id, order_id } = letter
  const data = { message_id, user_id: userIdOut(user_id), order_id }
  if (delivery.outcome === 'sent') {
    const sent = { ...data, notification_type: letter.notification_type, occurred_at: momentOut(now) }
    return happened({ type: 'LetterSent', user: user_id, data: sent })
  }
  const { error } = delivery
  if (delivery.outcome === 'never')
    return happened({ type: 'LetterFailed', user: user_id, data: { ...data, error, bounced: delivery.bounced } })

  const attempts = letter.attempts + 1
  const pauseMs = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS) * (0.75 + jitter / 2)
  if (now + pauseMs > letter.dueAt + GIVE_UP_MS) {
    const givenUp = { ...data, error: `given up after a day: ${error}`, bounced: false }
    return happened({ type: 'LetterFailed', user: user_id, data: givenUp })
  }
  const next = { attempts, next_attempt_at: momentOut(Math.ceil((now + pauseMs) / 1000) * 1000), error }
  return happened({ type: 'LetterDelayed', user: user_id, data: { ...data, ...next } })
}

/** A user whose address had bounced is written to again. */
export const liftSuppression = (recipient: KnownRecipient | undefined, userId: string): Decision => {
  if (!recipient) return refuse('user_not_found', `there is no user ${userId}`)
  const reply = { user_id: userIdOut(userId), suppressed: false }
  if (!recipient.suppressed) return nothing(reply)
  return happened({ type: 'SuppressionLifted', user: userId, data: { user_id: userIdOut(userId) } }, reply)
}
