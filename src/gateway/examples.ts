/** What the founding document shows of each operation, in valid JSON, and the same story told on for those under /v1. */

type Example = { request?: unknown; reply?: unknown }

const user = 93493453

const order = {
  order_id: '54321',
  user_id: user,
  product_id: '12345',
  product_name: null,
  quantity: 5,
  status: 'Confirmed',
  reason: null,
  total_amount: '500',
  refunded_amount: null,
  created_at: '2023-09-07T14:30:00Z',
  updated_at: '2023-09-07T14:30:01Z',
  version: 7,
}
const product = { product_id: '12345', name: 'Product 12345', price: '100', version: 2 }
const john = {
  user_id: user,
  first_name: 'John',
  last_name: 'Colinse',
  email: 'user@email.com',
  locale: 'ru',
  created_at: '2023-09-07T14:30:00Z',
  version: 4,
}
const letter = {
  message_id: '67890',
  user_id: user,
  status: 'Sent',
  message: 'Ваш заказ #54321 ожидает подтверждения.',
  timestamp: '2023-09-07T15:00:00Z',
  notification_type: 'order_pending',
  order_id: '54321',
  subject: 'Заказ #54321 ожидает подтверждения',
  attempts: 0,
  next_attempt_at: null,
  last_error: null,
  version: 3,
}
const mail = {
  mail_id: '1',
  message_id: letter.message_id,
  from: 'Kassa <kassa@localhost>',
  to: john.email,
  subject: letter.subject,
  received_at: '2023-09-07T15:00:00Z',
  bytes: 612,
}
const operation = {
  operation_id: '12345',
  user_id: user,
  type: 'refill',
  amount: '1000',
  timestamp: '2023-09-07T14:30:00Z',
}
const deadLetter = {
  dead_letter_id: 'billing-0-17',
  actor: 'billing',
  command: 'Withdraw',
  reason: 'unknown_order',
  detail: 'there is no order unique_order_id',
  body: { order_id: 'unique_order_id', amount: 100 },
  attempts: 1,
  version: '0.1.0',
  status: 'waiting',
  created_at: '2023-09-07T14:35:00Z',
}
const step = {
  actor: 'order',
  type: 'OrderCreated',
  time: '2023-09-07T14:30:00.000Z',
  subject: 'order.0.event.OrderCreated.93493453',
  stream: 'ORDER_0',
  sequence: 6,
  command: '-/CreateOrder/an-order-of-mine',
  caused_by: null,
  data: { order_id: '54321', user_id: user, product_id: '12345', quantity: 5, total_amount: '500' },
}

const webhook = {
  webhook_id: 'wh_2f0a5e40ea72b5c89e1c',
  url: 'https://shop.example.com/kassa',
  events: ['OrderConfirmed', 'OrderRejected'],
  description: 'the warehouse',
  status: 'Enabled',
  reason: null,
  waiting: 0,
  catching_up: {},
  last_delivered_at: '2023-09-07T14:30:01Z',
  last_error: null,
  created_at: '2023-09-07T14:00:00Z',
  updated_at: '2023-09-07T14:00:00Z',
  version: 2,
}
const { webhook_id } = webhook
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const delivery = {
  delivery_id: `${webhook_id}-order-0-7`,
  webhook_id,
  event_id: 'order/0/7',
  type: 'OrderConfirmed',
  user_id: user,
  status: 'Delivered',
  attempts: 1,
  next_attempt_at: null,
  last_answer: '200',
  created_at: '2023-09-07T14:30:00Z',
  updated_at: '2023-09-07T14:30:01Z',
}
const waitingDelivery = { ...delivery, status: 'Waiting', attempts: 0, next_attempt_at: '2023-09-07T14:30:00Z' }

