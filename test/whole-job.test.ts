/** What lies under /v1, through a whole Kassa: orders given up and given back, products, people, letters, versions, CSV. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { expecting, get, post, type Reply, send } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

type Row = Record<string, unknown>
type List = { items: Row[]; next_cursor: string | null }

describe('the whole job', () => {
  let kassa: KassaUnderTest

  before(async () => {
    // Long, so that a reply that waits for what never comes is seen by its time.
    kassa = await startKassa({ env: { KASSA_SETTLE_WAIT_MS: '10000' } })
  })
  after(async () => {
    await kassa?.stop()
  })

  const ask = <T = Row>(path: string) => expecting<T>(200, get(kassa.url, path))
  const change = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    send(kassa.url, method, path, { ...(body === undefined ? {} : { body }), headers })
  const codeOf = (reply: Reply) => [reply.status, (reply.json as Row).code]
  const createUser = async (more = {}) => {
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com', ...more }
    return (await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create/', person))).user_id
  }
  const order = (user_id: number, quantity: number, headers = {}) =>
    post(kassa.url, '/orders/create/', { user_id, product_id: '12345', quantity }, headers)
  const withMoney = async (amount = '1000') => {
    const user_id = await createUser()
    await expecting(202, post(kassa.url, '/money/put/', { user_id, amount }))
    return user_id
  }
  const paidOrder = async () => {
    const user = await withMoney()
    const taken = await order(user, 5)
    assert.equal(taken.headers.get('order-status'), 'Confirmed')
    return { user, path: `/v1/orders/${(taken.json as Row).order_id}`, id: String((taken.json as Row).order_id) }
  }
  const balance = async (user: number) => (await ask(`/v1/money/balance?user_id=${user}`)).balance
  const operations = async (user: number) =>
    (await ask<Row[]>(`/money/history?user_id=${user}`)).map(({ type, amount }) => `${type} ${amount}`)
  const texts = async (user: number) =>
    (await ask<Row[]>(`/notifications/messages?user_id=${user}`)).map(({ message }) => message)

  describe('a paid order', () => {
    it('is refunded whole, and the money and the letter are there with the reply', async () => {
      const { user, path, id } = await paidOrder()
      const reply = await change('POST', `${path}/refund`)
      assert.deepEqual([reply.status, reply.headers.get('order-status')], [200, 'Refunded'])
      const { status, refunded_amount, total_amount, version } = reply.json as Row
      assert.deepEqual([status, refunded_amount, total_amount], ['Refunded', '500', '500'])
      assert.equal(reply.headers.get('etag'), `"${version}"`)
      assert.deepEqual(await ask(path), reply.json)
      assert.deepEqual(await operations(user), ['refill 1000', 'withdrawal 500', 'refund 500'])
      assert.equal(await balance(user), 1000)
      assert.equal((await texts(user)).at(-1), `По вашему заказу #${id} возвращено 500.`)
    })

    it('is refunded in part, and not twice', async () => {
      const { user, path } = await paidOrder()
      const tooMuch = await change('POST', `${path}/refund`, { amount: '500.01' })
      assert.deepEqual(codeOf(tooMuch), [400, 'invalid_amount'])
      await expecting(200, change('POST', `${path}/refund`, { amount: 99.9 }))
      assert.equal(await balance(user), 599.9)
      assert.deepEqual(codeOf(await change('POST', `${path}/refund`)), [409, 'order_not_refundable'])
      assert.equal(await balance(user), 599.9)
    })

    it('is refunded once under one key, and the reply is the same', async () => {
      const { user, path } = await paidOrder()
      const key = { 'Idempotency-Key': 'give it back' }
      const first = await change('POST', `${path}/refund`, { amount: '100' }, key)
      const again = await change('POST', `${path}/refund`, { amount: '100' }, key)
      assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, 'true'])
      assert.equal(again.text, first.text)
      assert.equal(await balance(user), 600)
      assert.deepEqual(codeOf(await change('POST', `${path}/refund`, undefined, key)), [422, 'idempotency_key_reused'])
    })

    it('is not cancelled any more', async () => {
      const { user, path } = await paidOrder()
      assert.deepEqual(codeOf(await change('POST', `${path}/cancel`)), [409, 'order_not_pending'])
      assert.equal(await balance(user), 500)
    })

    it('tells its story across the actors, each step with its place', async () => {
      const { user, path, id } = await paidOrder()
      await expecting(200, change('POST', `${path}/refund`))
      const { items, next_cursor } = await ask<List>(`${path}/timeline`)
      assert.equal(next_cursor, null)
      assert.deepEqual(
        items.filter(({ actor }) => actor !== 'notification').map(({ actor, type }) => `${actor} ${type}`),
        [
          'order OrderCreated',
          'billing MoneyWithdrawn',
          'order OrderConfirmed',
          'order OrderRefunded',
          'billing MoneyRefunded',
        ],
      )
      const letters = items.filter(({ actor }) => actor === 'notification')
      assert.deepEqual(
        letters.map(({ data }) => (data as Row).notification_type),
        ['order_pending', 'order_confirmed', 'order_refunded'],
      )
      for (const [index, step] of items.entries()) {
        assert.equal(step.stream, `${String(step.actor).toUpperCase()}_0`)
        assert.equal(step.subject, `${step.actor}.0.event.${step.type}.${user}`)
        assert.equal((step.data as Row).order_id, id)
        assert.ok(!('sealed' in (step.data as Row)))
        const causes = items.slice(0, index).map(({ actor, sequence }) => `${actor}/0/${sequence}`)
        assert.ok(step.caused_by === null || causes.includes(String(step.caused_by)), `${step.type} after its cause`)
      }
    })
  })

  it('an order that is cancelled while it is pending ends with its money where it was', async () => {
    const user = await withMoney()
    // Billing is held down, so that the order stays pending.
    process.kill(kassa.pidOf('billing'), 'SIGSTOP')
    const taken = await order(user, 5, { Prefer: 'respond-async' })
    const path = `/v1/orders/${(taken.json as Row).order_id}`
    const reply = await change('POST', `${path}/cancel`, undefined, { Prefer: 'respond-async' })
    process.kill(kassa.pidOf('billing'), 'SIGCONT')
    assert.deepEqual([reply.status, (reply.json as Row).status], [200, 'Cancelled'])
    await eventually('the money is back', 10_000, async () => (await operations(user)).length === 3 || undefined)
    assert.deepEqual(await operations(user), ['refill 1000', 'withdrawal 500', 'refund 500'])
    assert.equal(await balance(user), 1000)
    assert.equal((await ask(path)).status, 'Cancelled')
    assert.deepEqual(codeOf(await change('POST', `${path}/cancel`)), [409, 'order_not_pending'])
  })

  it('what does not exist is 404, each with its code', async () => {
    assert.deepEqual(codeOf(await get(kassa.url, '/v1/orders/1')), [404, 'order_not_found'])
    assert.deepEqual(codeOf(await get(kassa.url, '/v1/orders/1/timeline')), [404, 'order_not_found'])
    assert.deepEqual(codeOf(await change('POST', '/v1/orders/1/cancel')), [404, 'order_not_found'])
    assert.deepEqual(codeOf(await change('POST', '/v1/orders/1/refund')), [404, 'order_not_found'])
    assert.deepEqual(codeOf(await get(kassa.url, '/v1/products/1')), [404, 'product_not_found'])
    assert.deepEqual(codeOf(await get(kassa.url, '/v1/users/1')), [404, 'user_not_found'])
    assert.deepEqual(codeOf(await get(kassa.url, '/v1/users/1/export')), [404, 'user_not_found'])
    assert.deepEqual(codeOf(await change('DELETE', '/v1/users/1')), [404, 'user_not_found'])
    assert.deepEqual(codeOf(await get(kassa.url, '/v1/notifications/1')), [404, 'letter_not_found'])
    assert.deepEqual(codeOf(await change('POST', '/v1/notifications/1/resend')), [404, 'letter_not_found'])
    assert.deepEqual(codeOf(await change('DELETE', '/v1/suppressions/1')), [404, 'user_not_found'])
  })

  it('orders are listed from the newest, by user and by status, page by page', async () => {
    const user = await withMoney('350')
    const ids: string[] = []
    for (let index = 0; index < 5; index++) ids.unshift(String(((await order(user, 1)).json as Row).order_id))
    const idsOf = ({ items }: List) => items.map(({ order_id }) => order_id)
    assert.deepEqual(idsOf(await ask<List>(`/v1/orders?user_id=${user}`)), ids)
    assert.deepEqual(idsOf(await ask<List>(`/v1/orders?user_id=${user}&status=Rejected`)), ids.slice(0, 2))

    const seen: unknown[] = []
    let path: string | undefined = `/v1/orders?user_id=${user}&limit=2`
    while (path) {
      const reply = await get(kassa.url, path)
      const page = reply.json as List
      seen.push(...idsOf(page))
      path = /^<(.*)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1]
      assert.equal(path === undefined, page.next_cursor === null)
    }
    assert.deepEqual(seen, ids)
    assert.equal((await ask<List>('/v1/orders?limit=1')).items[0]?.order_id, ids[0])
    const wrong = await get(kassa.url, '/v1/orders?status=Lost')
    assert.deepEqual(codeOf(wrong), [400, 'invalid_field'])
  })

  describe('a product', () => {
    const tea = { name: 'Tea', price: '99.90' }

    it('is made, with where it is, and from then on can be ordered at its price', async () => {
      const made = await change('PUT', '/v1/products/tea', tea, { 'If-None-Match': '*' })
      assert.deepEqual([made.status, made.headers.get('location')], [201, '/v1/products/tea'])
      const { version, ...shown } = made.json as Row
      assert.deepEqual(shown, { product_id: 'tea', ...tea })
      assert.equal(made.headers.get('etag'), `"${version}"`)
      assert.deepEqual(await ask('/v1/products/tea'), made.json)
      assert.deepEqual((await ask<List>('/v1/products?limit=1')).items, [made.json])

      const user_id = await withMoney()
      const wish = { user_id, product_id: 'tea', quantity: 2 }
      const { order_id } = await expecting<Row>(201, post(kassa.url, '/orders/create', wish))
      await expecting(200, change('PUT', '/v1/products/tea', { ...tea, price: 1 }))
      assert.equal((await ask(`/v1/orders/${order_id}`)).total_amount, '199.80')
    })

    it('is not made twice, nor changed on a version of before', async () => {
      const twice = await change('PUT', '/v1/products/tea', tea, { 'If-None-Match': '*' })
      assert.deepEqual(codeOf(twice), [412, 'version_mismatch'])
      const absent = await change('PUT', '/v1/products/coffee', tea, { 'If-Match': '*' })
      assert.deepEqual(codeOf(absent), [412, 'version_mismatch'])
      const etag = (await get(kassa.url, '/v1/products/tea')).headers.get('etag') ?? ''
      const changed = await change('PUT', '/v1/products/tea', { ...tea, price: '2' }, { 'If-Match': etag })
      assert.equal(changed.status, 200)
      assert.notEqual(changed.headers.get('etag'), etag)
      const stale = await change('PUT', '/v1/products/tea', tea, { 'If-Match': etag })
      assert.deepEqual(codeOf(stale), [412, 'version_mismatch'])
      assert.equal((await ask('/v1/products/tea')).price, '2')
    })

    it('is read again only when it has changed', async () => {
      const read = await get(kassa.url, '/v1/products/tea')
      const again = await send(kassa.url, 'GET', '/v1/products/tea', {
        headers: { 'If-None-Match': read.headers.get('etag') ?? '' },
      })
      assert.deepEqual([again.status, again.text, again.headers.get('etag')], [304, '', read.headers.get('etag')])
    })

    it('is refused where the body says what the address says, or the tag is none', async () => {
      const said = await change('PUT', '/v1/products/tea', { ...tea, product_id: 'tea' })
      assert.deepEqual(codeOf(said), [400, 'unknown_field'])
      const tag = await change('PUT', '/v1/products/tea', tea, { 'If-Match': 'seven' })
      assert.deepEqual(codeOf(tag), [400, 'invalid_field'])
      assert.deepEqual(codeOf(await change('PUT', '/v1/products/tea')), [400, 'missing_field'])
    })
  })

  describe('a user', () => {
    it('is shown, with where they are since they were created', async () => {
      const person = { first_name: 'Anna', last_name: 'Petrova', email: 'anna@example.com', locale: 'en' }
      const made = await post(kassa.url, '/user/create', person)
      const { user_id } = made.json as Row
      assert.equal(made.headers.get('location'), `/v1/users/${user_id}`)
      const { created_at, version, ...shown } = await ask(`/v1/users/${user_id}`)
      assert.deepEqual(shown, { user_id, ...person })
      assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.equal(typeof version, 'number')
    })

    it('is changed, once for each version', async () => {
      const user = await createUser()
      const etag = (await get(kassa.url, `/v1/users/${user}`)).headers.get('etag') ?? ''
      const changed = await change('PATCH', `/v1/users/${user}`, { email: 'i@example.com' }, { 'If-Match': etag })
      assert.deepEqual([changed.status, (changed.json as Row).email], [200, 'i@example.com'])
      assert.equal((changed.json as Row).first_name, 'Ivan')
      const stale = await change('PATCH', `/v1/users/${user}`, { locale: 'en' }, { 'If-Match': etag })
      assert.deepEqual(codeOf(stale), [412, 'version_mismatch'])
      const wrong = await change('PATCH', `/v1/users/${user}`, { email: 'nowhere' })
      assert.deepEqual(codeOf(wrong), [400, 'invalid_field'])
    })

    it('who reads another language from now on gets the next letters in it', async () => {
      const user = await createUser()
      await expecting(200, change('PATCH', `/v1/users/${user}`, { locale: 'en' }))
      const { order_id } = (await order(user, 1)).json as Row
      assert.equal((await texts(user))[0], `Your order #${order_id} is waiting for confirmation.`)
    })

    it('is told everything that is held on them', async () => {
      const { user, id } = await paidOrder()
      const reply = await get(kassa.url, `/v1/users/${user}/export`)
      assert.equal(reply.headers.get('content-disposition'), `attachment; filename="user-${user}.json"`)
      const held = reply.json as Record<string, Row[]> & { user: Row; balance: number }
      assert.equal(held.user.last_name, 'Ivanov')
      assert.equal(held.balance, 500)
      assert.deepEqual(
        held.orders?.map(({ order_id }) => order_id),
        [id],
      )
      assert.deepEqual(
        held.operations?.map(({ type }) => type),
        ['refill', 'withdrawal'],
      )
      assert.deepEqual(
        held.letters?.map(({ notification_type }) => notification_type),
        ['order_pending', 'order_confirmed'],
      )
    })
  })

  it('a letter is shown in full, and sent once more under its id', async () => {
    const user_id = await createUser()
    const note = { user_id, message: 'Здравствуйте!', notification_type: 'note', timestamp: '2023-09-07T14:30:00Z' }
    const made = await post(kassa.url, '/notifications/send', note)
    const path = made.headers.get('location') ?? ''
    const { message_id } = made.json as Row
    assert.equal(path, `/v1/notifications/${message_id}`)
    const shown = await ask(path)
    assert.deepEqual(
      [shown.status, shown.message, shown.subject, shown.notification_type, shown.order_id],
      ['Sent', 'Здравствуйте!', 'Сообщение', 'note', null],
    )
    const again = await expecting<Row>(200, change('POST', `${path}/resend`))
    assert.equal(again.status, 'Queued')
    await eventually('it is sent again', 5_000, async () => (await ask(path)).status === 'Sent' || undefined)
    assert.ok(Number((await ask(path)).version) > Number(shown.version))
    assert.equal((await texts(user_id)).length, 1)
    assert.deepEqual(await expecting(200, change('DELETE', `/v1/suppressions/${user_id}`)), {
      user_id,
      suppressed: false,
    })
  })

  it('a letter of tomorrow waits', async () => {
    const user_id = await createUser()
    const send_at = new Date(Date.now() + 86_400_000).toISOString()
    const note = { user_id, message: 'x', notification_type: 'note', timestamp: '2023-09-07T14:30:00Z', send_at }
    const made = await post(kassa.url, '/notifications/send', note)
    const path = made.headers.get('location') ?? ''
    const { status, next_attempt_at } = await ask(path)
    assert.deepEqual([status, next_attempt_at], ['Queued', `${send_at.slice(0, 19)}Z`])
    assert.deepEqual(codeOf(await change('POST', `${path}/resend`)), [409, 'letter_not_resendable'])
  })

  describe('money', () => {
    it('is told as CSV to who asks for it, safe to open, with a link to the rest', async () => {
      const person = { user_id: '-7', first_name: 'A', last_name: 'B', email: 'a@example.com' }
      await expecting(202, post(kassa.url, '/mq/users', person))
      await eventually('the account is there', 10_000, async () => {
        const reply = await get(kassa.url, '/v1/money/balance?user_id=-7')
        return reply.status === 200 || undefined
      })
      for (const amount of ['1', '2.50', '3'])
        await expecting(202, post(kassa.url, '/money/put', { user_id: '-7', amount }))
      const csv = (path: string) => send(kassa.url, 'GET', path, { headers: { Accept: 'text/csv' } })
      const reply = await csv('/money/history?user_id=-7&limit=2')
      assert.match(reply.headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/)
      const [header, ...rows] = reply.text.trimEnd().split('\r\n')
      assert.equal(header, 'operation_id,user_id,type,amount,timestamp')
      assert.deepEqual(
        rows.map(row => row.split(',').slice(1, 4)),
        [
          ["'-7", 'refill', '1'],
          ["'-7", 'refill', '2.50'],
        ],
      )
      const next = /^<(.*)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1] ?? ''
      assert.equal((await csv(next)).text.trimEnd().split('\r\n').length, 2)
      assert.equal((await csv('/money/history?user_id=1')).status, 404)
    })

    it('is told as it was at a moment', async () => {
      const user = await withMoney('1000')
      const [{ timestamp }] = (await ask<[Row]>(`/money/history?user_id=${user}`)) as [Row]
      const before = new Date(Date.parse(String(timestamp)) - 1000).toISOString()
      const balanceAt = async (at: unknown) => (await ask(`/v1/money/balance?user_id=${user}&at=${at}`)).balance
      assert.equal(await balanceAt(timestamp), 1000)
      assert.equal(await balanceAt(before), 0)
      assert.deepEqual(await operations(user), ['refill 1000'])
      const until = await ask<Row[]>(`/money/history?user_id=${user}&to=${timestamp}`)
      assert.equal(until.length, 1)
    })
  })

  it('is proved by kassa verify', async () => {
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  })
})
