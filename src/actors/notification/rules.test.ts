/** When a letter is written, sent, tried again or given up: one row a reason. */
import type { ProblemCode } from '../../bus/problem.ts'
import type { Decision } from '../kernel/decision.ts'
import { specify } from '../kernel/test-rules.ts'
import {
  addRecipient,
  changeRecipient,
  GIVE_UP_MS,
  type KnownLetter,
  liftSuppression,
  recordDelivery,
  resendLetter,
  sendLetter,
  writeOrderLetter,
} from './rules.ts'

const now = Date.parse('2023-09-07T14:30:00Z')
const MINUTE_MS = 60_000
const recipient = { user_id: '93493453', locale: 'ru', suppressed: false } as const
const suppressed = { ...recipient, suppressed: true }
const nothing: Decision = { kind: 'nothing', reply: {} }

const refused = (code: ProblemCode, detail: string): Decision => ({
  kind: 'refusal',
  refusal: { code, detail },
  deadLetter: code,
})
const happened = (type: string, data: object, more: { personal?: object; reply?: object } = {}): Decision =>
  ({ kind: 'event', event: { type, user: '93493453', data, ...without(more) }, reply: more.reply ?? {} }) as Decision
const without = ({ personal }: { personal?: object }) => (personal ? { personal } : {})

specify('notification: a user was created', [
  {
    given: 'nobody of this id',
    outcome: 'they can be written to in their language',
    decide: () => addRecipient(false, '93493453', 'en'),
    decision: happened('RecipientAdded', { user_id: 93493453, locale: 'en' }),
  },
  {
    given: 'that they can be written to already',
    outcome: 'nothing changes',
    decide: () => addRecipient(true, '93493453', 'en'),
    decision: nothing,
  },
])

specify('notification: a user was changed', [
  {
    given: 'nobody of this id',
    outcome: 'nothing changes',
    decide: () => changeRecipient(undefined, { locale: 'en', addressChanged: true }),
    decision: nothing,
  },
  {
    given: 'the same language, and letters that do not come back',
    outcome: 'nothing changes, whatever the address is',
    decide: () => changeRecipient(recipient, { locale: 'ru', addressChanged: true }),
    decision: nothing,
  },
  {
    given: 'the same language and the address that had bounced',
    outcome: 'nothing changes',
    decide: () => changeRecipient(suppressed, { locale: 'ru', addressChanged: false }),
    decision: nothing,
  },
  {
    given: 'another language',
    outcome: 'they are written to in it',
    decide: () => changeRecipient(recipient, { locale: 'en', addressChanged: false }),
    decision: happened('RecipientChanged', { user_id: 93493453, locale: 'en', suppressed: false }),
  },
  {
    given: 'another language and the address that had bounced',
    outcome: 'they are still not written to',
    decide: () => changeRecipient(suppressed, { locale: 'en', addressChanged: false }),
    decision: happened('RecipientChanged', { user_id: 93493453, locale: 'en', suppressed: true }),
  },
  {
    given: 'another address than the one that had bounced',
    outcome: 'they are written to again',
    decide: () => changeRecipient(suppressed, { locale: 'ru', addressChanged: true }),
    decision: happened('RecipientChanged', { user_id: 93493453, locale: 'ru', suppressed: false }),
  },
])

const writing = { recipient, nextMessageId: '67890', byMail: false, now }
const command = { user_id: '93493453', message: 'Здравствуйте!', notification_type: 'email', timestamp: now - 1000 }
const reply = { message_id: '67890' }
const note = {
  message_id: '67890',
  user_id: 93493453,
  notification_type: 'email',
  order_id: null,
  occurred_at: '2023-09-07T14:29:59Z',
}
const ownWords = { personal: { subject: 'Сообщение', message: 'Здравствуйте!' }, reply }