/** By operation. */
export const EXAMPLES: Record<string, Example> = {
  CreateUser: {
    request: { first_name: 'John', last_name: 'Colinse', email: 'user@email.com' },
    reply: { user_id: user },
  },
  PutMoney: { request: { user_id: user, amount: '1000' }, reply: { balance: 2000 } },
  GetHistory: {
    request: { user_id: user },
    reply: [
      { operation_id: '12345', user_id: user, type: 'refill', amount: '1000', timestamp: '2023-09-07T14:30:00Z' },
      { operation_id: '12346', user_id: user, type: 'withdrawal', amount: '500', timestamp: '2023-09-08T09:45:00Z' },
    ],
  },
  ListLetters: {
    request: { user_id: user },
    reply: [
      {
        message_id: '67890',
        user_id: user,
        status: 'Sent',
        message: 'Ваш заказ #54321 ожидает подтверждения.',
        timestamp: '2023-09-07T15:00:00Z',
      },
      {
        message_id: '67891',
        user_id: user,
        status: 'Sent',
        message: 'Ваш заказ #54321 подтвержден и отправлен.',
        timestamp: '2023-09-08T10:00:00Z',
      },
    ],
  },
  CreateOrder: {
    request: { user_id: user, product_id: '12345', quantity: 5 },
    reply: { order_id: '54321', user_id: user, product_id: '12345', quantity: 5, status: 'Pending' },
  },
  SendLetter: {
    request: {
      user_id: '93493453',
      message: 'Ваш заказ #54321 подтвержден и отправлен.',
      notification_type: 'order_shipment',
      timestamp: '2023-09-07T14:30:00Z',
    },
    reply: { message_id: '67890' },
  },
  RegisterUser: {
    request: { user_id: 'unique_user_id', first_name: 'John', last_name: 'Doe', email: 'johndoe@example.com' },
  },
  SubscribeQueue: {
    request: { queue_name: 'user_creation_queue' },
    reply: { queue_name: 'user_creation_queue', stream: 'ORDER_0', consumer: 'user_creation_queue', pending: 1 },
  },
  PlaceOrder: {
    request: {
      order_id: 'unique_order_id',
      user_id: 'user_id_associated_with_order',
      order_details: { product_name: 'Product XYZ', quantity: 3, total_amount: 100 },
    },
  },
  Withdraw: { request: { order_id: 'unique_order_id', amount: 100 } },
  GetOrder: { request: { order_id: '54321' }, reply: order },
  ListOrders: { request: { user_id: user, status: 'Confirmed' }, reply: { items: [order], next_cursor: '6' } },
  CancelOrder: { request: { order_id: '54321' }, reply: { ...order, status: 'Cancelled' } },
  RefundOrder: {
    request: { order_id: '54321', amount: '200' },
    reply: { ...order, status: 'Refunded', refunded_amount: '200', version: 8 },
  },
  GetOrderTimeline: { request: { order_id: '54321' }, reply: { items: [step], next_cursor: null } },
  ListProducts: { reply: { items: [product], next_cursor: null } },
  GetProduct: { request: { product_id: '12345' }, reply: product },
  PutProduct: { request: { product_id: '12345', name: product.name, price: '100' }, reply: product },
  GetUser: { request: { user_id: user }, reply: john },
  ChangeUser: {
    request: { user_id: user, email: 'john@example.com', locale: 'en' },
    reply: { ...john, email: 'john@example.com', locale: 'en', version: 9 },
  },
  EraseUser: { request: { user_id: user }, reply: { user_id: user, erased: true } },
  ExportUser: {
    request: { user_id: user },
    reply: {
      exported_at: '2023-09-08T10:00:00Z',
      user: john,
      balance: 500,
      orders: [order],
      operations: [operation],
      letters: [letter],
      commands: [],
    },
  },
  ListAllLetters: { request: { user_id: user, status: 'Sent' }, reply: { items: [letter], next_cursor: '67890' } },
  GetLetter: { request: { message_id: '67890' }, reply: letter },
  ResendLetter: { request: { message_id: '67890' }, reply: { ...letter, status: 'Queued', version: 11 } },
  ListMailbox: { reply: { items: [mail], next_cursor: null } },
  GetMailboxMessage: {
    request: { mail_id: mail.mail_id },
    reply: {
      ...mail,
      headers: [
        { name: 'From', value: mail.from },
        { name: 'To', value: mail.to },
        { name: 'Subject', value: mail.subject },
      ],
      text: letter.message,
    },
  },
  LiftSuppression: { request: { user_id: user }, reply: { user_id: user, suppressed: false } },
  CreateWebhook: {
    request: { url: webhook.url, events: webhook.events, description: webhook.description },
    reply: { ...webhook, last_delivered_at: null, secret },
  },
  ListWebhooks: { reply: { items: [webhook], next_cursor: null } },
  GetWebhook: { request: { webhook_id }, reply: webhook },
  ChangeWebhook: {
    request: { webhook_id, status: 'Disabled' },
    reply: {
      ...webhook,
      status: 'Disabled',
      reason: 'asked',
      catching_up: { 'order/0': 8, 'billing/0': 5, 'notification/0': 5 },
      version: 19,
    },
  },
  DeleteWebhook: { request: { webhook_id }, reply: { webhook_id, deleted: true } },
  RotateSecret: { request: { webhook_id }, reply: { ...webhook, version: 20, secret } },
  TestWebhook: {
    request: { webhook_id },
    reply: {
      ...waitingDelivery,
      delivery_id: `${webhook_id}-webhook-0-21`,
      event_id: 'webhook/0/21',
      type: 'WebhookTested',
      user_id: null,
      last_answer: null,
    },
  },
  ReplayWebhook: {
    request: { webhook_id, from: { 'order/0': 1 } },
    reply: { ...webhook, catching_up: { 'order/0': 1 }, version: 22 },
  },
  ListDeliveries: { request: { webhook_id, status: 'Delivered' }, reply: { items: [delivery], next_cursor: null } },
  RetryDelivery: {
    request: { webhook_id, delivery_id: delivery.delivery_id },
    reply: { ...waitingDelivery, last_answer: null },
  },
  FollowEvents: { reply: step },
  ListDeadLetters: { request: { status: 'waiting' }, reply: { items: [deadLetter], next_cursor: null } },
  RedriveDeadLetter: {
    request: { dead_letter_id: 'billing-0-17', body: { order_id: '54321', amount: 100 }, by: 'olga' },
    reply: { dead_letter_id: 'billing-0-17', status: 'redriven' },
  },
  DiscardDeadLetter: {
    request: { dead_letter_id: 'billing-0-17', by: 'olga' },
    reply: { dead_letter_id: 'billing-0-17', status: 'discarded' },
  },
  KillActor: { request: { actor: 'billing' }, reply: { actor: 'billing', pid: 4711 } },
  DeleteStream: { request: { actor: 'order' }, reply: { stream: 'ORDER_0', messages: 57 } },
  SlowMail: { request: { seconds: 15 }, reply: { seconds: 15, each_letter_ms: 2000 } },
  GetBalance: { request: { user_id: user }, reply: { user_id: user, balance: 500, version: 2 } },
}
