/** The gateway's table: the ten documented operations, then what lies under /v1. */
import { billingContract } from '../actors/billing/contract.ts'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { notificationContract } from '../actors/notification/contract.ts'
import { orderContract } from '../actors/order/contract.ts'
import { command, query, queued, type Route } from './route.ts'

const orderAddress = (reply: Record<string, unknown>): string => `/v1/orders/${reply.order_id}`

/** Every operation. Paths stand without their trailing slash and answer with it too. */
export const ROUTES = [
  command(orderContract, 'CreateUser', { path: '/user/create', success: 201, settles: 'account' }),
  command(billingContract, 'PutMoney', { path: '/money/put', success: 202, cellBy: 'user_id' }),
  query('list', billingContract, 'GetHistory', { path: '/money/history', cellBy: 'user_id' }),
  query('list', notificationContract, 'ListLetters', { path: '/notifications/messages', cellBy: 'user_id' }),
  command(orderContract, 'CreateOrder', {
    path: '/orders/create',
    success: 201,
    cellBy: 'user_id',
    settles: 'order',
    location: orderAddress,
  }),
  command(notificationContract, 'SendLetter', { path: '/notifications/send', success: 202, cellBy: 'user_id' }),

  queued(orderContract, 'RegisterUser', { path: '/mq/users', cellBy: 'user_id' }),
  command(orderContract, 'SubscribeQueue', {
    path: '/mq/billing/subscribe',
    success: 200,
    cellBy: 'queue_name',
    answeredBy: 'GetQueue',
  }),
  // An order lives with its user; a withdrawal knows only the order. One cell holds both today.
  queued(orderContract, 'PlaceOrder', { path: '/mq/orders', cellBy: 'user_id' }),
  queued(billingContract, 'Withdraw', { path: '/mq/withdrawals', cellBy: 'order_id' }),

  query('query', orderContract, 'GetOrder', { path: '/v1/orders/:order_id', cellBy: 'order_id' }),
  query('query', billingContract, 'GetBalance', { path: '/v1/money/balance', cellBy: 'user_id' }),
  {
    kind: 'dead-letters',
    method: 'GET',
    path: '/v1/dead-letters',
    success: 200,
    name: 'ListDeadLetters',
    spec: kernelContract.queries.ListDeadLetters,
  },
  {
    kind: 'dead-letter',
    method: 'POST',
    path: '/v1/dead-letters/:dead_letter_id/redrive',
    success: 200,
    name: 'RedriveDeadLetter',
    spec: kernelContract.commands.RedriveDeadLetter,
  },
  {
    kind: 'dead-letter',
    method: 'POST',
    path: '/v1/dead-letters/:dead_letter_id/discard',
    success: 200,
    name: 'DiscardDeadLetter',
    spec: kernelContract.commands.DiscardDeadLetter,
  },
] as const satisfies readonly Route[]