specify('notification: a letter is to be sent', [
  {
    given: 'no such user',
    outcome: 'it is refused: user_not_found',
    decide: () => sendLetter({ ...writing, recipient: undefined }, command),
    decision: refused('user_not_found', 'there is no user 93493453'),
  },
  {
    given: 'an address that had bounced',
    outcome: 'it is kept and not sent',
    decide: () => sendLetter({ ...writing, recipient: suppressed, byMail: true }, command),
    decision: happened('LetterSuppressed', note, ownWords),
  },
  {
    given: 'no mail server',
    outcome: 'it is sent, in the sender’s words, which are sealed, with the time of what it tells of',
    decide: () => sendLetter(writing, command),
    decision: happened('LetterSent', note, ownWords),
  },
  {
    given: 'no mail server and a time to come',
    outcome: 'it waits for its time',
    decide: () => sendLetter(writing, { ...command, send_at: now + MINUTE_MS }),
    decision: happened('LetterQueued', { ...note, send_at: '2023-09-07T14:31:00Z' }, ownWords),
  },
  {
    given: 'no mail server and a time that has passed',
    outcome: 'it is sent',
    decide: () => sendLetter(writing, { ...command, send_at: now }),
    decision: happened('LetterSent', note, ownWords),
  },
  {
    given: 'a mail server',
    outcome: 'it is queued, to go out at once',
    decide: () => sendLetter({ ...writing, byMail: true }, command),
    decision: happened('LetterQueued', { ...note, send_at: '2023-09-07T14:30:00Z' }, ownWords),
  },
  {
    given: 'a reader of English',
    outcome: 'its subject is English; the words are the sender’s',
    decide: () => sendLetter({ ...writing, recipient: { ...recipient, locale: 'en' } }, command),
    decision: happened('LetterSent', note, { ...ownWords, personal: { ...ownWords.personal, subject: 'Message' } }),
  },
])

const about = { locale: 'ru', occurredAt: now - 1000, told: { orderId: '54321' } } as const
const orderLetter = (notification_type: string, subject: string, message: string) =>
  happened('LetterSent', { ...note, notification_type, order_id: '54321' }, { personal: { subject, message }, reply })

specify('notification: something became of an order', [
  {
    given: 'that this letter was written already',
    outcome: 'nothing changes',
    decide: () => writeOrderLetter({ ...writing, written: true }, { ...about, letter: 'order_pending' }),
    decision: nothing,
  },
  {
    given: 'a user who was erased',
    outcome: 'nobody is written to',
    decide: () =>
      writeOrderLetter({ ...writing, recipient: undefined, written: false }, { ...about, letter: 'order_pending' }),
    decision: nothing,
  },
  {
    given: 'an order that waits',
    outcome: 'its user is told so',
    decide: () => writeOrderLetter({ ...writing, written: false }, { ...about, letter: 'order_pending' }),
    decision: orderLetter(
      'order_pending',
      'Заказ #54321 ожидает подтверждения',
      'Ваш заказ #54321 ожидает подтверждения.',
    ),
  },
  {
    given: 'a confirmed order of an English reader',
    outcome: 'the letter is in English',
    decide: () =>
      writeOrderLetter({ ...writing, written: false }, { ...about, letter: 'order_confirmed', locale: 'en' }),
    decision: orderLetter(
      'order_confirmed',
      'Order #54321 is confirmed',
      'Your order #54321 is confirmed and on its way.',
    ),
  },
  {
    given: 'a rejected order',
    outcome: 'its user is told why',
    decide: () => writeOrderLetter({ ...writing, written: false }, { ...about, letter: 'order_rejected' }),
    decision: orderLetter(
      'order_rejected',
      'Заказ #54321 отклонен',
      'Ваш заказ #54321 отклонен: недостаточно средств на счете.',
    ),
  },
  {
    given: 'a refunded order',
    outcome: 'its user is told how much',
    decide: () =>
      writeOrderLetter(
        { ...writing, written: false },
        { ...about, letter: 'order_refunded', told: { orderId: '54321', amount: '99.90' } },
      ),
    decision: orderLetter('order_refunded', 'Возврат по заказу #54321', 'По вашему заказу #54321 возвращено 99.90.'),
  },
])

