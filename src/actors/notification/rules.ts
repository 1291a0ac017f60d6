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
/** … each pause made longer by up to this share of it, so that letters that failed together do not come back together … */
const MOST_JITTER = 0.25
/** … and given up a day after it fell due … */
export const GIVE_UP_MS = 24 * HOUR_MS
/** … but not before so many attempts: a machine that was off for a day has no network yet in its first seconds. */
const LEAST_ATTEMPTS = 5

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

/**
 * A user can be written to from now on. One who is `known`, though he was erased since, is not added again: after an
 * adoption it is read a second time that he was made.
 */
export const addRecipient = (known: boolean, userId: string, locale: Locale): Decision =>
  known ? nothing() : happened({ type: 'RecipientAdded', user: userId, data: { user_id: userIdOut(userId), locale } })

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

/** The address had bounced since the letter was written, so it was not handed over. */
export type Withheld = { outcome: 'suppressed' }

/** A delivery was tried. `jitter` is from 0 to 1. */
export const recordDelivery = (
  letter: KnownLetter | undefined,
  delivery: Delivery | Withheld,
  { now, jitter }: { now: number; jitter: number },
): Decision => {
  if (letter?.status !== 'Queued') return nothing()
  const { message_id, user_id, order_id, notification_type } = letter
  const data = { message_id, user_id: userIdOut(user_id), order_id }
  const ended = (type: string): Decision =>
    happened({ type, user: user_id, data: { ...data, notification_type, occurred_at: momentOut(now) } })
  const failed = (error: string, bounced: boolean): Decision =>
    happened({ type: 'LetterFailed', user: user_id, data: { ...data, error, bounced } })

  switch (delivery.outcome) {
    case 'sent':
      return ended('LetterSent')
    case 'suppressed':
      return ended('LetterSuppressed')
    case 'never':
      return failed(delivery.error, delivery.bounced)
    case 'later': {
      const next = nextAttempt(letter, now, jitter)
      if (next === undefined) return failed(`given up after a day: ${delivery.error}`, false)
      const { attempts, at } = next
      const again = { attempts, next_attempt_at: momentOut(at), error: delivery.error }
      return happened({ type: 'LetterDelayed', user: user_id, data: { ...data, ...again } })
    }
  }
}

/** When a letter that could not be handed over now is tried again; the last time is at the end of its day. */
const nextAttempt = (
  letter: KnownLetter,
  now: number,
  jitter: number,
): { attempts: number; at: number } | undefined => {
  const attempts = letter.attempts + 1
  const pauseMs = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS / (1 + MOST_JITTER))
  // Whole seconds, as events have them.
  const at = Math.ceil((now + pauseMs * (1 + jitter * MOST_JITTER)) / 1000) * 1000
  const end = letter.dueAt + GIVE_UP_MS
  if (attempts < LEAST_ATTEMPTS) return { attempts, at }
  if (now + FIRST_RETRY_MS > end) return undefined
  return { attempts, at: Math.min(at, Math.ceil(end / 1000) * 1000) }
}

/** A user whose address had bounced is written to again. */
export const liftSuppression = (recipient: KnownRecipient | undefined, userId: string): Decision => {
  if (!recipient) return refuse('user_not_found', `there is no user ${userId}`)
  const reply = { user_id: userIdOut(userId), suppressed: false }
  if (!recipient.suppressed) return nothing(reply)
  return happened({ type: 'SuppressionLifted', user: userId, data: { user_id: userIdOut(userId) } }, reply)
}
