/** The order actor: its rules over its tables, and whom it listens to. */
import { ConsumerTaken } from '../../bus/bus.ts'
import { eventSubject, streamOf } from '../../bus/subjects.ts'
import { sample } from '../../metrics/figure.ts'
import type { ActorDefinition, Answer } from '../kernel/actor.ts'
import { type Decision, happened, replying } from '../kernel/decision.ts'
import { openIdFloors } from '../kernel/epochs.ts'
import { NEWEST, NO_CURSOR, readCursor, toPage } from '../kernel/paging.ts'
import { amountOut, LOCALES, momentOut, userIdOut } from '../values.ts'
import { orderContract, orderThread, type ShownOrder, type ShownProduct, type ShownUser } from './contract.ts'
import {
  cancelOrder,
  changeUser,
  confirmOrder,
  createOrder,
  createUser,
  eraseUser,
  giveUpQueue,
  type KnownOrder,
  type KnownProduct,
  type Person,
  placeOrder,
  putProduct,
  refundOrder,
  registerUser,
  rejectOrder,
  repeatOutcome,
  subscribeQueue,
  waitsForUser,
} from './rules.ts'
import { ORDER_TABLES, type OrderRow, openOrderTables, type ProductRow, type UserRow } from './tables.ts'

/**
 * Names of consumers that Kassa makes itself, and removes, or is going to: `billing-0`, `notification-1`. `webhook-shop`
 * may be somebody's already.
 */
const OUR_NAMES = /^((order|billing|notification|kassa)(-|$)|webhook-\d+(-|$))/i

export const orderActor: ActorDefinition<typeof orderContract> = {
  contract: orderContract,
  tables: ORDER_TABLES,
  listensTo: ['billing'],
  offersConsumers: true,
  open: (store, vault, settings, address) => {
    const tables = openOrderTables(store)
    const leastId = openIdFloors(store)
    const nextUserId = () => tables.nextUserId(Math.max(settings.firstUserId, leastId('user')))
    const nextOrderId = () => tables.nextOrderId(Math.max(settings.firstOrderId, leastId('order')))
    // What the readers of a queue are given: every user, from the first.
    const usersCreated = eventSubject(address, 'UserCreated', '*')
    const known = (row: OrderRow | undefined) => row && { ...knownOrder(row), ...row, totalMinor: row.total_minor }

    return {
      decide: {
        CreateUser: body => createUser(nextUserId(), { ...body, locale: body.locale ?? LOCALES[0] }),
        RegisterUser: body => {
          const known = tables.isErased(body.user_id) ? 'erased' : person(body.user_id)
          return registerUser(known, body.user_id, { ...body, locale: body.locale ?? LOCALES[0] })
        },
        CreateOrder: body =>
          createOrder(
            {
              user: tables.user(body.user_id),
              product: knownProduct(tables.product(body.product_id)),
              nextOrderId: nextOrderId(),
              defaultPriceMinor: settings.defaultPriceMinor,
            },
            body,
          ),
        PlaceOrder: body =>
          placeOrder({ user: tables.user(body.user_id), order: known(tables.order(body.order_id)) }, body),
        CancelOrder: body => replying(cancelOrder(order(body.order_id), body), () => orderReply(body.order_id)),
        RefundOrder: body => replying(refundOrder(order(body.order_id), body), () => orderReply(body.order_id)),
        PutProduct: body => {
          const row = tables.product(body.product_id)
          return replying(putProduct(row && { ...row, priceMinor: row.price_minor }, body), () => ({
            ...shownProduct(tables.product(body.product_id) as ProductRow),
            made: row === undefined,
          }))
        },
        ChangeUser: body =>
          replying(changeUser(person(body.user_id), body), () => userReply(body.user_id), body.user_id),
        EraseUser: body => eraseUser(tables.user(body.user_id), body),
        SubscribeQueue: ({ queue_name }) =>
          subscribeQueue(
            { exists: tables.hasQueue(queue_name), ours: OUR_NAMES.test(queue_name), count: tables.countQueues() },
            queue_name,
          ),
      },

      own: {
        GiveUpQueue: body => {
          const name = String(body.queue_name)
          return giveUpQueue(tables.hasQueue(name), name)
        },
      },

      apply: tables.apply,

      answer: {
        GetOrder: ({ order_id }) => {
          const row = tables.order(order_id)
          if (!row) return { refusal: { code: 'order_not_found', detail: `there is no order ${order_id}` } }
          return { reply: shown(row) }
        },
        ListOrders: ({ user_id = null, status = null, limit, cursor }) => {
          const before = readCursor(cursor, NEWEST)
          if (before === undefined) return NO_CURSOR
          const read = (most: number) => tables.orders({ user_id, status, before, limit: most })
          return toPage(limit, read, shown, row => row.created)
        },
        GetProduct: ({ product_id }) => {
          const row = tables.product(product_id)
          if (!row) return { refusal: { code: 'product_not_found', detail: `there is no product ${product_id}` } }
          return { reply: shownProduct(row) }
        },
        ListProducts: ({ limit, cursor }) => {
          const before = readCursor(cursor, NEWEST)
          if (before === undefined) return NO_CURSOR
          return toPage(
            limit,
            most => tables.products(before, most),
            shownProduct,
            row => row.version,
          )
        },
        GetUser: ({ user_id }) => {
          if (!tables.user(user_id))
            return { refusal: { code: 'user_not_found', detail: `there is no user ${user_id}` } }
          return { reply: userReply(user_id) }
        },
        GetQueue: async ({ queue_name }, bus) => {
          if (tables.isTaken(queue_name)) return nameTaken(queue_name)
          if (!tables.hasQueue(queue_name))
            return { refusal: { code: 'not_found', detail: `there is no queue ${queue_name}` } }
          try {
            const { pending } = await bus.logStream(address).consumer(queue_name, usersCreated)
            return { reply: { queue_name, stream: streamOf(address), consumer: queue_name, pending } }
          } catch (error) {
            if (!(error instanceof ConsumerTaken)) throw error
            return nameTaken(queue_name)
          }
        },
      },

      react: {
        billing: {
          MoneyWithdrawn: ({ data }) => confirmOrder(order(data.order_id)),
          WithdrawalRejected: ({ data }) => rejectOrder(order(data.order_id), data.reason),
          OutcomeRepeated: ({ data }) => repeatOutcome(order(data.order_id), data),
        },
      },

      thread: ({ data }) => (typeof data.order_id === 'string' ? orderThread(data.order_id) : undefined),
      wakes: event => (event.type === 'UserCreated' ? [waitsForUser(event.user as string)] : []),

      // The file is what a new shop starts with: what the shop has already is left as it is.
      atOpen: (): Decision[] =>
        settings.catalog
          .filter(({ product_id }) => !tables.product(product_id))
          .map(({ product_id, name, priceMinor }) =>
            happened({ type: 'ProductChanged', data: { product_id, name, price: amountOut(priceMinor) } }),
          ),

      effects: [
        {
          name: 'queues',
          due: () => ({ keys: tables.queues() }),
          atOnce: 4,
          carryOut: async (queueName, { bus }) => {
            try {
              await bus.logStream(address).consumer(queueName, usersCreated)
              return undefined
            } catch (error) {
              if (!(error instanceof ConsumerTaken)) throw error
              return { name: 'GiveUpQueue', body: { queue_name: queueName } }
            }
          },
          againWithStream: true,
        },
      ],

      figures: committed => [
        ...Object.entries(OUTCOMES).map(([outcome, type]) =>
          sample('kassa_orders_total', committed(type), { outcome }),
        ),
        sample('kassa_orders_pending', tables.countPending()),
      ],
      nextIds: () => ({ user: Number(nextUserId()), order: Number(nextOrderId()) }),
      audit: () => [],
    }

    function order(orderId: string): KnownOrder | undefined {
      const row = tables.order(orderId)
      return row && knownOrder(row)
    }

    function orderReply(orderId: string): ShownOrder {
      return shown(tables.order(orderId) as OrderRow)
    }

    /** A user with what is personal; where the keys were lost, nothing of that is known any more. */
    function person(userId: string): (UserRow & Person) | undefined {
      const row = tables.user(userId)
      return row && { ...row, first_name: '', last_name: '', email: '', ...vault.open(userId, row.sealed) }
    }

    function userReply(userId: string): ShownUser {
      const { first_name, last_name, email, locale, created_at, version } = person(userId) as UserRow & Person
      return {
        user_id: userIdOut(userId),
        first_name,
        last_name,
        email,
        locale,
        created_at: momentOut(created_at),
        version,
      }
    }
  },
}

