/** When a letter is written, and when not: one row a reason. */
import type { Decision } from '../kernel/decision.ts'
import { specify } from '../kernel/test-rules.ts'
import { addRecipient, sendLetter, writeOrderLetter } from './rules.ts'

const occurredAt = Date.parse('2023-09-07T14:30:00Z')
const recipient = { user_id: '93493453', locale: 'ru' } as const
const command = { user_id: '93493453', message: 'Здравствуйте!', notification_type: 'email', timestamp: occurredAt }

const letterSent = (notification_type: string, order_id: string | null, message: string): Decision => ({
  kind: 'event',
  event: {
    type: 'LetterSent',
    user: '93493453',
    data: {
      message_id: '67890',
      user_id: 93493453,
      notification_type,
      order_id,
      occurred_at: '2023-09-07T14:30:00Z',
    },
    personal: { message },
  },
  reply: { message_id: '67890' },
})

specify('notification: a user was created', [
  {
    given: 'nobody of this id',
    outcome: 'they can be written to in their language',
    decide: () => addRecipient(undefined, '93493453', 'en'),
    decision: {
      kind: 'event',
      event: { type: 'RecipientAdded', user: '93493453', data: { user_id: 93493453, locale: 'en' } },
      reply: {},
    },
  },
  {
    given: 'that they can be written to already',
    outcome: 'nothing changes',
    decide: () => addRecipient(recipient, '93493453', 'en'),
    decision: { kind: 'nothing', reply: {} },
  },
])

specify('notification: a letter is to be sent', [
  {
    given: 'no such user',
    outcome: 'it is refused: user_not_found',
    decide: () => sendLetter(undefined, '67890', command),
    decision: {
      kind: 'refusal',
      refusal: { code: 'user_not_found', detail: 'there is no user 93493453' },
      deadLetter: 'user_not_found',
    },
  },
  {
    given: 'a user',
    outcome: 'it is sent in the sender’s words, which are sealed, with the time of what it tells of',
    decide: () => sendLetter(recipient, '67890', command),
    decision: letterSent('email', null, 'Здравствуйте!'),
  },
])

const about = { user_id: '93493453', order_id: '54321', locale: 'ru', occurredAt } as const
const pending = 'Ваш заказ #54321 ожидает подтверждения.'

specify('notification: something became of an order', [
  {
    given: 'that this letter was written already',
    outcome: 'nothing changes',
    decide: () => writeOrderLetter({ written: true, nextMessageId: '67891' }, { ...about, letter: 'order_pending' }),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'an order that waits',
    outcome: 'its user is told so',
    decide: () => writeOrderLetter({ written: false, nextMessageId: '67890' }, { ...about, letter: 'order_pending' }),
    decision: letterSent('order_pending', '54321', pending),
  },
  {
    given: 'a confirmed order of an English reader',
    outcome: 'the letter is in English',
    decide: () =>
      writeOrderLetter(
        { written: false, nextMessageId: '67890' },
        { ...about, letter: 'order_confirmed', locale: 'en' },
      ),
    decision: letterSent('order_confirmed', '54321', 'Your order #54321 is confirmed and on its way.'),
  },
  {
    given: 'a rejected order',
    outcome: 'its user is told why',
    decide: () => writeOrderLetter({ written: false, nextMessageId: '67890' }, { ...about, letter: 'order_rejected' }),
    decision: letterSent('order_rejected', '54321', 'Ваш заказ #54321 отклонен: недостаточно средств на счете.'),
  },
])
