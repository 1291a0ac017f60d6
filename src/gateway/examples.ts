/** What the founding document shows of each operation, in valid JSON. */

type Example = { request?: unknown; reply?: unknown }

const user = 93493453

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
  GetOrder: { request: { order_id: '54321' } },
  GetBalance: { request: { user_id: user }, reply: { user_id: user, balance: 500, version: 2 } },
}
