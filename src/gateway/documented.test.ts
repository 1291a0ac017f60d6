/** The ten documented operations, against actors that say what the document says. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTestGateway } from './test-gateway.ts'

type Case = {
  request: [method: string, path: string, text?: string]
  status: number
  reply: unknown
  asks: string
  body: unknown
}

// The founding document's own bodies, broken as they stand there.
const CASES: Record<string, Case> = {
  '1 a user': {
    request: [
      'POST',
      '/user/create/',
      '{\n    "first_name": "John",\n    "last_name": "Colinse",\n    "email": "user@email.com", \n}',
    ],
    status: 201,
    reply: { user_id: 93493453 },
    asks: 'order.0.command.CreateUser',
    body: { first_name: 'John', last_name: 'Colinse', email: 'user@email.com' },
  },
  '2 money': {
    request: ['POST', '/money/put/', '{\n    "user_id:" 93493453,\n    "amount": "1000",\n}'],
    status: 202,
    reply: { balance: 2000 },
    asks: 'billing.0.command.PutMoney',
    body: { user_id: 93493453, amount: '1000' },
  },
  '3 the history': {
    request: ['GET', '/money/history?user_id=93493453'],
    status: 200,
    reply: [],
    asks: 'billing.0.query.GetHistory',
    body: { user_id: '93493453', limit: '10000' },
  },
  '4 the letters': {
    request: ['GET', '/notifications/messages?user_id=93493453'],
    status: 200,
    reply: [],
    asks: 'notification.0.query.ListLetters',
    body: { user_id: '93493453', limit: '10000' },
  },
  '5 an order': {
    request: [
      'POST',
      '/orders/create/',
      '{\n    "user_id": 93493453,\n    "product_id": "12345",\n    "quantity": 5\n}',
    ],
    status: 201,
    reply: { order_id: '54321', user_id: 93493453, product_id: '12345', quantity: 5, status: 'Pending' },
    asks: 'order.0.command.CreateOrder',
    body: { user_id: 93493453, product_id: '12345', quantity: 5 },
  },
  '6 a letter': {
    request: [
      'POST',
      '/notifications/send',
      '{"user_id": "93493453","message": "Ваш заказ #54321 подтвержден и отправлен.","notification_type": "order_shipment","timestamp": "2023-09-07T14:30:00Z"}',
    ],
    status: 202,
    reply: { message_id: '67890' },
    asks: 'notification.0.command.SendLetter',
    body: {
      user_id: '93493453',
      message: 'Ваш заказ #54321 подтвержден и отправлен.',
      notification_type: 'order_shipment',
      timestamp: '2023-09-07T14:30:00Z',
    },
  },
  '8 a queue': {
    request: ['POST', '/mq/billing/subscribe', '{"queue_name": "user_creation_queue"}'],
    status: 200,
    reply: { queue_name: 'user_creation_queue', stream: 'ORDER_0', consumer: 'user_creation_queue', pending: 0 },
    asks: 'order.0.command.SubscribeQueue',
    body: { queue_name: 'user_creation_queue' },
  },
}

const QUEUED: Record<string, { path: string; text: string; subject: string; body: unknown }> = {
  '7 a user': {
    path: '/mq/users',
    text: '{"user_id": "unique_user_id","first_name": "John","last_name": "Doe","email": "johndoe@example.com"}',
    subject: 'order.0.queue.RegisterUser',
    body: { user_id: 'unique_user_id', first_name: 'John', last_name: 'Doe', email: 'johndoe@example.com' },
  },
  '9 an order': {
    path: '/mq/orders',
    text: '{"order_id": "unique_order_id","user_id": "user_id_associated_with_order","order_details": {"product_name": "Product XYZ","quantity": 3,"total_amount": 100.00}}',
    subject: 'order.0.queue.PlaceOrder',
    body: {
      order_id: 'unique_order_id',
      user_id: 'user_id_associated_with_order',
      // The literal, not the float.
      order_details: { product_name: 'Product XYZ', quantity: 3, total_amount: '100.00' },
    },
  },
  '10 a withdrawal': {
    path: '/mq/withdrawals',
    text: '{"order_id": "unique_order_id","amount": 100.00}',
    subject: 'billing.0.queue.Withdraw',
    body: { order_id: 'unique_order_id', amount: '100.00' },
  },
}

suite('the documented operations', () => {
  for (const [what, { request, status, reply, asks, body }] of Object.entries(CASES)) {
    const [method, path, text] = request
    const [bare = '', query] = path.split('?')
    const withSlash = `${bare.replace(/\/$/, '')}/${query ? `?${query}` : ''}`
    const without = `${bare.replace(/\/$/, '')}${query ? `?${query}` : ''}`

    for (const asWritten of [withSlash, without])
      test(`${what}: ${method} ${asWritten}`, async () => {
        const { bus, send } = createTestGateway()
        const response = await send(method, asWritten, text === undefined ? {} : { text })

        assert.equal(response.status, status)
        assert.deepEqual(await response.json(), reply)
        assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
        assert.equal(bus.asked[0]?.subject, asks)
        assert.deepEqual(bus.asked[0]?.body, body)
      })
  }

  for (const [what, { path, text, subject, body }] of Object.entries(QUEUED))
    for (const asWritten of [path, `${path}/`])
      test(`${what} for the queue: POST ${asWritten}`, async () => {
        const { bus, send } = createTestGateway()
        const response = await send('POST', asWritten, { text })

        assert.equal(response.status, 202)
        const receipt = (await response.json()) as { accepted: boolean; id: string }
        assert.equal(receipt.accepted, true)
        assert.match(receipt.id, /^[0-9a-f-]{36}$/)
        assert.equal(bus.sent.length, 1)
        assert.equal(bus.sent[0]?.subject, subject)
        assert.equal(bus.sent[0]?.id, `-/${subject.split('.')[3]}/${receipt.id}`)
        assert.deepEqual(JSON.parse(new TextDecoder().decode(bus.sent[0]?.body)), body)
        assert.equal(bus.asked.length, 0)
      })
})
