/** Examples of what travels on the bus alone: each event, from the story of order 54321, and replies that HTTP shows otherwise. */
import { EXAMPLES } from './examples.ts'

const user = 93493453
const the = { user_id: user, order_id: '54321', locale: 'ru' }
const money = { user_id: user, operation_id: '12345', amount: '500' }
const letter = { message_id: '67890', user_id: user, order_id: '54321' }
const queuedLetter = { ...letter, notification_type: 'order_confirmed', occurred_at: '2023-09-07T14:30:00Z' }
const webhook = { webhook_id: 'wh_2f0a5e40ea72b5c89e1c' }
const delivery = { ...webhook, delivery_id: 'wh_2f0a5e40ea72b5c89e1c-order-0-7' }
/** What a person has written or is called: nobody but its actor can read it. */
const sealed = 'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k'
const chain = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const person = String(user)

/** The `data` of each, by type. */
export const EVENT_EXAMPLES: Readonly<Record<string, object>> = {
  Started: { start_id: '0f8b6a9e-53b1-4b6a-9a53-1f7a3c2d4e5f', version: '0.1.0' },
  CommandRefused: { command: 'CreateOrder', code: 'product_not_found' },
  NothingChanged: { command: 'SubscribeQueue' },
  CommandParked: {
    command: 'Withdraw',
    person,
    waits_for: 'user 93493453',
    until: '2023-09-07T14:31:00Z',
    reason: 'user_not_found',
    attempts: 1,
    sealed,
  },
  DeadLettered: {
    command: 'Withdraw',
    person,
    reason: 'unknown_order',
    detail: 'there is no order unique_order_id',
    attempts: 1,
    version: '0.1.0',
    sealed,
  },
  Redriven: { dead_letter_id: 'billing-0-17', attempt: 2, by: 'olga' },
  Discarded: { dead_letter_id: 'billing-0-17', by: 'olga' },
  PersonErased: { user_id: user },
  Voided: {},
  EpochStarted: {
    kept: 17,
    voided: 1,
    accepted: [{ reader: 'billing/0', seq: 17, chain }],
    ids: { order: 54321 },
  },
  WentBack: { source: 'order/0', epoch: 1, seq: 17, chain, orphans: 1 },
  InboxTrimmed: { until: '2023-08-31T14:30:00.000Z' },

  UserCreated: { user_id: user, locale: 'ru', allotted: true, sealed },
  UserChanged: { user_id: user, locale: 'en', address_changed: true, sealed },
  ProductChanged: { product_id: '12345', name: 'Product 12345', price: '100' },
  OrderCreated: {
    ...the,
    product_id: '12345',
    product_name: null,
    quantity: 5,
    total_amount: '500',
    allotted: true,
  },
  OrderConfirmed: the,
  OrderRejected: { ...the, reason: 'insufficient_funds' },
  OrderCancelled: the,
  OrderRefunded: { ...the, amount: '500' },
  QueueSubscribed: { queue_name: 'user_creation_queue' },
  QueueNameTaken: { queue_name: 'user_creation_queue' },

  AccountOpened: { user_id: user },
  MoneyPut: { ...money, amount: '1000', balance: 1000 },
  MoneyWithdrawn: { ...money, order_id: '54321', balance: 500 },
  MoneyRefunded: { ...money, order_id: '54321', balance: 1000 },
  WithdrawalRejected: { user_id: user, order_id: '54321', amount: '500', reason: 'insufficient_funds' },
  OutcomeRepeated: { user_id: user, order_id: '54321', amount: '500', outcome: 'withdrawn', reason: null },

  RecipientAdded: { user_id: user, locale: 'ru' },
  RecipientChanged: { user_id: user, locale: 'en', suppressed: false },
  LetterQueued: { ...queuedLetter, send_at: '2023-09-07T14:30:01Z', sealed },
  LetterDelayed: { ...letter, attempts: 1, next_attempt_at: '2023-09-07T14:31:00Z', error: '450 to RCPT TO' },
  LetterSent: queuedLetter,
  LetterFailed: { ...letter, error: '550 5.1.1 to RCPT TO', bounced: true },
  LetterSuppressed: queuedLetter,
  SuppressionLifted: { user_id: user },

  WebhookCreated: {
    ...webhook,
    person: 'webhook/wh_2f0a5e40ea72b5c89e1c',
    events: ['OrderConfirmed'],
    description: 'the warehouse',
    sealed,
  },
  WebhookChanged: {
    ...webhook,
    person: 'webhook/wh_2f0a5e40ea72b5c89e1c',
    events: null,
    description: null,
    status: 'Enabled',
    positions: { 'order/0': 18 },
    sealed,
  },
  SecretRotated: {
    ...webhook,
    person: 'webhook/wh_2f0a5e40ea72b5c89e1c',
    previous_until: '2023-09-08T14:30:00Z',
    sealed,
  },
  WebhookDisabled: { ...delivery, answer: '410', reason: 'gone', positions: { 'order/0': 18 } },
  WebhookDeleted: webhook,
  WebhookReplayed: { ...webhook, from: { 'order/0': 1 } },
  WebhookTested: webhook,
  DeliveriesQueued: {
    source: 'order/0',
    sequence: 17,
    event_type: 'OrderConfirmed',
    user_id: user,
    webhook_ids: [webhook.webhook_id],
    behind: [],
  },
  WebhookCaughtUp: {
    ...webhook,
    source: 'order/0',
    next: null,
    events: [{ sequence: 17, event_type: 'OrderConfirmed', user_id: user }],
  },
  DeliveryDone: { ...delivery, answer: '200' },
  DeliveryDelayed: {
    ...delivery,
    answer: '503',
    attempts: 1,
    next_attempt_at: '2023-09-07T14:30:05Z',
    hold_until: null,
  },
  DeliveryFailed: { ...delivery, answer: 'ECONNREFUSED', attempts: 10 },
  DeliveryRetried: delivery,
}

/** The whole event of a type as it travels, from the log of `actor`; `undefined` where there is no such type. */
export const exampleEvent = (type: string, actor: string) => {
  const data = EVENT_EXAMPLES[type]
  if (data === undefined) return undefined
  const about = 'user_id' in data ? { subject: String(user) } : {}
  return {
    specversion: '1.0',
    id: `${actor}/0/17`,
    source: `${actor}/0`,
    type,
    ...about,
    time: '2023-09-07T14:30:00Z',
    datacontenttype: 'application/json',
    sequence: '17',
    data,
  }
}

/** Where the gateway leaves something out, adds something, or hands out the items alone. */
const REPLIES: Readonly<Record<string, object>> = {
  PutProduct: { product_id: '12345', name: 'Product 12345', price: '100', version: 2, made: true },
  SubscribeQueue: { queue_name: 'user_creation_queue' },
  GetHistory: { items: EXAMPLES.GetHistory?.reply, next_cursor: null },
  ListLetters: { items: EXAMPLES.ListLetters?.reply, next_cursor: null },
}

/** What a yes to the command or query `name` looks like on the bus; `undefined` where there is no example. */
export const exampleReply = (name: string): unknown => REPLIES[name] ?? EXAMPLES[name]?.reply
