/** When a user, an order or a queue comes about, and when not. Pure: given what is known, what follows? */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { amountOut, type Locale, MAX_BALANCE_MINOR, userIdOut } from '../values.ts'
import type { OrderStatus } from './contract.ts'

/** Who a user is, as commands say it. */
export type Person = { first_name: string; last_name: string; email: string; locale: Locale }

export type KnownUser = { user_id: string; locale: Locale }
export type KnownProduct = { product_id: string; priceMinor: number }
export type KnownOrder = { order_id: string; user_id: string; status: OrderStatus; locale: Locale }

/** Most durable consumers that may be asked for; each costs the broker memory. */
export const MOST_QUEUES = 100

const personal = ({ first_name, last_name, email }: Person) => ({ first_name, last_name, email })

const userCreated = (userId: string, person: Person, allotted: boolean): Decision =>
  happened(
    {
      type: 'UserCreated',
      user: userId,
      data: { user_id: userIdOut(userId), locale: person.locale, allotted },
      personal: personal(person),
    },
    { user_id: userIdOut(userId) },
  )

/** A new user under the next free id. The same address twice makes two users (contract §3.9). */
export const createUser = (nextUserId: string, person: Person): Decision => userCreated(nextUserId, person, true)

/** A user whose id comes from outside. The same once more is fulfilled already; other content under the id is a no. */
export const registerUser = (
  known: (KnownUser & Partial<Person>) | undefined,
  userId: string,
  person: Person,
): Decision => {
  if (!known) return userCreated(userId, person, false)
  if (samePerson(known, person)) return nothing({ user_id: userIdOut(userId) })
  return refuse('invalid_id', `user ${userId} exists with other content`, { deadLetter: 'content_mismatch' })
}

const samePerson = (known: Partial<Person>, person: Person): boolean =>
  known.first_name === person.first_name &&
  known.last_name === person.last_name &&
  known.email === person.email &&
  known.locale === person.locale

/** An order at the catalogue's price, which is frozen in it. */
export const createOrder = (
  known: {
    user: KnownUser | undefined
    product: KnownProduct | undefined
    nextOrderId: string
    defaultPriceMinor: number | undefined
  },
  command: { user_id: string; product_id: string; quantity: number },
): Decision => {
  const { user, product, nextOrderId } = known
  if (!user)
    return refuse('user_not_found', `there is no user ${command.user_id}`, {
      waitsFor: waitsForUser(command.user_id),
      deadLetter: 'unknown_user',
    })
  const priceMinor = product?.priceMinor ?? known.defaultPriceMinor
  if (priceMinor === undefined) return refuse('product_not_found', `there is no product ${command.product_id}`)
  // Compared by division: the product of both may be more than a float holds.
  if (priceMinor > MAX_BALANCE_MINOR / command.quantity) {
    const detail = 'should be less: the order would cost more than any balance can hold'
    return refuse('invalid_quantity', `#/quantity: ${detail}`, { errors: [{ pointer: '#/quantity', detail }] })
  }

  const user_id = userIdOut(user.user_id)
  const { product_id, quantity } = command
  return happened(
    {
      type: 'OrderCreated',
      user: user.user_id,
      data: {
        order_id: nextOrderId,
        user_id,
        product_id,
        product_name: null,
        quantity,
        total_amount: amountOut(priceMinor * quantity),
        locale: user.locale,
        allotted: true,
      },
    },
    { order_id: nextOrderId, user_id, product_id, quantity, status: 'Pending' },
  )
}

/** An order whose id and total come from outside. It waits for its user. */
export const placeOrder = (
  known: {
    user: KnownUser | undefined
    order: (KnownOrder & { product_name: string | null; quantity: number; totalMinor: number }) | undefined
  },
  command: {
    order_id: string
    user_id: string
    order_details: { product_name: string; quantity: number; total_amount: number }
  },
): Decision => {
  const { user, order } = known
  const { order_id, order_details: details } = command
  if (order) {
    const same =
      order.user_id === command.user_id &&
      order.product_name === details.product_name &&
      order.quantity === details.quantity &&
      order.totalMinor === details.total_amount
    if (same) return nothing({ order_id })
    return refuse('invalid_id', `order ${order_id} exists with other content`, { deadLetter: 'content_mismatch' })
  }
  if (details.total_amount > MAX_BALANCE_MINOR)
    return refuse('invalid_amount', '#/order_details/total_amount: should be no more than a balance can hold')
  if (!user)
    return refuse('user_not_found', `there is no user ${command.user_id}`, {
      waitsFor: waitsForUser(command.user_id),
      deadLetter: 'unknown_user',
    })

  return happened(
    {
      type: 'OrderCreated',
      user: user.user_id,
      data: {
        order_id,
        user_id: userIdOut(user.user_id),
        product_id: null,
        product_name: details.product_name,
        quantity: details.quantity,
        total_amount: amountOut(details.total_amount),
        locale: user.locale,
        allotted: false,
      },
    },
    { order_id },
  )
}

/** What a command waits for that names a user who does not exist yet. */
export const waitsForUser = (userId: string): string => `user ${userId}`

/** Billing charged the order. */
export const confirmOrder = (order: KnownOrder | undefined): Decision => endOrder(order, 'OrderConfirmed', {})

/** Billing could not charge the order. */
export const rejectOrder = (order: KnownOrder | undefined, reason: string): Decision =>
  endOrder(order, 'OrderRejected', { reason })

// An order ends once; what comes later about it changes nothing.
const endOrder = (order: KnownOrder | undefined, type: string, more: Record<string, string>): Decision => {
  if (order?.status !== 'Pending') return nothing()
  const { order_id, user_id, locale } = order
  return happened({ type, user: user_id, data: { order_id, user_id: userIdOut(user_id), ...more, locale } })
}

/** A durable consumer under a name of the caller's choice. */
export const subscribeQueue = (
  known: { exists: boolean; ours: boolean; count: number },
  queueName: string,
): Decision => {
  if (known.ours) return refuse('name_taken', `${queueName} is a name of Kassa's own; choose another`)
  if (known.exists) return nothing({ queue_name: queueName })
  if (known.count >= MOST_QUEUES) return refuse('overloaded', `there are ${MOST_QUEUES} queues already`)
  return happened({ type: 'QueueSubscribed', data: { queue_name: queueName } }, { queue_name: queueName })
}
