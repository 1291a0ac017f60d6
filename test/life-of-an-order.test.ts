/** The life of an order, through a whole Kassa: what a client sees, what lies on the bus, what is in the stores. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AckPolicy } from '@nats-io/jetstream'
import Database from 'better-sqlite3'
import { eventually } from './eventually.ts'
import { expecting, get, post, type Reply } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook, type StoredMessage } from './nats-look.ts'

type Row = Record<string, unknown>

const STREAMS = { order: 'ORDER_0', billing: 'BILLING_0', notification: 'NOTIFICATION_0' }

describe('the life of an order', () => {
  let kassa: KassaUnderTest
  let nats: NatsLook

  before(async () => {
    kassa = await startKassa()
    nats = await lookAt(kassa)
  })
  after(async () => {
    await nats?.close()
    await kassa?.stop()
  })

  const createUser = (more = {}) => {
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com', ...more }
    return expecting<{ user_id: number }>(201, post(kassa.url, '/user/create/', person))
  }
  const put = (user_id: unknown, amount: string, headers = {}) =>
    post(kassa.url, '/money/put/', { user_id, amount }, headers)
  const order = (user_id: unknown, quantity: number, headers = {}) =>
    post(kassa.url, '/orders/create/', { user_id, product_id: '12345', quantity }, headers)
  const history = (user_id: unknown) => expecting<Row[]>(200, get(kassa.url, `/money/history?user_id=${user_id}`))
  const letters = (user_id: unknown) =>
    expecting<Row[]>(200, get(kassa.url, `/notifications/messages?user_id=${user_id}`))
  const balance = async (user_id: unknown) =>
    (await expecting<{ balance: number }>(200, get(kassa.url, `/v1/money/balance?user_id=${user_id}`))).balance
  const shownOrder = (reply: Reply) => get(kassa.url, `/v1/orders/${(reply.json as Row).order_id}`)
  const texts = async (user_id: unknown) => (await letters(user_id)).map(letter => letter.message)

  describe('that can be paid', () => {
    let user: number
    let taken: Reply

    before(async () => {
      user = (await createUser()).user_id
      await expecting(202, put(user, '1000.50'))
      taken = await order(user, 5)
    })

    it('is answered 201 and Pending, with where to look and how it ended in headers', () => {
      assert.equal(taken.status, 201)
      const { order_id, ...rest } = taken.json as Row
      assert.match(String(order_id), /^\d+$/)
      assert.deepEqual(rest, { user_id: user, product_id: '12345', quantity: 5, status: 'Pending' })
      assert.equal(taken.headers.get('order-status'), 'Confirmed')
      assert.equal(taken.headers.get('location'), `/v1/orders/${order_id}`)
    })

    it('is settled when its reply comes: the money is withdrawn', async () => {
      const rows = (await history(user)).map(({ type, amount }) => [type, amount])
      assert.deepEqual(rows, [
        ['refill', '1000.50'],
        ['withdrawal', '500'],
      ])
      assert.equal(await balance(user), 500.5)
    })

    it('is settled when its reply comes: both letters are there', async () => {
      const { order_id } = taken.json as Row
      assert.deepEqual(await texts(user), [
        `Ваш заказ #${order_id} ожидает подтверждения.`,
        `Ваш заказ #${order_id} подтвержден и отправлен.`,
      ])
    })

    it('shows itself Confirmed, with its total', async () => {
      const shown = await expecting<Row>(200, shownOrder(taken))
      assert.deepEqual([shown.status, shown.total_amount, shown.reason], ['Confirmed', '500', null])
    })
  })

  describe('that can’t be paid', () => {
    let user: number
    let taken: Reply

    before(async () => {
      user = (await createUser()).user_id
      await expecting(202, put(user, '499.99'))
      taken = await order(user, 5)
    })

    it('is answered 201 and Pending all the same; the header says Rejected', () => {
      assert.deepEqual([taken.status, (taken.json as Row).status], [201, 'Pending'])
      assert.equal(taken.headers.get('order-status'), 'Rejected')
    })

    it('leaves no row in the history, and the balance as it was', async () => {
      assert.deepEqual(
        (await history(user)).map(({ type }) => type),
        ['refill'],
      )
      assert.equal(await balance(user), 499.99)
    })

    it('is told by two letters, the second with the reason', async () => {
      const { order_id } = taken.json as Row
      assert.deepEqual(await texts(user), [
        `Ваш заказ #${order_id} ожидает подтверждения.`,
        `Ваш заказ #${order_id} отклонен: недостаточно средств на счете.`,
      ])
    })

    it('shows itself Rejected, with the reason', async () => {
      const shown = await expecting<Row>(200, shownOrder(taken))
      assert.deepEqual([shown.status, shown.reason], ['Rejected', 'insufficient_funds'])
    })
  })

  it('is told in English to a user who reads English', async () => {
    const { user_id } = await createUser({ locale: 'en' })
    const { order_id } = (await order(user_id, 1)).json as Row
    assert.deepEqual(await texts(user_id), [
      `Your order #${order_id} is waiting for confirmation.`,
      `Your order #${order_id} was rejected: the balance is too low.`,
    ])
  })

  it('is answered at once with Prefer: respond-async, and settles all the same', async () => {
    const { user_id } = await createUser()
    const taken = await order(user_id, 1, { Prefer: 'respond-async' })
    assert.equal(taken.status, 201)
    assert.equal(taken.headers.get('preference-applied'), 'respond-async')
    await eventually('the order is rejected', 5_000, async () => {
      const { status } = await expecting<Row>(200, shownOrder(taken))
      return status === 'Rejected' || undefined
    })
  })

  describe('sent again with the same Idempotency-Key', () => {
    let user: number
    const key = { 'Idempotency-Key': 'an-order-of-mine' }

    before(async () => {
      user = (await createUser()).user_id
      await expecting(202, put(user, '1000'))
    })

    it('gets the same answer, marked as a replay, and is charged once', async () => {
      const first = await order(user, 2, key)
      const again = await order(user, 2, key)
      assert.deepEqual([first.status, first.headers.get('idempotent-replayed')], [201, null])
      assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [201, 'true'])
      assert.deepEqual(again.json, first.json)
      assert.equal(await balance(user), 800)
      assert.equal((await letters(user)).length, 2)
    })

    it('is refused with 422 when its body is another, with no effect', async () => {
      const other = await order(user, 3, key)
      assert.deepEqual([other.status, (other.json as Row).code], [422, 'idempotency_key_reused'])
      assert.equal(await balance(user), 800)
    })

    it('is another order under another key, and a put of that key is another request', async () => {
      const other = await order(user, 2, { 'Idempotency-Key': 'another-order-of-mine' })
      assert.equal(other.headers.get('idempotent-replayed'), null)
      assert.deepEqual((await expecting<Row>(202, put(user, '1', key))).balance, 601)
    })

    it('gets a refusal again, even when what was missing has come since', async () => {
      const stranger = { 'Idempotency-Key': 'an-order-of-nobody' }
      const first = await order('nobody-yet', 1, stranger)
      assert.deepEqual([first.status, (first.json as Row).code], [404, 'user_not_found'])
      await queue('/mq/users', { user_id: 'nobody-yet', first_name: 'No', last_name: 'Body', email: 'n@example.com' })
      const again = await order('nobody-yet', 1, stranger)
      assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [404, 'true'])
    })
  })

  const queue = async (path: string, body: unknown, headers = {}) => {
    const receipt = await expecting<Row>(202, post(kassa.url, path, body, headers))
    await eventually('the queue is worked off', 10_000, async () => (await nats.queued()) === 0 || undefined)
    return receipt
  }
  const deadLetters = async () =>
    (await expecting<{ items: Row[] }>(200, get(kassa.url, '/v1/dead-letters'))).items.map(
      ({ command, reason, body }) => ({ command, reason, body }),
    )

  describe('through the queue', () => {
    const person = { first_name: 'Anna', last_name: 'Petrova', email: 'anna@example.com' }
    const details = { product_name: 'Product XYZ', quantity: 3, total_amount: 100 }

    it('is confirmed when its user can pay; a repeat of each step changes nothing', async () => {
      await queue('/mq/users', { user_id: 'anna', ...person })
      await queue('/mq/users', { user_id: 'anna', ...person })
      await expecting(202, put('anna', '150'))
      await queue('/mq/orders', { order_id: 'annas-first', user_id: 'anna', order_details: details })
      await queue('/mq/orders', { order_id: 'annas-first', user_id: 'anna', order_details: details })
      await queue('/mq/withdrawals', { order_id: 'annas-first', amount: 100 })

      await eventually('the order is confirmed', 5_000, async () => {
        const { status } = await expecting<Row>(200, get(kassa.url, '/v1/orders/annas-first'))
        return status === 'Confirmed' || undefined
      })
      assert.equal(await balance('anna'), 50)
      assert.deepEqual(await deadLetters(), [])
    })

    it('waits for its user, and a withdrawal for its order', async () => {
      await queue('/mq/withdrawals', { order_id: 'boriss-first', amount: '100.00' })
      await queue('/mq/orders', { order_id: 'boriss-first', user_id: 'boris', order_details: details })
      assert.equal((await get(kassa.url, '/v1/orders/boriss-first')).status, 404)

      await queue('/mq/users', { user_id: 'boris', ...person })
      await eventually('the order is rejected', 5_000, async () => {
        const reply = await get(kassa.url, '/v1/orders/boriss-first')
        return (reply.json as Row).status === 'Rejected' || undefined
      })
      // The withdrawal waited for this order, which had no money.
      await eventually('the withdrawal is a dead letter', 5_000, async () =>
        (await deadLetters()).find(({ command, reason }) => command === 'Withdraw' && reason === 'order_rejected'),
      )
    })

    it('becomes a dead letter with its reason where it can’t be carried out', async () => {
      await queue('/mq/users', { user_id: 'anna', ...person, email: 'other@example.com' })
      await queue('/mq/orders', {
        order_id: 'annas-first',
        user_id: 'anna',
        order_details: { ...details, quantity: 4 },
      })
      await queue('/mq/withdrawals', { order_id: 'annas-first', amount: 99 })
      await eventually('three more dead letters', 5_000, async () => (await deadLetters()).length === 4 || undefined)

      const found = await deadLetters()
      const reasons = found.map(({ command, reason }) => `${command} ${reason}`).sort()
      assert.deepEqual(reasons, [
        'PlaceOrder content_mismatch',
        'RegisterUser content_mismatch',
        'Withdraw amount_mismatch',
        'Withdraw order_rejected',
      ])
      const withdrawal = found.find(({ reason }) => reason === 'amount_mismatch')
      assert.deepEqual(withdrawal?.body, { order_id: 'annas-first', amount: 99 })
    })

    it('under a key is taken once, and refused with another body', async () => {
      const key = { 'Idempotency-Key': 'annas-second' }
      const wish = { order_id: 'annas-second', user_id: 'anna', order_details: { ...details, total_amount: '10' } }
      assert.deepEqual(await queue('/mq/orders', wish, key), { accepted: true, id: 'annas-second' })

      const again = await post(kassa.url, '/mq/orders', wish, key)
      assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [202, 'true'])
      const other = await post(kassa.url, '/mq/orders', { ...wish, user_id: 'boris' }, key)
      assert.deepEqual([other.status, (other.json as Row).code], [422, 'idempotency_key_reused'])
    })

    it('lets anybody read the created users from a queue of their own', async () => {
      const wish = { queue_name: 'user_creation_queue' }
      const shown = await expecting<Row>(200, post(kassa.url, '/mq/billing/subscribe', wish))
      const users = (await nats.messages('ORDER_0')).filter(({ subject }) => subject.includes('.event.UserCreated.'))
      assert.deepEqual(shown, { ...wish, stream: 'ORDER_0', consumer: 'user_creation_queue', pending: users.length })

      const { num_pending } = await nats.jetstream.consumers.info('ORDER_0', 'user_creation_queue')
      assert.equal(num_pending, users.length)
      assert.deepEqual(await expecting(200, post(kassa.url, '/mq/billing/subscribe/', wish)), shown)
    })

    it('refuses a queue under the name of a consumer that somebody has made by hand for something else', async () => {
      const byHand = {
        durable_name: 'by_hand',
        ack_policy: AckPolicy.None,
        filter_subject: 'order.0.event.OrderCreated.>',
      }
      const { config } = await nats.jetstream.consumers.add('ORDER_0', byHand)
      const { status, json } = await post(kassa.url, '/mq/billing/subscribe', { queue_name: 'by_hand' })
      assert.deepEqual([status, (json as Row).code], [409, 'name_taken'])
      assert.deepEqual((await nats.jetstream.consumers.info('ORDER_0', 'by_hand')).config, config)
    })
  })

  it('can be asked for with the nats command line alone', async () => {
    const { user_id } = await createUser()
    const taken = await nats.ask<Row>('order.0.command.CreateOrder', { user_id, product_id: '12345', quantity: 5 })
    assert.equal(taken.status, 'Pending')
    assert.equal((await expecting<Row>(200, get(kassa.url, `/v1/orders/${taken.order_id}`))).user_id, user_id)
    // Nobody waited for its settling, and what follows looks at logs that have come to rest.
    await eventually('both letters are there', 5_000, async () => (await letters(user_id)).length === 2 || undefined)
  })

  describe('on the bus and on the disk', () => {
    const streams: Record<string, StoredMessage[]> = {}

    before(async () => {
      // Whatever was begun above has ended: every stream holds its whole log.
      await eventually('all streams are up to date', 10_000, async () => {
        const heads = await nats.heads()
        for (const [actor, stream] of Object.entries(STREAMS)) streams[actor] = await nats.messages(stream)
        return Object.keys(STREAMS).every(actor => streams[actor]?.length === heads[actor]) || undefined
      })
      await kassa.stop()
    })

    for (const actor of Object.keys(STREAMS)) {
      it(`is told by ${actor} in CloudEvents, numbered without a hole`, () => {
        for (const [index, { seq, subject, body }] of streams[actor]!.entries()) {
          assert.equal(seq, index + 1)
          const event = JSON.parse(body.toString())
          assert.equal(event.specversion, '1.0')
          assert.equal(event.id, `${actor}/0/${seq}`)
          assert.equal(event.source, `${actor}/0`)
          assert.equal(event.sequence, String(seq))
          assert.equal(event.datacontenttype, 'application/json')
          assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
          assert.equal(typeof event.data, 'object')
          assert.equal(subject, `${actor}.0.event.${event.type}.${event.subject ?? '_'}`)
        }
      })

      it(`has the same bytes in ${actor}’s store as in its stream, under one chain`, () => {
        const store = new Database(join(kassa.dataDir, `${actor}-0.db`), { readonly: true })
        const rows = store.prepare('SELECT seq, subject, headers, body, chain FROM log ORDER BY seq').all() as Row[]
        store.close()
        assert.equal(rows.length, streams[actor]!.length)

        let chain = ''
        for (const [index, row] of rows.entries()) {
          const message = streams[actor]![index]!
          const body = row.body as Buffer
          assert.deepEqual(
            [row.seq, row.subject, row.chain],
            [message.seq, message.subject, message.headers['Nats-Msg-Id']],
          )
          assert.ok(body.equals(message.body), `entry ${row.seq}`)
          const lines = ['Command', 'Fingerprint', 'Reply', 'Cause'].map(name => `Kassa-${name}`)
          const headers = lines.filter(name => message.headers[name]).map(name => `${name}: ${message.headers[name]}\n`)
          assert.equal(row.headers, headers.join(''))
          // As docs and protocol say it: sha256(previous ‖ length ‖ body ‖ headers).
          chain = createHash('sha256')
            .update(`${chain}\n${body.length}\n`)
            .update(body)
            .update(String(row.headers))
            .digest('base64url')
          assert.equal(row.chain, chain)
        }
      })
    }

    it('shows no person in clear text in any stream', () => {
      const everything = Object.values(streams)
        .flat()
        .map(({ body, headers }) => `${body} ${JSON.stringify(headers)}`)
      for (const name of ['Ivanov', 'Petrova', 'example.com', 'подтвержден'])
        assert.ok(!everything.some(text => text.includes(name)), name)
    })

    it('is proved by kassa verify', async () => {
      const { code, stdout } = await kassa.verify()
      assert.equal(code, 0, stdout)
      assert.match(stdout, /^order: \d+ entries, chain whole, tables equal the log, books balance$/m)
      assert.match(stdout, /^billing: .*books balance$/m)
      assert.match(stdout, /^notification: .*tables equal the log/m)
    })
  })
})
