/** A burst of orders while somebody breaks things, and the proof afterwards: nothing lost, nothing doubled. */
import { get, post } from './api.js'
import { button, field, h, notice, replace, say } from './dom.js'
import { command, customerLink } from './shown.js'

const PRODUCT = '12345'
const PAUSE_MS = 200
/** An answer that does not come is asked for again under the same key, for so long. */
const PATIENCE_MS = 60_000

/** Amounts are reckoned in the smallest unit, in which no fraction is lost. */
const minor = amount => Math.round(Number(amount) * 100)

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Asks until there is an answer: a no of a rule is one, a part that is away is none. */
const untilAnswered = async ask => {
  const begun = Date.now()
  for (;;) {
    try {
      return await ask()
    } catch (fault) {
      const final = fault.status !== undefined && fault.status < 500 && fault.status !== 429
      if (final || Date.now() - begun > PATIENCE_MS) throw fault
      await pause(PAUSE_MS)
    }
  }
}

/** Sends a command under one key until there is an answer. */
const send = (path, body) => {
  const key = crypto.randomUUID()
  return untilAnswered(() => post(path, body, key))
}

const all = async (path, parameters) => {
  const items = []
  let cursor
  do {
    const page = await untilAnswered(() => get(path, { ...parameters, cursor }))
    items.push(...page.items)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return items
}

/** What was asked for and what became of it, as the API tells it; throws where it does not tell. */
const prove = async (userId, put, placed) => {
  const [orders, history, { balance }] = await Promise.all([
    all('/v1/orders', { user_id: userId }),
    untilAnswered(() => get('/money/history', { user_id: userId })),
    untilAnswered(() => get('/v1/money/balance', { user_id: userId })),
  ])
  const known = new Set(orders.map(({ order_id }) => order_id))
  const confirmed = orders.filter(({ status }) => status === 'Confirmed')
  const due = confirmed.reduce((sum, { total_amount }) => sum + minor(total_amount), 0)
  const withdrawals = history.filter(({ type }) => type === 'withdrawal')
  return {
    pending: orders.filter(({ status }) => status === 'Pending').length,
    confirmed: confirmed.length,
    lost: placed.filter(id => !known.has(id)).length,
    doubled: orders.length - new Set(placed).size + Math.max(0, withdrawals.length - confirmed.length),
    balanced: minor(balance) === minor(put) - due,
  }
}

export const renderProof = ({ currency }) => {
  const line = notice()
  const told = h('div', { class: 'stack', id: 'proof' })
  const count = h('input', { type: 'number', min: '1', max: '500', value: '50' })

  const run = async () => {
    const wanted = Math.min(500, Math.max(1, Number(count.value) || 1))
    const { price } = await untilAnswered(() => get(`/v1/products/${PRODUCT}`))
    const put = ((minor(price) * wanted) / 100).toFixed(2)
    const { user_id } = await send('/user/create', {
      first_name: 'Ada',
      last_name: 'Example',
      email: 'ada@example.com',
    })
    await send('/money/put', { user_id, amount: put })
    const placed = []
    for (let n = 1; n <= wanted; n++) {
      const { order_id } = await send('/orders/create', { user_id, product_id: PRODUCT, quantity: 1 })
      placed.push(order_id)
      say(line, `${n} of ${wanted} orders are taken. Break something now.`)
      await pause(PAUSE_MS)
    }
    say(line, 'All are taken; waiting until each is settled.')
    let found = await prove(user_id, put, placed)
    for (const begun = Date.now(); found.pending > 0 && Date.now() - begun < PATIENCE_MS; ) {
      await pause(PAUSE_MS)
      found = await prove(user_id, put, placed)
    }
    const { lost, doubled, pending, confirmed, balanced } = found
    const good = lost === 0 && doubled === 0 && pending === 0 && balanced
    say(line, `${wanted} orders: ${lost} lost, ${doubled} doubled, ${pending} not settled.`, good ? 'good' : 'bad')
    replace(
      told,
      h(
        'p',
        {},
        `${confirmed} are confirmed; the balance of customer `,
        customerLink(user_id),
        balanced ? ' is' : ' is not',
        ` what was put less what they cost, in ${currency}.`,
      ),
    )
  }
  return [
    h('h2', {}, 'Break it'),
    h(
      'p',
      {},
      'Place a burst of orders, and meanwhile break what you like. Each order is asked for under a key of its own until there is an answer; then everything is counted.',
    ),
    h('p', { class: 'where' }, 'Delete the stream of the orders; it is made again from the store:'),
    command('nats --context kassa stream rm ORDER_0 -f'),
    h('p', { class: 'where' }, 'Kill billing; its pid stands in what it answers:'),
    command("kill -9 $(nats --context kassa req billing.0.query.Health '{}' --raw | jq .pid)"),
    h('div', { class: 'row' }, field('Orders', count), button('Place them, and prove it', line, run)),
    line,
    told,
  ]
}
