/** What the order actor answers and publishes: users, the catalogue, orders. */
import { z } from 'zod'
import { defineActorContract, ifVersionField, pageFields, pageOf } from '../kernel/kernel-contract.ts'
import { amount, email, id, line, locale, quantity, shownAmount, shownId, shownMoment, shownUserId } from '../values.ts'

const ORDER_STATUS = ['Pending', 'Confirmed', 'Rejected', 'Cancelled', 'Refunded'] as const
export type OrderStatus = (typeof ORDER_STATUS)[number]

/** An order as its readers see it. An order from the queue has a `product_name` and no `product_id`. */
export const shownOrder = z.object({
  order_id: shownId,
  user_id: shownUserId,
  product_id: shownId.nullable(),
  product_name: z.string().nullable(),
  quantity: z.int().positive(),
  status: z.enum(ORDER_STATUS),
  reason: z.string().nullable(),
  total_amount: shownAmount,
  refunded_amount: shownAmount.nullable(),
  created_at: shownMoment,
  updated_at: shownMoment,
  version: z.int(),
})
export type ShownOrder = z.infer<typeof shownOrder>

/** A product of the catalogue. */
export const shownProduct = z.object({ product_id: shownId, name: z.string(), price: shownAmount, version: z.int() })
export type ShownProduct = z.infer<typeof shownProduct>

/** A user with what is personal. */
export const shownUser = z.object({
  user_id: shownUserId,
  first_name: z.string(),
  last_name: z.string(),
  email: z.string(),
  locale,
  created_at: shownMoment,
  version: z.int(),
})
export type ShownUser = z.infer<typeof shownUser>

/** The version that a change is meant for, from `If-Match`; another one is `version_mismatch`. */
const ifVersion = { if_version: ifVersionField }

const person = { first_name: line(200), last_name: line(200), email, locale: locale.optional() }
const sealedPerson = z.object({ first_name: z.string(), last_name: z.string(), email: z.string() })

/** The name under which the steps of an order are found in every actor's log: `order 54321`. */
export const orderThread = (orderId: string): string => `order ${orderId}`

