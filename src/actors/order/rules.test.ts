/** When a user, an order or a queue comes about, and when not: one row a reason. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Decision } from '../kernel/decision.ts'
import { specify } from '../kernel/test-rules.ts'
import { MAX_BALANCE_MINOR } from '../values.ts'
import {
  confirmOrder,
  createOrder,
  createUser,
  giveUpQueue,
  MOST_QUEUES,
  placeOrder,
  registerUser,
  rejectOrder,
  subscribeQueue,
  waitsForUser,
} from './rules.ts'

// ---- users

const person = { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com', locale: 'ru' } as const
const user = { user_id: '93493453', locale: 'ru' } as const

const userCreated = (user_id: string, shown: string | number, locale: string, allotted: boolean): Decision => ({
  kind: 'event',
  event: {
    type: 'UserCreated',
    user: user_id,
    data: { user_id: shown, locale, allotted },
    personal: { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com' },
  },
  reply: { user_id: shown },
})

specify('order: creating a user', [
  {
    given: 'the next free id',
    outcome: 'the user gets it, and name and address are sealed',
    decide: () => createUser('93493453', person),
    decision: userCreated('93493453', 93493453, 'ru', true),
  },
  {
    given: 'a language',
    outcome: 'the user keeps it',
    decide: () => createUser('93493454', { ...person, locale: 'en' }),
    decision: userCreated('93493454', 93493454, 'en', true),
  },
])

const otherContent: Decision = {
  kind: 'refusal',
  refusal: { code: 'invalid_id', detail: 'user unique_user_id exists with other content' },
  deadLetter: 'content_mismatch',
}
const known = { ...person, user_id: 'unique_user_id' }

specify('order: registering a user whose id comes from outside', [
  {
    given: 'nobody of this id',
    outcome: 'the user is created under it',
    decide: () => registerUser(undefined, 'unique_user_id', person),
    decision: userCreated('unique_user_id', 'unique_user_id', 'ru', false),
  },
  {
    given: 'the same person under this id',
    outcome: 'nothing changes',
    decide: () => registerUser(known, 'unique_user_id', person),
    decision: { kind: 'nothing', reply: { user_id: 'unique_user_id' } },
  },
  {
    given: 'another first name under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => registerUser({ ...known, first_name: 'Pyotr' }, 'unique_user_id', person),
    decision: otherContent,
  },
  {
    given: 'another last name under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => registerUser({ ...known, last_name: 'Ivanov' }, 'unique_user_id', person),
    decision: otherContent,
  },
  {
    given: 'another address under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => registerUser({ ...known, email: 'petrov@example.com' }, 'unique_user_id', person),
    decision: otherContent,
  },
  {
    given: 'another language under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => registerUser({ ...known, locale: 'en' }, 'unique_user_id', person),
    decision: otherContent,
  },
])

// ---- orders

const product = { product_id: '12345', priceMinor: 100_00 }
const wish = { user_id: '93493453', product_id: '12345', quantity: 5 }
const facts = { user, product, nextOrderId: '54321', defaultPriceMinor: undefined }

const orderCreated = (quantity: number, total_amount: string, locale = 'ru'): Decision => ({
  kind: 'event',
  event: {
    type: 'OrderCreated',
    user: '93493453',
    data: {
      order_id: '54321',
      user_id: 93493453,
      product_id: '12345',
      product_name: null,
      quantity,
      total_amount,
      locale,
      allotted: true,
    },
  },
  reply: { order_id: '54321', user_id: 93493453, product_id: '12345', quantity, status: 'Pending' },
})

const unknownUser: Decision = {
  kind: 'refusal',
  refusal: { code: 'user_not_found', detail: 'there is no user 93493453' },
  deadLetter: 'unknown_user',
  waitsFor: 'user 93493453',
}

const tooMuch = 'should be less: the order would cost more than any balance can hold'

specify('order: creating an order', [
  {
    given: 'no such user',
    outcome: 'it is refused: user_not_found; from the queue it waits for the user',
    decide: () => createOrder({ ...facts, user: undefined }, wish),
    decision: unknownUser,
  },
  {
    given: 'no such product and no default price',
    outcome: 'it is refused: product_not_found',
    decide: () => createOrder({ ...facts, product: undefined }, wish),
    decision: {
      kind: 'refusal',
      refusal: { code: 'product_not_found', detail: 'there is no product 12345' },
      deadLetter: 'product_not_found',
    },
  },
  {
    given: 'a total beyond every balance',
    outcome: 'it is refused: invalid_quantity',
    decide: () =>
      createOrder(
        { ...facts, product: { product_id: '12345', priceMinor: 1_000_000_000_00 } },
        { ...wish, quantity: 1_000_000 },
      ),
    decision: {
      kind: 'refusal',
      refusal: {
        code: 'invalid_quantity',
        detail: `#/quantity: ${tooMuch}`,
        errors: [{ pointer: '#/quantity', detail: tooMuch }],
      },
      deadLetter: 'invalid_quantity',
    },
  },
  {
    given: 'no such product but a default price',
    outcome: 'that is the price',
    decide: () => createOrder({ ...facts, product: undefined, defaultPriceMinor: 1_50 }, wish),
    decision: orderCreated(5, '7.50'),
  },
  {
    given: 'a product and a default price',
    outcome: 'the catalogue is the price',
    decide: () => createOrder({ ...facts, defaultPriceMinor: 1_50 }, wish),
    decision: orderCreated(5, '500'),
  },
  {
    given: 'a total that just fits a balance',
    outcome: 'the order is taken',
    decide: () =>
      createOrder(
        { ...facts, product: { product_id: '12345', priceMinor: MAX_BALANCE_MINOR } },
        { ...wish, quantity: 1 },
      ),
    decision: orderCreated(1, '9999999999999.99'),
  },
  {
    given: 'a user and a product',
    outcome: 'the order waits for billing, in the user’s language',
    decide: () => createOrder({ ...facts, user: { user_id: '93493453', locale: 'en' } }, wish),
    decision: orderCreated(5, '500', 'en'),
  },
])

const placing = {
  order_id: '54321',
  user_id: '93493453',
  order_details: { product_name: 'Product', quantity: 5, total_amount: 500_00 },
}
const placed = {
  version: 7,
  order_id: '54321',
  user_id: '93493453',
  status: 'Pending',
  locale: 'ru',
  product_name: 'Product',
  quantity: 5,
  totalMinor: 500_00,
} as const
const otherOrder: Decision = {
  kind: 'refusal',
  refusal: { code: 'invalid_id', detail: 'order 54321 exists with other content' },
  deadLetter: 'content_mismatch',
}

specify('order: placing an order whose id and total come from outside', [
  {
    given: 'the same order',
    outcome: 'nothing changes, whatever became of it',
    decide: () => placeOrder({ user, order: { ...placed, status: 'Confirmed' } }, placing),
    decision: { kind: 'nothing', reply: { order_id: '54321' } },
  },
  {
    given: 'an order of another user under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => placeOrder({ user, order: { ...placed, user_id: '7' } }, placing),
    decision: otherOrder,
  },
  {
    given: 'an order of another product under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => placeOrder({ user, order: { ...placed, product_name: null } }, placing),
    decision: otherOrder,
  },
  {
    given: 'an order of another quantity under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => placeOrder({ user, order: { ...placed, quantity: 6 } }, placing),
    decision: otherOrder,
  },
  {
    given: 'an order of another total under this id',
    outcome: 'it is set aside: content_mismatch',
    decide: () => placeOrder({ user, order: { ...placed, totalMinor: 500_01 } }, placing),
    decision: otherOrder,
  },
  {
    given: 'a total beyond every balance',
    outcome: 'it is refused: invalid_amount',
    decide: () =>
      placeOrder(
        { user, order: undefined },
        { ...placing, order_details: { ...placing.order_details, total_amount: MAX_BALANCE_MINOR + 1 } },
      ),
    decision: {
      kind: 'refusal',
      refusal: {
        code: 'invalid_amount',
        detail: '#/order_details/total_amount: should be no more than a balance can hold',
      },
      deadLetter: 'invalid_amount',
    },
  },
  {
    given: 'a user who does not exist yet',
    outcome: 'it waits for the user; if they never come it is unknown_user',
    decide: () => placeOrder({ user: undefined, order: undefined }, placing),
    decision: unknownUser,
  },
  {
    given: 'a user',
    outcome: 'the order is taken under its id at its total',
    decide: () => placeOrder({ user, order: undefined }, placing),
    decision: {
      kind: 'event',
      event: {
        type: 'OrderCreated',
        user: '93493453',
        data: {
          order_id: '54321',
          user_id: 93493453,
          product_id: null,
          product_name: 'Product',
          quantity: 5,
          total_amount: '500',
          locale: 'ru',
          allotted: false,
        },
      },
      reply: { order_id: '54321' },
    },
  },
])

specify('order: billing has charged an order', [
  {
    given: 'that it is pending',
    outcome: 'it is confirmed',
    decide: () => confirmOrder(placed),
    decision: {
      kind: 'event',
      event: {
        type: 'OrderConfirmed',
        user: '93493453',
        data: { order_id: '54321', user_id: 93493453, locale: 'ru' },
      },
      reply: {},
    },
  },
  {
    given: 'that it has ended already',
    outcome: 'nothing changes',
    decide: () => confirmOrder({ ...placed, status: 'Rejected' }),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'no such order',
    outcome: 'nothing changes',
    decide: () => confirmOrder(undefined),
    decision: { kind: 'nothing', reply: {} },
  },
])

specify('order: billing could not charge an order', [
  {
    given: 'that it is pending',
    outcome: 'it is rejected with billing’s reason',
    decide: () => rejectOrder(placed, 'insufficient_funds'),
    decision: {
      kind: 'event',
      event: {
        type: 'OrderRejected',
        user: '93493453',
        data: { order_id: '54321', user_id: 93493453, reason: 'insufficient_funds', locale: 'ru' },
      },
      reply: {},
    },
  },
  {
    given: 'that it has ended already',
    outcome: 'nothing changes',
    decide: () => rejectOrder({ ...placed, status: 'Confirmed' }, 'insufficient_funds'),
    decision: { kind: 'nothing', reply: {} },
  },
  {
    given: 'no such order',
    outcome: 'nothing changes',
    decide: () => rejectOrder(undefined, 'insufficient_funds'),
    decision: { kind: 'nothing', reply: {} },
  },
])

// ---- queues

specify('order: subscribing to created users', [
  {
    given: 'a name that Kassa uses',
    outcome: 'it is refused: name_taken',
    decide: () => subscribeQueue({ exists: false, ours: true, count: 0 }, 'billing-0'),
    decision: {
      kind: 'refusal',
      refusal: { code: 'name_taken', detail: "billing-0 is a name of Kassa's own; choose another" },
      deadLetter: 'name_taken',
    },
  },
  {
    given: 'as many queues as may be',
    outcome: 'one more is refused: queue_limit',
    decide: () => subscribeQueue({ exists: false, ours: false, count: MOST_QUEUES }, 'user_creation_queue'),
    decision: {
      kind: 'refusal',
      refusal: { code: 'queue_limit', detail: 'there are 100 queues already' },
      deadLetter: 'queue_limit',
    },
  },
  {
    given: 'as many queues as may be, this one among them',
    outcome: 'it is confirmed',
    decide: () => subscribeQueue({ exists: true, ours: false, count: MOST_QUEUES }, 'user_creation_queue'),
    decision: { kind: 'nothing', reply: { queue_name: 'user_creation_queue' } },
  },
  {
    given: 'room for one more',
    outcome: 'it is subscribed',
    decide: () => subscribeQueue({ exists: false, ours: false, count: MOST_QUEUES - 1 }, 'user_creation_queue'),
    decision: {
      kind: 'event',
      event: { type: 'QueueSubscribed', data: { queue_name: 'user_creation_queue' } },
      reply: { queue_name: 'user_creation_queue' },
    },
  },
])

specify('order: a queue whose name is somebody else’s', [
  {
    given: 'it was subscribed',
    outcome: 'it is given up',
    decide: () => giveUpQueue(true, 'mine'),
    decision: { kind: 'event', event: { type: 'QueueNameTaken', data: { queue_name: 'mine' } }, reply: {} },
  },
  {
    given: 'it was given up already',
    outcome: 'nothing happens',
    decide: () => giveUpQueue(false, 'mine'),
    decision: { kind: 'nothing', reply: {} },
  },
])

describe('order: what a command waits for', () => {
  it('names the user', () => assert.equal(waitsForUser('93493453'), 'user 93493453'))
})
