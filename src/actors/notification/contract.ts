/** What the notification actor answers and publishes: letters. */
import { z } from 'zod'
import { defineActorContract, pageFields, pageOf } from '../kernel/kernel-contract.ts'
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

export const notificationContract = defineActorContract({
  actor: 'notification',
  summary: 'letters to users',
  commands: {
    SendLetter: {
      summary: 'send a user a letter',
      body: z.strictObject({
        user_id: id,
        message: text(10_000),
        notification_type: id,
        timestamp: moment,
      }),
      reply: z.object({ message_id: shownId }),
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
  },
  events: {
    RecipientAdded: { summary: 'a user can be written to', data: z.object({ user_id: shownUserId, locale }) },
    LetterSent: {
      summary: 'a letter was written and sent; with no mail server it counts as sent at once',
      data: z.object({
        message_id: shownId,
        user_id: shownUserId,
        notification_type: shownId,
        order_id: shownId.nullable(),
        occurred_at: shownMoment,
      }),
      personal: z.object({ message: z.string() }),
    },
  },
})
