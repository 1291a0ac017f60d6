/** The wait for the settling of an order or account, and what the reply tells of it. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLog } from '../log.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createScriptedBus, no, type ScriptedBus, yes } from './scripted-bus.ts'
import { hearSettled } from './settle.ts'
import { createTestGateway } from './test-gateway.ts'

const ORDER = { user_id: 93493453, product_id: '12345', quantity: 5 }
const PLACED = { order_id: '54321', ...ORDER, status: 'Pending' }
const order = (status: string) =>
  yes({
    ...PLACED,
    product_name: null,
    status,
    reason: null,
    total_amount: '500',
    refunded_amount: null,
    created_at: '2023-09-07T14:30:00Z',
    updated_at: '2023-09-07T14:30:00Z',
    version: 2,
  })

const letter = (bus: ScriptedBus, type: string, orderId = '54321') =>
  bus.publish('notification.0.event.LetterSent.93493453', {
    specversion: '1.0',
    data: { message_id: '1', user_id: 93493453, notification_type: type, order_id: orderId },
  })

const waiting = { settleWaitMs: 300 }

suite('the reply to a new order', () => {
  for (const [type, status] of [
    ['order_confirmed', 'Confirmed'],
    ['order_rejected', 'Rejected'],
  ] as const) {
    test(`waits for the letter ${type}, and says Pending all the same`, async () => {
      const { bus, clock, post } = createTestGateway({ CreateOrder: yes(PLACED) }, waiting)
      clock.after(50, () => letter(bus, 'order_pending'))
      clock.after(80, () => letter(bus, type, '99999'))
      clock.after(100, () => letter(bus, type))
      const response = await post('/orders/create/', ORDER)

      assert.equal(response.status, 201)
      assert.equal(response.headers.get('order-status'), status)
      assert.deepEqual(await response.json(), PLACED)
      assert.ok(clock.monotonic() >= 100 && clock.monotonic() < 150)
    })

    test(`does not miss a letter ${type} that overtakes the actor's reply`, async () => {
      const { bus, clock, post } = createTestGateway({}, waiting)
      bus.script.CreateOrder = () => {
        letter(bus, type)
        return yes(PLACED)
      }
      const response = await post('/orders/create/', ORDER)
      assert.equal(response.headers.get('order-status'), status)
      assert.ok(clock.monotonic() < 50)
    })
  }

  test('comes when the wait is over, after one look at the order', async () => {
    const { bus, clock, post } = createTestGateway({ GetOrder: order('Confirmed') }, waiting)
    const response = await post('/orders/create/', ORDER)
    assert.equal(response.status, 201)
    assert.equal(response.headers.get('order-status'), 'Confirmed')
    assert.equal(bus.askedFor('GetOrder').length, 1)
    assert.ok(clock.monotonic() >= 300 && clock.monotonic() < 350)
  })

  for (const [what, said] of [
    ['nobody can tell', 'nobody'],
    ['nobody answers', 'silence'],
    ['order says no', no('order_not_found')],
    ['order says nonsense', yes({ status: 7 })],
  ] as const)
    test(`is 201 Pending although ${what}`, async () => {
      const { clock, post } = createTestGateway({ GetOrder: said }, waiting)
      const response = await post('/orders/create/', ORDER)
      assert.equal(response.status, 201)
      assert.equal(response.headers.get('order-status'), 'Pending')
      assert.ok(clock.monotonic() <= 510)
    })

  test('is 201 although somebody publishes rubbish as a letter', async () => {
    const { bus, clock, post } = createTestGateway({ GetOrder: order('Pending') }, waiting)
    clock.after(10, () => {
      for (const rubbish of [
        '',
        'null',
        '{',
        '{"data":7}',
        '{"data":{"order_id":{},"notification_type":"order_confirmed"}}',
      ])
        bus.publish('notification.0.event.LetterSent.1', rubbish)
      bus.publish('notification.0.event.LetterSent.1', { data: { order_id: '54321', notification_type: 'toString' } })
    })
    const response = await post('/orders/create/', ORDER)
    assert.deepEqual([response.status, response.headers.get('order-status')], [201, 'Pending'])
  })

  test('comes at once with Prefer: respond-async', async () => {
    const { bus, clock, post } = createTestGateway({}, waiting)
    const response = await post('/orders/create/', ORDER, { prefer: 'handling=lenient, respond-async' })
    assert.equal(response.status, 201)
    assert.equal(response.headers.get('preference-applied'), 'respond-async')
    assert.equal(response.headers.get('order-status'), 'Pending')
    assert.equal(bus.asked.length, 1)
    assert.ok(clock.monotonic() < 50)
  })

  test('comes at once when it is a replay, with the status of today', async () => {
    const { clock, post } = createTestGateway({ CreateOrder: yes(PLACED, true), GetOrder: order('Rejected') }, waiting)
    const response = await post('/orders/create/', ORDER, { 'idempotency-key': 'k' })
    assert.equal(response.headers.get('order-status'), 'Rejected')
    assert.equal(response.headers.get('idempotent-replayed'), 'true')
    assert.ok(clock.monotonic() < 50)
  })

  test('comes at once where the installation waits 0 ms', async () => {
    const { clock, post } = createTestGateway({}, { settleWaitMs: 0 })
    assert.equal((await post('/orders/create/', ORDER)).headers.get('order-status'), 'Pending')
    assert.ok(clock.monotonic() < 50)
  })
})

suite('the reply to a new user', () => {
  const JOHN = { first_name: 'John', last_name: 'Colinse', email: 'user@email.com' }

  test('waits until the account exists', async () => {
    const { bus, clock, post } = createTestGateway({}, waiting)
    clock.after(40, () => bus.publish('billing.0.event.AccountOpened.1', {}))
    clock.after(80, () => bus.publish('billing.0.event.AccountOpened.93493453', {}))
    const response = await post('/user/create/', JOHN)
    assert.equal(response.status, 201)
    assert.equal(response.headers.get('order-status'), null)
    assert.ok(clock.monotonic() >= 80 && clock.monotonic() < 120)
  })

  test('comes when the wait is over', async () => {
    const { clock, post } = createTestGateway({}, waiting)
    assert.equal((await post('/user/create/', JOHN)).status, 201)
    assert.ok(clock.monotonic() >= 300 && clock.monotonic() < 350)
  })
})

suite('the reply to the end of an order', () => {
  const money = (bus: ScriptedBus, type = 'MoneyRefunded', orderId = '54321') =>
    bus.publish(`billing.0.event.${type}.93493453`, { specversion: '1.0', data: { order_id: orderId } })

  for (const [path, type, status, replies] of [
    ['/v1/orders/54321/cancel', 'order_cancelled', 'Cancelled', { CancelOrder: order('Cancelled') }],
    ['/v1/orders/54321/refund', 'order_refunded', 'Refunded', { RefundOrder: order('Refunded') }],
  ] as const) {
    test(`${status} waits for its letter and for the money`, async () => {
      const { bus, clock, post } = createTestGateway(replies, waiting)
      clock.after(20, () => letter(bus, 'order_confirmed'))
      clock.after(40, () => letter(bus, type))
      clock.after(60, () => money(bus, 'MoneyRefunded', '99999'))
      clock.after(100, () => money(bus))
      const response = await post(path, {})
      assert.deepEqual([response.status, response.headers.get('order-status')], [200, status])
      assert.ok(clock.monotonic() >= 100 && clock.monotonic() < 150)
    })

    test(`${status} does not miss what overtakes it, and comes at its time when nothing more is heard`, async () => {
      const quick = createTestGateway(replies, waiting)
      const name = Object.keys(replies)[0] as string
      const said = quick.bus.script[name]
      quick.bus.script[name] = () => {
        money(quick.bus)
        letter(quick.bus, type)
        return said as ReturnType<typeof yes>
      }
      await quick.post(path, {})
      assert.ok(quick.clock.monotonic() < 50)

      const silent = createTestGateway(replies, waiting)
      const response = await silent.post(path, {})
      assert.equal(response.headers.get('order-status'), status)
      assert.ok(silent.clock.monotonic() >= 300 && silent.clock.monotonic() < 350)
    })
  }

  test('waits for no money where the charge was rejected', async () => {
    const { bus, clock, post } = createTestGateway({ CancelOrder: order('Cancelled') }, waiting)
    clock.after(30, () => money(bus, 'WithdrawalRejected'))
    clock.after(40, () => letter(bus, 'order_cancelled'))
    await post('/v1/orders/54321/cancel', {})
    assert.ok(clock.monotonic() < 90)
  })

  test('comes at once when it is a replay, with the status of today', async () => {
    const { body } = order('Cancelled') as { body: unknown }
    const { clock, post } = createTestGateway({ CancelOrder: yes(body, true), GetOrder: order('Cancelled') }, waiting)
    const response = await post('/v1/orders/54321/cancel', {}, { 'idempotency-key': 'k' })
    assert.equal(response.headers.get('order-status'), 'Cancelled')
    assert.ok(clock.monotonic() < 50)
  })

  test('of an order that somebody cancels meanwhile tells a waiting buyer so', async () => {
    const { bus, clock, post } = createTestGateway({ CreateOrder: yes(PLACED) }, waiting)
    clock.after(50, () => letter(bus, 'order_cancelled'))
    const response = await post('/orders/create/', ORDER)
    assert.equal(response.headers.get('order-status'), 'Cancelled')
  })

  for (const type of ['LetterQueued', 'LetterSuppressed'])
    test(`comes with ${type} too: the letter is stored`, async () => {
      const { bus, clock, post } = createTestGateway({ CreateOrder: yes(PLACED) }, waiting)
      const data = { order_id: '54321', notification_type: 'order_confirmed' }
      clock.after(50, () => bus.publish(`notification.0.event.${type}.93493453`, { data }))
      const response = await post('/orders/create/', ORDER)
      assert.equal(response.headers.get('order-status'), 'Confirmed')
      assert.ok(clock.monotonic() < 100)
    })
})

suite('the reply to an erasure', () => {
  test('waits until every actor has forgotten the person', async () => {
    const { bus, clock, send } = createTestGateway({}, waiting)
    clock.after(30, () => bus.publish('billing.0.event.PersonErased.93493453', {}))
    clock.after(60, () => bus.publish('notification.0.event.PersonErased.7', {}))
    clock.after(90, () => bus.publish('notification.0.event.PersonErased.93493453', {}))
    assert.equal((await send('DELETE', '/v1/users/93493453')).status, 200)
    assert.ok(clock.monotonic() >= 90 && clock.monotonic() < 140)
  })
})

suite('what is heard of settling', () => {
  const hearing = () => {
    const clock = createVirtualClock({ start: 0 })
    const bus = createScriptedBus(clock, {})
    return { clock, bus, settling: hearSettled(bus, clock, createLog('silent', 'gateway')) }
  }

  test('is not kept when nobody watches', async () => {
    const { bus, clock, settling } = hearing()
    letter(bus, 'order_confirmed')
    const watch = settling.watch()
    const heard = watch.order('54321', 10)
    await clock.advance(10)
    assert.equal(await heard, undefined)
    watch.end()
  })

  test('is told to everybody who waits for it', async () => {
    const { bus, settling } = hearing()
    const watches = [settling.watch(), settling.watch()]
    const heard = watches.map(watch => watch.order('54321', 10))
    letter(bus, 'order_confirmed')
    assert.deepEqual(await Promise.all(heard), ['Confirmed', 'Confirmed'])
  })

  test('is kept while somebody watches, but never more than five thousand facts', async () => {
    const { bus, clock, settling } = hearing()
    const watch = settling.watch()
    for (let id = 0; id <= 5_000; id++) letter(bus, 'order_confirmed', String(id))
    assert.equal(await watch.order('5000', 0), 'Confirmed')
    assert.equal(await watch.order('1', 0), 'Confirmed')
    const first = watch.order('0', 10)
    await clock.advance(10)
    assert.equal(await first, undefined)
  })
})
