/** Calls by types that were made of /openapi.json: test/typed-client.test.ts makes `kassa.ts` and checks this; it never runs. */
import createClient from 'openapi-fetch'
import type { components, paths } from './kassa.ts'

const kassa = createClient<paths>({ baseUrl: 'http://127.0.0.1:8080' })

type Id = number | string
type Problem = components['schemas']['Problem']

/** Compiles only where the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const isJust = <Expected>() => ({ is: <Actual>(_: Actual, same: Same<Actual, Expected>) => same })

// ---- the ten operations

const user = await kassa.POST('/user/create', {
  body: { first_name: 'John', last_name: 'Colinse', email: 'user@email.com', locale: 'en' },
})
isJust<{ user_id: Id } | undefined>().is(user.data, true)

const put = await kassa.POST('/money/put', {
  params: { header: { 'Idempotency-Key': 'payment-1' } },
  body: { user_id: 93493453, amount: '1000' },
})
isJust<{ balance: number } | undefined>().is(put.data, true)

const history = await kassa.GET('/money/history', {
  params: { query: { user_id: 93493453, type: 'refill', limit: 10, from: '2023-09-07T14:30:00Z' } },
})
for (const operation of history.data ?? []) {
  isJust<'refill' | 'withdrawal' | 'refund'>().is(operation.type, true)
  isJust<string>().is(operation.amount, true)
  isJust<Id>().is(operation.user_id, true)
}

const letters = await kassa.GET('/notifications/messages', { params: { query: { user_id: '93493453' } } })
for (const letter of letters.data ?? []) isJust<'Queued' | 'Sent' | 'Failed' | 'Suppressed'>().is(letter.status, true)

const order = await kassa.POST('/orders/create', {
  body: { user_id: 93493453, product_id: '12345', quantity: 5 },
})
if (order.data) {
  isJust<string>().is(order.data.order_id, true)
  isJust<'Pending'>().is(order.data.status, true)
}

const sent = await kassa.POST('/notifications/send', {
  body: { user_id: '93493453', message: 'Чай', notification_type: 'tea', timestamp: '2023-09-07T14:30:00Z' },
})
isJust<{ message_id: string } | undefined>().is(sent.data, true)

const registered = await kassa.POST('/mq/users', {
  body: { user_id: 'unique_user_id', first_name: 'John', last_name: 'Doe', email: 'johndoe@example.com' },
})
isJust<{ accepted: true; id: string } | undefined>().is(registered.data, true)

const queue = await kassa.POST('/mq/billing/subscribe', { body: { queue_name: 'user_creation_queue' } })
isJust<{ queue_name: string; stream: string; consumer: string; pending: number } | undefined>().is(queue.data, true)

await kassa.POST('/mq/orders', {
  body: {
    order_id: 'unique_order_id',
    user_id: 'unique_user_id',
    order_details: { product_name: 'Product XYZ', quantity: 3, total_amount: 100 },
  },
})
await kassa.POST('/mq/withdrawals', { body: { order_id: 'unique_order_id', amount: '100.00' } })

// ---- a thing by its path, and what a no looks like

const looked = await kassa.GET('/v1/orders/{order_id}', { params: { path: { order_id: '54321' } } })
type Status = 'Pending' | 'Confirmed' | 'Rejected' | 'Cancelled' | 'Refunded'
isJust<Status | undefined>().is(looked.data?.status, true)

// ---- changes: fields in the path, a version in a header, a body or none

const thisOrder = {
  params: { path: { order_id: '54321' }, header: { 'If-Match': looked.response.headers.get('etag') ?? '*' } },
}
const refunded = await kassa.POST('/v1/orders/{order_id}/refund', { ...thisOrder, body: { amount: '99.90' } })
isJust<string | null | undefined>().is(refunded.data?.refunded_amount, true)
await kassa.POST('/v1/orders/{order_id}/refund', thisOrder)
await kassa.POST('/v1/orders/{order_id}/cancel', thisOrder)
await kassa.PUT('/v1/products/{product_id}', {
  params: { path: { product_id: 'tea' } },
  body: { name: 'Tea', price: '99.90' },
})
const thisUser = { params: { path: { user_id: '93493453' } } }
await kassa.PATCH('/v1/users/{user_id}', { ...thisUser, body: { locale: 'en' } })
const erased = await kassa.DELETE('/v1/users/{user_id}', thisUser)
isJust<true | undefined>().is(erased.data?.erased, true)

if (put.error) {
  const problem: Problem = put.error
  console.log(problem.code === 'balance_limit' ? problem.detail : problem.title)
}

// ---- webhooks

const webhook = await kassa.POST('/v1/webhooks', {
  body: { url: 'https://shop.example.com/kassa', events: ['OrderConfirmed'] },
})
if (webhook.data) {
  isJust<string>().is(webhook.data.secret, true)
  isJust<'Enabled' | 'Disabled'>().is(webhook.data.status, true)
  const params = { path: { webhook_id: webhook.data.webhook_id } }
  await kassa.POST('/v1/webhooks/{webhook_id}/replay', { params, body: { from: { 'order/0': 17 } } })
  const deliveries = await kassa.GET('/v1/webhooks/{webhook_id}/deliveries', {
    params: { ...params, query: { status: 'Failed' } },
  })
  isJust<string | undefined>().is(deliveries.data?.items[0]?.delivery_id, true)
}

// ---- what does not fit does not compile

// @ts-expect-error: there is no such address
await kassa.POST('/money/take', { body: { user_id: 93493453, amount: '1000' } })

// @ts-expect-error: a history is read
await kassa.POST('/money/history', {})

// @ts-expect-error: the amount is missing
await kassa.POST('/money/put', { body: { user_id: 93493453 } })

// @ts-expect-error: a quantity is a number
await kassa.POST('/orders/create', { body: { user_id: 93493453, product_id: '12345', quantity: 'five' } })

// openapi-fetch lets a field pass that is too many; the types themselves do not.
const more: paths['/money/put']['post']['requestBody']['content']['application/json'] = {
  user_id: 93493453,
  amount: '1000',
  // @ts-expect-error: there is one currency an installation
  currency: 'RUB',
}
await kassa.POST('/money/put', { body: more })

// @ts-expect-error: a list needs its user
await kassa.GET('/money/history', { params: { query: {} } })

// @ts-expect-error: there is no such type of operation
await kassa.GET('/money/history', { params: { query: { user_id: 93493453, type: 'gift' } } })

// @ts-expect-error: an order has an id, and no name of its own
order.data?.name

// @ts-expect-error: no problem has this code
put.error?.code === 'no_such_code'
