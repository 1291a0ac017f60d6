/** When a letter is written, and when not. Pure: given what is known, what follows? */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { type Locale, momentOut, userIdOut } from '../values.ts'
import { type OrderLetter, textOf } from './templates.ts'

/** Somebody who can be written to. */
export type KnownRecipient = { user_id: string; locale: Locale }

/** A user can be written to from now on. */
export const addRecipient = (recipient: KnownRecipient | undefined, userId: string, locale: Locale): Decision =>
  recipient
    ? nothing()
    : happened({ type: 'RecipientAdded', user: userId, data: { user_id: userIdOut(userId), locale } })

/** A letter in the sender's own words. `occurredAt` is the time of what it tells of, in ms. */
export const sendLetter = (
  recipient: KnownRecipient | undefined,
  nextMessageId: string,
  command: { user_id: string; message: string; notification_type: string; timestamp: number },
): Decision => {
  if (!recipient) return refuse('user_not_found', `there is no user ${command.user_id}`)
  return letter(nextMessageId, recipient.user_id, {
    notification_type: command.notification_type,
    order_id: null,
    message: command.message,
    occurredAt: command.timestamp,
  })
}

/** A letter about an order; one of each kind, however often the order's event is told. */
export const writeOrderLetter = (
  known: { written: boolean; nextMessageId: string },
  about: { letter: OrderLetter; user_id: string; order_id: string; locale: Locale; occurredAt: number },
): Decision => {
  if (known.written) return nothing()
  return letter(known.nextMessageId, about.user_id, {
    notification_type: about.letter,
    order_id: about.order_id,
    message: textOf(about.letter, about.locale, about.order_id),
    occurredAt: about.occurredAt,
  })
}

// With no mail server a letter counts as sent as soon as it is stored.
const letter = (
  messageId: string,
  userId: string,
  text: { notification_type: string; order_id: string | null; message: string; occurredAt: number },
): Decision =>
  happened(
    {
      type: 'LetterSent',
      user: userId,
      data: {
        message_id: messageId,
        user_id: userIdOut(userId),
        notification_type: text.notification_type,
        order_id: text.order_id,
        occurred_at: momentOut(text.occurredAt),
      },
      personal: { message: text.message },
    },
    { message_id: messageId },
  )