/** The outcomes of orders as operators count them, each with the event that tells it. */
const OUTCOMES = {
  created: 'OrderCreated',
  confirmed: 'OrderConfirmed',
  rejected: 'OrderRejected',
  cancelled: 'OrderCancelled',
  refunded: 'OrderRefunded',
} satisfies Record<string, keyof typeof orderContract.events>

const nameTaken = (queueName: string): Answer<never> => ({
  refusal: {
    code: 'name_taken',
    detail: `somebody has made a consumer ${queueName} of another kind; choose another name, or remove it and ask again`,
  },
})

const knownOrder = ({ order_id, user_id, status, locale, total_minor, version }: OrderRow): KnownOrder => ({
  order_id,
  user_id,
  status,
  locale,
  totalMinor: total_minor,
  version,
})

const knownProduct = (row: ProductRow | undefined): KnownProduct | undefined =>
  row && { product_id: row.product_id, priceMinor: row.price_minor }

const shownProduct = (row: ProductRow): ShownProduct => ({
  product_id: row.product_id,
  name: row.name,
  price: amountOut(row.price_minor),
  version: row.version,
})

const shown = (row: OrderRow): ShownOrder => ({
  order_id: row.order_id,
  user_id: userIdOut(row.user_id),
  product_id: row.product_id,
  product_name: row.product_name,
  quantity: row.quantity,
  status: row.status,
  reason: row.reason,
  total_amount: amountOut(row.total_minor),
  refunded_amount: row.refunded_minor === null ? null : amountOut(row.refunded_minor),
  created_at: momentOut(row.created_at),
  updated_at: momentOut(row.updated_at),
  version: row.version,
})