const letter: KnownLetter = {
  message_id: '67890',
  user_id: '93493453',
  notification_type: 'order_pending',
  order_id: '54321',
  status: 'Queued',
  dueAt: now,
  attempts: 0,
  version: 3,
  wording: { subject: 'Заказ', message: 'Ваш заказ' },
}
const sent = { ...letter, status: 'Sent' } as const
const itself = { message_id: '67890' }
const requeued = happened(
  'LetterQueued',
  {
    message_id: '67890',
    user_id: 93493453,
    notification_type: 'order_pending',
    order_id: '54321',
    occurred_at: '2023-09-07T14:30:00Z',
    send_at: '2023-09-07T14:30:00Z',
  },
  { personal: { subject: 'Заказ', message: 'Ваш заказ' } },
)

specify('notification: a letter is to be sent once more', [
  {
    given: 'no such letter',
    outcome: 'it is refused: letter_not_found',
    decide: () => resendLetter(undefined, itself, now),
    decision: refused('letter_not_found', 'there is no letter 67890'),
  },
  {
    given: 'a letter that nobody can read any more',
    outcome: 'it is refused: letter_not_found',
    decide: () => resendLetter({ ...sent, wording: undefined }, itself, now),
    decision: refused('letter_not_found', 'there is no letter 67890'),
  },
  {
    given: 'another version than the one it is meant for',
    outcome: 'it is refused: version_mismatch',
    decide: () => resendLetter(sent, { ...itself, if_version: 2 }, now),
    decision: refused('version_mismatch', 'its version is 3; read it again'),
  },
  {
    given: 'that it is on its way',
    outcome: 'it is refused: letter_not_resendable',
    decide: () => resendLetter(letter, itself, now),
    decision: refused('letter_not_resendable', 'letter 67890 is on its way already'),
  },
  ...(['Sent', 'Failed', 'Suppressed'] as const).map(status => ({
    given: `that it is ${status}`,
    outcome: 'it goes out again, the same letter',
    decide: () => resendLetter({ ...letter, status }, { ...itself, if_version: '*' }, now),
    decision: requeued,
  })),
])

const facts = { now, jitter: 0.5 }
const later = { outcome: 'later', error: '451 to DATA' } as const
const theLetter = { message_id: '67890', user_id: 93493453, order_id: '54321' }
const delayed = (attempts: number, next_attempt_at: string) =>
  happened('LetterDelayed', { ...theLetter, attempts, next_attempt_at, error: '451 to DATA' })

