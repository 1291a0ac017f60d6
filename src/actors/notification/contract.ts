/** What the notification actor answers and publishes: letters. */
import { z } from 'zod'
import { defineActorContract, ifVersionField, pageFields, pageOf } from '../kernel/kernel-contract.ts'
import { id, locale, moment, shownId, shownMoment, shownUserId, text } from '../values.ts'

const LETTER_STATUS = ['Queued', 'Sent', 'Failed', 'Suppressed'] as const
export type LetterStatus = (typeof LETTER_STATUS)[number]

/** A letter as its reader sees it; `timestamp` is the time of sending. */
export const shownLetter = z.object({
  message_id: shownId,
  user_id: shownUserId,
  status: z.enum(LETTER_STATUS),
  message: z.string(),
  timestamp: shownMoment,
})
export type ShownLetter = z.infer<typeof shownLetter>

/** A letter with all that is known of its way. */
export const letterInFull = shownLetter.extend({
  notification_type: shownId,
  order_id: shownId.nullable(),
  subject: z.string(),
  attempts: z.int(),
  next_attempt_at: shownMoment.nullable(),
  last_error: z.string().nullable(),
  version: z.int(),
})
export type LetterInFull = z.infer<typeof letterInFull>

/** A mail that the mailbox has caught; `message_id` is the letter's. */
const shownMail = z.object({
  mail_id: shownId,
  message_id: shownId,
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  received_at: shownMoment,
  bytes: z.int(),
})
export type ShownMail = z.infer<typeof shownMail>

/** The same with everything that its reader would see. */
const mailInFull = shownMail.extend({
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  text: z.string(),
})
export type MailInFull = z.infer<typeof mailInFull>

/** What every event that makes a letter says of it. */
const madeLetter = {
  message_id: shownId,
  user_id: shownUserId,
  notification_type: shownId,
  order_id: shownId.nullable(),
  occurred_at: shownMoment,
}
const sealedLetter = z.object({ subject: z.string(), message: z.string() })
const theLetter = { message_id: shownId, user_id: shownUserId, order_id: shownId.nullable() }

export const notificationContract = defineActorContract({
  actor: 'notification',
  summary: 'letters to users',
  commands: {
    SendLetter: {
      summary: 'send a user a letter, at once or at a later time',
      body: z.strictObject({
        user_id: id,
        message: text(10_000),
        notification_type: id,
        timestamp: moment,
        send_at: moment.optional(),
      }),
      reply: z.object({ message_id: shownId }),
      refusals: ['user_not_found'],
    },
    ResendLetter: {
      summary: 'send a letter once more, under the Message-ID that it has',
      body: z.strictObject({ message_id: id, if_version: ifVersionField }),
      reply: letterInFull,
      refusals: ['letter_not_found', 'letter_not_resendable', 'version_mismatch'],
    },
    LiftSuppression: {
      summary: 'write again to a user whose address had bounced',
      body: z.strictObject({ user_id: id }),
      reply: z.object({ user_id: shownUserId, suppressed: z.literal(false) }),
      refusals: ['user_not_found'],
    },
  },
  queries: {
    ListLetters: {
      summary: "a user's letters, the oldest first",
      body: z.strictObject({
        user_id: id,
        ...pageFields,
        from: moment.optional(),
        to: moment.optional(),
        type: id.optional(),
      }),
      reply: pageOf(shownLetter),
      refusals: ['user_not_found'],
    },
    ListLettersInFull: {
      summary: "a user's letters with all that is known of their way, the oldest first",
      body: z.strictObject({ user_id: id, ...pageFields }),
      reply: pageOf(letterInFull),
      refusals: ['user_not_found'],
    },
    ListAllLetters: {
      summary: 'letters with all that is known of their way, the newest first',
      body: z.strictObject({ user_id: id.optional(), status: z.enum(LETTER_STATUS).optional(), ...pageFields }),
      reply: pageOf(letterInFull),
      refusals: [],
    },
    GetLetter: {
      summary: 'one letter, with all that is known of its way',
      body: z.strictObject({ message_id: id }),
      reply: letterInFull,
      refusals: ['letter_not_found'],
    },
    ListMailbox: {
      summary: 'the mails that were caught in memory instead of being sent, the newest first (`KASSA_MAIL=mailbox`)',
      body: z.strictObject(pageFields),
      reply: pageOf(shownMail),
      refusals: ['mailbox_off'],
    },
    GetMailboxMessage: {
      summary: 'one mail of the mailbox as its reader would see it: its headers and its text',
      body: z.strictObject({ mail_id: id }),
      reply: mailInFull,
      refusals: ['mailbox_off', 'mail_not_found'],
    },
  },
  events: {
    RecipientAdded: { summary: 'a user can be written to', data: z.object({ user_id: shownUserId, locale }) },
    RecipientChanged: {
      summary: 'a user reads another language, or has another address: one that did not bounce yet',
      data: z.object({ user_id: shownUserId, locale, suppressed: z.boolean() }),
    },
    LetterQueued: {
      summary: 'a letter was written, or is to be sent once more; it goes out at `send_at`',
      data: z.object({ ...madeLetter, send_at: shownMoment }),
      personal: sealedLetter,
    },
    LetterDelayed: {
      summary: 'a letter could not be handed over this time; it is tried again at `next_attempt_at`',
      data: z.object({ ...theLetter, attempts: z.int(), next_attempt_at: shownMoment, error: z.string() }),
    },
    LetterSent: {
      summary: 'a letter was handed over; with no mail server it counts as sent as soon as it is written',
      data: z.object(madeLetter),
      personal: sealedLetter.partial(),
    },
    LetterFailed: {
      summary: 'a letter will not be delivered; `bounced` when the address is no good for ever',
      data: z.object({ ...theLetter, error: z.string(), bounced: z.boolean() }),
    },
    LetterSuppressed: {
      summary: 'a letter, written now or before, is not sent, because the address had bounced',
      data: z.object(madeLetter),
      personal: sealedLetter.partial(),
    },
    SuppressionLifted: { summary: 'a user is written to again', data: z.object({ user_id: shownUserId }) },
  },
})