export const orderContract = defineActorContract({
  actor: 'order',
  summary: 'users, the catalogue and orders',
  commands: {
    CreateUser: {
      summary: 'make a user; the id is allotted',
      body: z.strictObject(person),
      reply: z.object({ user_id: shownUserId }),
      refusals: [],
    },
    RegisterUser: {
      summary: 'make a user whose id was allotted elsewhere',
      body: z.strictObject({ user_id: id, ...person }),
      reply: z.object({ user_id: shownUserId }),
      refusals: [],
      queueOnly: true,
    },
    CreateOrder: {
      summary: 'order a product at its catalogue price; billing then charges the user',
      body: z.strictObject({ user_id: id, product_id: id, quantity }),
      reply: z.object({
        order_id: shownId,
        user_id: shownUserId,
        product_id: shownId,
        quantity: z.int().positive(),
        status: z.literal('Pending'),
      }),
      refusals: ['user_not_found', 'product_not_found', 'invalid_quantity'],
    },
    PlaceOrder: {
      summary: 'take an order whose id and total were settled elsewhere',
      body: z.strictObject({
        order_id: id,
        user_id: id,
        order_details: z.strictObject({ product_name: line(200), quantity, total_amount: amount }),
      }),
      reply: z.object({ order_id: shownId }),
      refusals: ['user_not_found', 'invalid_amount'],
      queueOnly: true,
    },
    CancelOrder: {
      summary: 'give an order up while it is pending; it wins over a charge in flight, which billing gives back',
      body: z.strictObject({ order_id: id, ...ifVersion }),
      reply: shownOrder,
      refusals: ['order_not_found', 'order_not_pending', 'version_mismatch'],
    },
    RefundOrder: {
      summary: 'give the money of a confirmed order back, all or part of it, once',
      body: z.strictObject({ order_id: id, amount: amount.optional(), ...ifVersion }),
      reply: shownOrder,
      refusals: ['order_not_found', 'order_not_refundable', 'invalid_amount', 'version_mismatch'],
    },
    PutProduct: {
      summary: 'give a product a name and a price from now on; orders that were taken keep theirs',
      body: z.strictObject({ product_id: id, name: line(200), price: amount, ...ifVersion }),
      reply: shownProduct.extend({ made: z.boolean() }),
      refusals: ['invalid_amount', 'version_mismatch'],
    },
    ChangeUser: {
      summary: "change a user's name, address or language",
      body: z.strictObject({
        user_id: id,
        first_name: line(200).optional(),
        last_name: line(200).optional(),
        email: email.optional(),
        locale: locale.optional(),
        ...ifVersion,
      }),
      reply: shownUser,
      refusals: ['user_not_found', 'version_mismatch'],
    },
    EraseUser: {
      summary: 'forget all that is personal about a user, everywhere and for ever; the books stay whole',
      body: z.strictObject({ user_id: id, ...ifVersion }),
      reply: z.object({ user_id: shownUserId, erased: z.literal(true) }),
      refusals: ['user_not_found', 'version_mismatch'],
    },
    SubscribeQueue: {
      summary: 'make or confirm a durable consumer of that name on the events of created users',
      body: z.strictObject({ queue_name: id }),
      reply: z.object({ queue_name: shownId }),
      refusals: ['name_taken', 'queue_limit'],
    },
  },
  queries: {
    GetOrder: {
      summary: 'one order',
      body: z.strictObject({ order_id: id }),
      reply: shownOrder,
      refusals: ['order_not_found'],
    },
    ListOrders: {
      summary: 'orders, the newest first',
      body: z.strictObject({ user_id: id.optional(), status: z.enum(ORDER_STATUS).optional(), ...pageFields }),
      reply: pageOf(shownOrder),
      refusals: [],
    },
    GetProduct: {
      summary: 'one product',
      body: z.strictObject({ product_id: id }),
      reply: shownProduct,
      refusals: ['product_not_found'],
    },
    ListProducts: {
      summary: 'the catalogue, what was changed last first',
      body: z.strictObject(pageFields),
      reply: pageOf(shownProduct),
      refusals: [],
    },
    GetUser: {
      summary: 'one user, with what is personal',
      body: z.strictObject({ user_id: id }),
      reply: shownUser,
      refusals: ['user_not_found'],
    },
    GetQueue: {
      summary: 'a durable consumer made by SubscribeQueue, and how many events wait in it',
      body: z.strictObject({ queue_name: id }),
      reply: z.object({ queue_name: shownId, stream: z.string(), consumer: z.string(), pending: z.int() }),
      refusals: ['not_found', 'name_taken'],
    },
  },
  events: {
    UserCreated: {
      summary: 'a user exists; `allotted` when Kassa chose the id',
      data: z.object({ user_id: shownUserId, locale, allotted: z.boolean() }),
      personal: sealedPerson,
    },
    UserChanged: {
      summary: "a user's name, address or language is another from now on",
      data: z.object({ user_id: shownUserId, locale, address_changed: z.boolean() }),
      personal: sealedPerson,
    },
    ProductChanged: {
      summary: 'a product has this name and price from now on',
      data: z.object({ product_id: shownId, name: z.string(), price: shownAmount }),
    },
    OrderCreated: {
      summary: 'an order was taken; its price is frozen; `allotted` when Kassa chose the id',
      data: z.object({
        order_id: shownId,
        user_id: shownUserId,
        product_id: shownId.nullable(),
        product_name: z.string().nullable(),
        quantity: z.int().positive(),
        total_amount: shownAmount,
        locale,
        allotted: z.boolean(),
      }),
    },
    OrderConfirmed: {
      summary: 'the order is paid',
      data: z.object({ order_id: shownId, user_id: shownUserId, locale }),
    },
    OrderRejected: {
      summary: 'the order will not be carried out',
      data: z.object({ order_id: shownId, user_id: shownUserId, reason: z.string(), locale }),
    },
    OrderCancelled: {
      summary: 'the order was given up before it was paid',
      data: z.object({ order_id: shownId, user_id: shownUserId, locale }),
    },
    OrderRefunded: {
      summary: 'the money of a paid order is given back, all or part of it',
      data: z.object({ order_id: shownId, user_id: shownUserId, amount: shownAmount, locale }),
    },
    QueueSubscribed: {
      summary: 'a durable consumer of this name shall exist on the events of created users',
      data: z.object({ queue_name: shownId }),
    },
    QueueNameTaken: {
      summary: 'somebody has a consumer of this name that reads something else; the queue is given up',
      data: z.object({ queue_name: shownId }),
    },
  },
})
