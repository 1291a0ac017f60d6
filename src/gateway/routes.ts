/** The gateway's table: the ten documented operations, then what lies under /v1. */
import { billingContract } from '../actors/billing/contract.ts'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { notificationContract } from '../actors/notification/contract.ts'
import { orderContract } from '../actors/order/contract.ts'
import { webhookContract } from '../actors/webhook/contract.ts'
import { EVENTS, METRICS, ORDER_TIMELINE, USER_EXPORT } from './combined-specs.ts'
import { command, query, queued, type Route } from './route.ts'

type Reply = Record<string, unknown>
const orderAddress = ({ order_id }: Reply): string => `/v1/orders/${order_id}`
const userAddress = ({ user_id }: Reply): string => `/v1/users/${user_id}`
const letterAddress = ({ message_id }: Reply): string => `/v1/notifications/${message_id}`
const webhookAddress = ({ webhook_id }: Reply): string => `/v1/webhooks/${webhook_id}`
const productAddress = ({ product_id }: Reply): string => `/v1/products/${product_id}`

/** Every operation. Paths stand without their trailing slash and answer with it too. */
export const ROUTES = [
  command(orderContract, 'CreateUser', {
    path: '/user/create',
    success: 201,
    settles: 'account',
    location: userAddress,
  }),
  command(billingContract, 'PutMoney', { path: '/money/put', success: 202, cellBy: 'user_id' }),
  query('list', billingContract, 'GetHistory', { path: '/money/history', cellBy: 'user_id', csv: true }),
  query('list', notificationContract, 'ListLetters', { path: '/notifications/messages', cellBy: 'user_id' }),
  command(orderContract, 'CreateOrder', {
    path: '/orders/create',
    success: 201,
    cellBy: 'user_id',
    settles: 'order',
    location: orderAddress,
  }),
  command(notificationContract, 'SendLetter', {
    path: '/notifications/send',
    success: 202,
    cellBy: 'user_id',
    location: letterAddress,
  }),

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

  query('page', orderContract, 'ListOrders', { path: '/v1/orders', cellBy: 'user_id' }),
  query('query', orderContract, 'GetOrder', { path: '/v1/orders/:order_id', cellBy: 'order_id' }),
  command(orderContract, 'CancelOrder', {
    path: '/v1/orders/:order_id/cancel',
    success: 200,
    cellBy: 'order_id',
    settles: 'cancellation',
  }),
  command(orderContract, 'RefundOrder', {
    path: '/v1/orders/:order_id/refund',
    success: 200,
    cellBy: 'order_id',
    settles: 'refund',
  }),
  {
    kind: 'timeline',
    method: 'GET',
    path: '/v1/orders/:order_id/timeline',
    success: 200,
    actor: 'order',
    name: 'GetOrderTimeline',
    spec: ORDER_TIMELINE,
  },
  query('query', billingContract, 'GetBalance', { path: '/v1/money/balance', cellBy: 'user_id' }),
  query('page', orderContract, 'ListProducts', { path: '/v1/products' }),
  query('query', orderContract, 'GetProduct', { path: '/v1/products/:product_id', cellBy: 'product_id' }),
  command(orderContract, 'PutProduct', {
    method: 'PUT',
    path: '/v1/products/:product_id',
    success: 200,
    cellBy: 'product_id',
    madeIf: 'made',
    location: productAddress,
  }),
  query('query', orderContract, 'GetUser', { path: '/v1/users/:user_id', cellBy: 'user_id' }),
  command(orderContract, 'ChangeUser', {
    method: 'PATCH',
    path: '/v1/users/:user_id',
    success: 200,
    cellBy: 'user_id',
  }),
  command(orderContract, 'EraseUser', {
    method: 'DELETE',
    path: '/v1/users/:user_id',
    success: 200,
    cellBy: 'user_id',
    settles: 'erasure',
  }),
  {
    kind: 'export',
    method: 'GET',
    path: '/v1/users/:user_id/export',
    success: 200,
    actor: 'order',
    name: 'ExportUser',
    spec: USER_EXPORT,
  },
  query('page', notificationContract, 'ListAllLetters', { path: '/v1/notifications', cellBy: 'user_id' }),
  query('query', notificationContract, 'GetLetter', { path: '/v1/notifications/:message_id', cellBy: 'message_id' }),
  command(notificationContract, 'ResendLetter', {
    path: '/v1/notifications/:message_id/resend',
    success: 200,
    cellBy: 'message_id',
  }),
  command(notificationContract, 'LiftSuppression', {
    method: 'DELETE',
    path: '/v1/suppressions/:user_id',
    success: 200,
    cellBy: 'user_id',
  }),
  // The mails of each cell lie with its actor; there is one cell as yet.
  query('page', notificationContract, 'ListMailbox', { path: '/v1/mailbox' }),
  query('query', notificationContract, 'GetMailboxMessage', { path: '/v1/mailbox/:mail_id', cellBy: 'mail_id' }),
  // A webhook that is made lives in the cell of its key; there is one cell as yet.
  command(webhookContract, 'CreateWebhook', { path: '/v1/webhooks', success: 201, location: webhookAddress }),
  query('page', webhookContract, 'ListWebhooks', { path: '/v1/webhooks' }),
  query('query', webhookContract, 'GetWebhook', { path: '/v1/webhooks/:webhook_id', cellBy: 'webhook_id' }),
  command(webhookContract, 'ChangeWebhook', {
    method: 'PATCH',
    path: '/v1/webhooks/:webhook_id',
    success: 200,
    cellBy: 'webhook_id',
  }),
  command(webhookContract, 'DeleteWebhook', {
    method: 'DELETE',
    path: '/v1/webhooks/:webhook_id',
    success: 200,
    cellBy: 'webhook_id',
  }),
  command(webhookContract, 'RotateSecret', {
    path: '/v1/webhooks/:webhook_id/rotate-secret',
    success: 200,
    cellBy: 'webhook_id',
  }),
  command(webhookContract, 'TestWebhook', {
    path: '/v1/webhooks/:webhook_id/test',
    success: 202,
    cellBy: 'webhook_id',
  }),
  command(webhookContract, 'ReplayWebhook', {
    path: '/v1/webhooks/:webhook_id/replay',
    success: 202,
    cellBy: 'webhook_id',
  }),
  query('page', webhookContract, 'ListDeliveries', {
    path: '/v1/webhooks/:webhook_id/deliveries',
    cellBy: 'webhook_id',
  }),
  command(webhookContract, 'RetryDelivery', {
    path: '/v1/webhooks/:webhook_id/deliveries/:delivery_id/retry',
    success: 202,
    cellBy: 'webhook_id',
  }),
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
  {
    kind: 'events',
    method: 'GET',
    path: '/v1/events',
    success: 200,
    name: 'FollowEvents',
    spec: EVENTS,
  },
  { kind: 'metrics', method: 'GET', path: '/metrics', success: 200, name: 'GetMetrics', spec: METRICS },
] as const satisfies readonly Route[]
