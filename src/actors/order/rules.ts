/** When a user, an order or a queue comes about, and when not. Pure: given what is known, what follows? */
import { type Decision, happened, nothing, refuse } from '../kernel/decision.ts'
import { amountOut, type Locale, MAX_BALANCE_MINOR, userIdOut } from '../values.ts'
import type { OrderStatus } from './contract.ts'

/** What a change may be meant for: one version, any (`*`), or none yet (0). */
type Meant = { if_version?: number | '*' }

/** Who a user is, as commands say it. */
export type Person = { first_name: string; last_name: string; email: string; locale: Locale }

export type KnownUser = { user_id: string; locale: Locale }
export type KnownProduct = { product_id: string; priceMinor: number }
export type KnownOrder = {
  order_id: string
  user_id: string
  status: OrderStatus
  locale: Locale
  totalMinor: number
  version: number
}

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

/** A new user under the next free id. The same address twice makes two users. */
export const createUser = (nextUserId: string, person: Person): Decision => userCreated(nextUserId, person, true)

/** A user whose id comes from outside. The same once more is fulfilled already; other content under the id is a no. */
export const registerUser = (
  known: (KnownUser & Partial<Person>) | 'erased' | undefined,
  userId: string,
  person: Person,
): Decision => {
  if (known === 'erased')
    return refuse('invalid_id', `user ${userId} was erased; take another id`, { deadLetter: 'content_mismatch' })
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

/**
 * Billing knows the order from before it was lost here. One whose charge was given back, or was for other content, is
 * cancelled: then billing gives back what it still has of it.
 */
export const repeatOutcome = (
  order: KnownOrder | undefined,
  { outcome, reason }: { outcome: string; reason: string | null },
): Decision => {
  if (outcome === 'withdrawn') return confirmOrder(order)
  if (outcome === 'rejected') return rejectOrder(order, reason ?? '')
  return endOrder(order, 'OrderCancelled', {})
}

// An order ends once; what comes later about it changes nothing.
const endOrder = (order: KnownOrder | undefined, type: string, more: Record<string, string>): Decision => {
  if (order?.status !== 'Pending') return nothing()
  const { order_id, user_id, locale } = order
  return happened({ type, user: user_id, data: { order_id, user_id: userIdOut(user_id), ...more, locale } })
}

/** The customer gives an order up. It wins over a charge in flight: billing gives back what it took. */
export const cancelOrder = (order: KnownOrder | undefined, command: { order_id: string } & Meant): Decision => {
  if (!order) return refuse('order_not_found', `there is no order ${command.order_id}`)
  if (isStale(order, command)) return staleVersion(order)
  if (order.status !== 'Pending')
    return refuse(
      'order_not_pending',
      `order ${order.order_id} is ${order.status} and can be cancelled only while Pending`,
    )

  const { order_id, user_id, locale } = order
  return happened({ type: 'OrderCancelled', user: user_id, data: { order_id, user_id: userIdOut(user_id), locale } })
}

/** The money of a paid order goes back, all of it where no `amount` is said, and once. */
export const refundOrder = (
  order: KnownOrder | undefined,
  command: { order_id: string; amount?: number } & Meant,
): Decision => {
  if (!order) return refuse('order_not_found', `there is no order ${command.order_id}`)
  if (isStale(order, command)) return staleVersion(order)
  if (order.status !== 'Confirmed')
    return refuse(
      'order_not_refundable',
      `order ${order.order_id} is ${order.status}; only a Confirmed one is refunded, once`,
    )
  const amountMinor = command.amount ?? order.totalMinor
  if (amountMinor > order.totalMinor) {
    const detail = `should be ${amountOut(order.totalMinor)} at the most, which is what was charged`
    return refuse('invalid_amount', `#/amount: ${detail}`, { errors: [{ pointer: '#/amount', detail }] })
  }

  const { order_id, user_id, locale } = order
  const data = { order_id, user_id: userIdOut(user_id), amount: amountOut(amountMinor), locale }
  return happened({ type: 'OrderRefunded', user: user_id, data })
}

// Version 0: there is no such thing.
const isStale = ({ version }: { version: number }, { if_version }: Meant): boolean => {
  if (if_version === '*') return version === 0
  return if_version !== undefined && if_version !== version
}

const staleVersion = ({ version }: { version: number }): Decision => {
  if (version === 0) return refuse('version_mismatch', 'there is no such thing, of whatever version')
  return refuse('version_mismatch', `its version is ${version}; read it again`)
}

/** A product gets a name and a price. */
export const putProduct = (
  product: (KnownProduct & { name: string; version: number }) | undefined,
  command: { product_id: string; name: string; price: number } & Meant,
): Decision => {
  if (isStale(product ?? { version: 0 }, command)) return staleVersion(product ?? { version: 0 })
  if (command.price > MAX_BALANCE_MINOR) {
    const detail = 'should be no more than a balance can hold'
    return refuse('invalid_amount', `#/price: ${detail}`, { errors: [{ pointer: '#/price', detail }] })
  }
  const { product_id, name } = command
  if (product && product.name === name && product.priceMinor === command.price) return nothing()
  return happened({ type: 'ProductChanged', data: { product_id, name, price: amountOut(command.price) } })
}

/** A user's name, address or language is another from now on. */
export const changeUser = (
  user: (KnownUser & Person & { version: number }) | undefined,
  command: { user_id: string } & Meant & Partial<Person>,
): Decision => {
  if (!user) return refuse('user_not_found', `there is no user ${command.user_id}`)
  if (isStale(user, command)) return staleVersion(user)
  const { user_id: _id, if_version: _version, ...changes } = command
  const changed = { ...user, ...changes }
  if (samePerson(user, changed)) return nothing()
  const address_changed = user.email !== changed.email
  const data = { user_id: userIdOut(user.user_id), locale: changed.locale, address_changed }
  return happened({ type: 'UserChanged', user: user.user_id, data, personal: personal(changed) })
}

/** All that is personal about a user is forgotten. */
export const eraseUser = (
  user: (KnownUser & { version: number }) | undefined,
  command: { user_id: string } & Meant,
): Decision => {
  if (!user) return refuse('user_not_found', `there is no user ${command.user_id}`)
  if (isStale(user, command)) return staleVersion(user)
  const user_id = userIdOut(user.user_id)
  return happened({ type: 'PersonErased', user: user.user_id, data: { user_id } }, { user_id, erased: true })
}

/** A durable consumer under a name of the caller's choice. */
export const subscribeQueue = (
  known: { exists: boolean; ours: boolean; count: number },
  queueName: string,
): Decision => {
  if (known.ours) return refuse('name_taken', `${queueName} is a name of Kassa's own; choose another`)
  if (known.exists) return nothing({ queue_name: queueName })
  if (known.count >= MOST_QUEUES) return refuse('queue_limit', `there are ${MOST_QUEUES} queues already`)
  return happened({ type: 'QueueSubscribed', data: { queue_name: queueName } }, { queue_name: queueName })
}

/** A queue could not be made, because somebody has a consumer of its name. */
export const giveUpQueue = (exists: boolean, queueName: string): Decision =>
  exists ? happened({ type: 'QueueNameTaken', data: { queue_name: queueName } }) : nothing()