specify('notification: a letter was handed to the mail server', [
  {
    given: 'that there is no such letter',
    outcome: 'nothing changes',
    decide: () => recordDelivery(undefined, { outcome: 'sent' }, facts),
    decision: nothing,
  },
  {
    given: 'a letter that does not wait any more, an erased one for one',
    outcome: 'nothing changes',
    decide: () => recordDelivery({ ...letter, status: 'Failed' }, { outcome: 'sent' }, facts),
    decision: nothing,
  },
  {
    given: 'that the server took it',
    outcome: 'it is sent',
    decide: () => recordDelivery(letter, { outcome: 'sent' }, facts),
    decision: happened('LetterSent', {
      ...theLetter,
      notification_type: 'order_pending',
      occurred_at: '2023-09-07T14:30:00Z',
    }),
  },
  {
    given: 'that it will never be taken',
    outcome: 'it has failed',
    decide: () => recordDelivery(letter, { outcome: 'never', error: '552 to DATA', bounced: false }, facts),
    decision: happened('LetterFailed', { ...theLetter, error: '552 to DATA', bounced: false }),
  },
  {
    given: 'that the address is no good',
    outcome: 'it has failed and the address bounced',
    decide: () => recordDelivery(letter, { outcome: 'never', error: '550 to RCPT TO', bounced: true }, facts),
    decision: happened('LetterFailed', { ...theLetter, error: '550 to RCPT TO', bounced: true }),
  },
  {
    given: 'that it was withheld, since the address had bounced meanwhile',
    outcome: 'it is suppressed',
    decide: () => recordDelivery(letter, { outcome: 'suppressed' }, facts),
    decision: happened('LetterSuppressed', {
      ...theLetter,
      notification_type: 'order_pending',
      occurred_at: '2023-09-07T14:30:00Z',
    }),
  },
  {
    given: 'that it may be taken later, and the least jitter',
    outcome: 'it is tried again after a minute',
    decide: () => recordDelivery(letter, later, { now, jitter: 0 }),
    decision: delayed(1, '2023-09-07T14:31:00Z'),
  },
  {
    given: 'that it may be taken later, and the most jitter',
    outcome: 'it is tried again after a minute and a quarter',
    decide: () => recordDelivery(letter, later, { now, jitter: 1 }),
    decision: delayed(1, '2023-09-07T14:31:15Z'),
  },
  {
    given: 'that it may be taken later, for the third time',
    outcome: 'it is tried again after four minutes',
    decide: () => recordDelivery({ ...letter, attempts: 2 }, later, { now, jitter: 0 }),
    decision: delayed(3, '2023-09-07T14:34:00Z'),
  },
  {
    given: 'that it may be taken later, for the twentieth time, and the most jitter',
    outcome: 'it is tried again after four hours, never longer',
    decide: () => recordDelivery({ ...letter, attempts: 19 }, later, { now, jitter: 1 }),
    decision: delayed(20, '2023-09-07T18:30:00Z'),
  },
  {
    given: 'that it may be taken later, an hour before its day is over',
    outcome: 'it is tried a last time at the end of its day',
    decide: () => recordDelivery({ ...letter, attempts: 12, dueAt: now - GIVE_UP_MS + 60 * MINUTE_MS }, later, facts),
    decision: delayed(13, '2023-09-07T15:30:00Z'),
  },
  {
    given: 'that it may be taken later, but its day is over',
    outcome: 'it is given up; the address is not blamed',
    decide: () => recordDelivery({ ...letter, attempts: 12, dueAt: now - GIVE_UP_MS }, later, facts),
    decision: happened('LetterFailed', {
      ...theLetter,
      error: 'given up after a day: 451 to DATA',
      bounced: false,
    }),
  },
  {
    given: 'that it may be taken later, and its day was over before it was tried at all',
    outcome: 'it is tried five times nevertheless',
    decide: () => recordDelivery({ ...letter, attempts: 3, dueAt: now - 3 * GIVE_UP_MS }, later, { now, jitter: 0 }),
    decision: delayed(4, '2023-09-07T14:38:00Z'),
  },
  {
    given: 'that it may be taken later, five times after its day was over',
    outcome: 'it is given up',
    decide: () => recordDelivery({ ...letter, attempts: 4, dueAt: now - 3 * GIVE_UP_MS }, later, facts),
    decision: happened('LetterFailed', {
      ...theLetter,
      error: 'given up after a day: 451 to DATA',
      bounced: false,
    }),
  },
])

const lifted = { user_id: 93493453, suppressed: false }

specify('notification: an address that had bounced is to be tried again', [
  {
    given: 'no such user',
    outcome: 'it is refused: user_not_found',
    decide: () => liftSuppression(undefined, '93493453'),
    decision: refused('user_not_found', 'there is no user 93493453'),
  },
  {
    given: 'that nothing came back',
    outcome: 'nothing changes',
    decide: () => liftSuppression(recipient, '93493453'),
    decision: { kind: 'nothing', reply: lifted },
  },
  {
    given: 'that letters came back',
    outcome: 'they are written to again',
    decide: () => liftSuppression(suppressed, '93493453'),
    decision: happened('SuppressionLifted', { user_id: 93493453 }, { reply: lifted }),
  },
])
