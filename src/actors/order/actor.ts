/** The order actor: its rules over its tables, and whom it listens to. */
import { eventSubject, streamOf } from '../../bus/subjects.ts'
import type { ActorDefinition } from '../kernel/actor.ts'
import { type Decision, happened } from '../kernel/decision.ts'
import type { AppliedEvent } from '../kernel/event.ts'
import { amountOut, LOCALES, momentOut, userIdOut } from '../values.ts'
import { orderContract, type ShownOrder } from './contract.ts'
import {
  confirmOrder,
  createOrder,
  createUser,
  type KnownOrder,
  type KnownProduct,
  placeOrder,
  registerUser,
  rejectOrder,
  subscribeQueue,
  waitsForUser,
} from './rules.ts'
import { ORDER_TABLES, type OrderRow, openOrderTables, type ProductRow } from './tables.ts'

/** Names of consumers that Kassa makes itself, or is going to: `billing-0`, `notification-1`. */
const OUR_NAMES = /^(order|billing|notification|kassa)(-|$)/i

export const orderActor: ActorDefinition<typeof orderContract> = {
  contract: orderContract,
  tables: ORDER_TABLES,
  listensTo: ['billing'],
  open: (store, vault, settings, address) => {
    const tables = openOrderTables(store)
    // What the readers of a queue are given: every user, from the first.
    const usersCreated = eventSubject(address, 'UserCreated', '*')
    const known = (row: OrderRow | undefined) => row && { ...knownOrder(row), ...row, totalMinor: row.total_minor }

    return {
      decide: {
        CreateUser: body =>
          createUser(tables.nextUserId(settings.firstUserId), { ...body, locale: body.locale ?? LOCALES[0] }),
        RegisterUser: body => {
          const user = tables.user(body.user_id)
          const known = user && { ...user, ...vault.open(user.user_id, user.sealed) }
          return registerUser(known, body.user_id, { ...body, locale: body.locale ?? LOCALES[0] })
        },
        CreateOrder: body =>
          createOrder(
            {
              user: tables.user(body.user_id),
              product: knownProduct(tables.product(body.product_id)),
              nextOrderId: tables.nextOrderId(settings.firstOrderId),
              defaultPriceMinor: settings.defaultPriceMinor,
            },
            body,
          ),
        PlaceOrder: body =>
          placeOrder({ user: tables.user(body.user_id), order: known(tables.order(body.order_id)) }, body),
        SubscribeQueue: ({ queue_name }) =>
          subscribeQueue(
            { exists: tables.hasQueue(queue_name), ours: OUR_NAMES.test(queue_name), count: tables.countQueues() },
            queue_name,
          ),
      },

      apply: tables.apply,

      answer: {
        GetOrder: ({ order_id }) => {
          const row = tables.order(order_id)
          if (!row) return { refusal: { code: 'order_not_found', detail: `there is no order ${order_id}` } }
          return { reply: shown(row) }
        },
        GetUser: ({ user_id }) => {
          const row = tables.user(user_id)
          if (!row) return { refusal: { code: 'user_not_found', detail: `there is no user ${user_id}` } }
          return { reply: { user_id: userIdOut(row.user_id), locale: row.locale, version: row.version } }
        },
        GetQueue: async ({ queue_name }, bus) => {
          if (!tables.hasQueue(queue_name))
            return { refusal: { code: 'not_found', detail: `there is no queue ${queue_name}` } }
          const { pending } = await bus.logStream(address).consumer(queue_name, usersCreated)
          return { reply: { queue_name, stream: streamOf(address), consumer: queue_name, pending } }
        },
      },

      react: {
        billing: {
          MoneyWithdrawn: event => confirmOrder(orderOf(event)),
          WithdrawalRejected: event => rejectOrder(orderOf(event), event.data.reason),
        },
      },

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
          wanted: tables.queues,
          carryOut: async (queueName, bus) => {
            await bus.logStream(address).consumer(queueName, usersCreated)
          },
          againWithStream: true,
        },
      ],

      audit: () => [],
    }

    function orderOf(event: AppliedEvent): KnownOrder | undefined {
      const row = tables.order(event.data.order_id)
      return row && knownOrder(row)
    }
  },
}

const knownOrder = ({ order_id, user_id, status, locale }: OrderRow): KnownOrder => ({
  order_id,
  user_id,
  status,
  locale,
})

const knownProduct = (row: ProductRow | undefined): KnownProduct | undefined =>
  row && { product_id: row.product_id, priceMinor: row.price_minor }

const shown = (row: OrderRow): ShownOrder => ({
  order_id: row.order_id,
  user_id: userIdOut(row.user_id),
  product_id: row.product_id,
  product_name: row.product_name,
  quantity: row.quantity,
  status: row.status,
  reason: row.reason,
  total_amount: amountOut(row.total_minor),
  created_at: momentOut(row.created_at),
  updated_at: momentOut(row.updated_at),
  version: row.version,
})
