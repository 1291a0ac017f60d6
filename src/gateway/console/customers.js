/** Customers: who ordered last, and one of them with balance, operations and letters. */
import { ask, get, orNothing } from './api.js'
import { button, field, form, h, notice, replace, say, svg, table, title } from './dom.js'
import { refresher } from './refresher.js'
import { amount, customerLink, letterLink, moment, orderLink, personal, privacy, state } from './shown.js'

const LOOKED_AT = 100

export const renderCustomers = place => {
  const line = notice()
  const list = h('div', { class: 'list' })
  const load = async () => {
    const { items } = await get('/v1/orders', { limit: LOOKED_AT })
    const last = new Map()
    for (const order of items) if (!last.has(order.user_id)) last.set(order.user_id, order)
    const rows = [...last].map(([id, order]) => ({
      cells: [customerLink(id), orderLink(order.order_id), state(order.status), moment(order.created_at)],
    }))
    const empty = 'Nobody has ordered yet.'
    replace(list, table('Customers who ordered last', ['Customer', 'Last order', 'State', 'When'], rows, { empty }))
  }
  const update = refresher(load)

  replace(
    place,
    title('Customers'),
    form(
      line,
      async ({ id }) => {
        location.hash = `#/customers/${encodeURIComponent(id.trim())}`
      },
      { class: 'row', role: 'search' },
      field('Customer’s id', h('input', { name: 'id', required: true, autocomplete: 'off' })),
      h('button', { type: 'submit' }, 'Show'),
    ),
    line,
    h('h2', {}, 'Who ordered last'),
    list,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return { heard: ({ type }) => type === 'OrderCreated' && update.soon(), leave: update.stop }
}

const WIDE = 640
const HIGH = 120

/** The balance after each operation, as steps. */
const chart = (operations, currency) => {
  let minor = 0
  const points = operations.map(({ type, amount }) => {
    minor += (type === 'withdrawal' ? -1 : 1) * Math.round(Number(amount) * 100)
    return minor
  })
  const all = [0, ...points]
  const [least, most] = [Math.min(...all), Math.max(...all, 1)]
  const x = at => (at / all.length) * (WIDE - 8) + 4
  const y = value => HIGH - 8 - ((value - least) / (most - least)) * (HIGH - 16)
  const steps = all.map((value, at) => (at === 0 ? `M${x(0)},${y(value)}` : `H${x(at)}V${y(value)}`))
  const path = `${steps.join('')}H${WIDE - 4}`
  const label = `The balance over ${operations.length} operations: from 0 to ${minor / 100} ${currency}, ${most / 100} at the most`
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDE} ${HIGH}`, class: 'chart', role: 'img', 'aria-label': label },
    svg('path', { d: `M4,${y(0)}H${WIDE - 4}`, class: 'ground' }),
    svg('path', { d: path, class: 'balance' }),
  )
}

export const renderCustomer = (place, { id, currency }) => {
  const line = notice()
  const about = h('div')
  const money = h('div')
  const orders = h('div', { class: 'list' })
  const letters = h('div', { class: 'list' })
  const own = { user_id: id }

  const save = async () => {
    const response = await ask('GET', `/money/history?${new URLSearchParams(own)}`, { headers: { Accept: 'text/csv' } })
    const link = h('a', { href: URL.createObjectURL(await response.blob()), download: `statement-${id}.csv` })
    link.click()
    URL.revokeObjectURL(link.href)
  }
  const load = async () => {
    const [balance, history, ordered, written, user] = await Promise.all([
      get('/v1/money/balance', own),
      get('/money/history', own),
      get('/v1/orders', { ...own, limit: 20 }),
      get('/notifications/messages', own),
      // Not even asked for before somebody wants to see it.
      privacy.shown ? orNothing(get(`/v1/users/${encodeURIComponent(id)}`)) : undefined,
    ])
    replace(
      about,
      h(
        'dl',
        { class: 'facts' },
        h('div', {}, h('dt', {}, `Balance, ${currency}`), h('dd', { class: 'big' }, amount(balance.balance))),
        h('div', {}, h('dt', {}, 'Name'), h('dd', {}, personal(user && `${user.first_name} ${user.last_name}`))),
        h('div', {}, h('dt', {}, 'E-mail'), h('dd', {}, personal(user?.email))),
      ),
    )
    const moves = history.map(({ operation_id, type, amount: sum, timestamp }) => ({
      cells: [operation_id, type, [type === 'withdrawal' ? '−' : '+', amount(sum)], moment(timestamp)],
    }))
    replace(
      money,
      history.length > 0 && chart(history, currency),
      table('Operations, the newest first', ['Operation', 'Kind', `Amount, ${currency}`, 'When'], moves.reverse()),
    )
    replace(
      orders,
      table(
        'Orders',
        ['Order', 'Total', 'State', 'Placed'],
        ordered.items.map(order => ({
          cells: [orderLink(order.order_id), amount(order.total_amount), state(order.status), moment(order.created_at)],
        })),
      ),
    )
    replace(
      letters,
      table(
        'Letters, the newest first',
        ['Letter', 'Text', 'State', 'When'],
        written
          .map(letter => ({
            cells: [
              letterLink(letter.message_id),
              personal(letter.message),
              state(letter.status),
              moment(letter.timestamp),
            ],
          }))
          .reverse(),
      ),
    )
  }
  const update = refresher(load)

  replace(
    place,
    title(`Customer ${id}`, h('a', { href: '#/customers' }, 'All customers')),
    line,
    about,
    h('div', { class: 'split' }, h('h2', {}, 'Money'), button('Statement as CSV', line, save, { class: 'quiet' })),
    h('div', { class: 'list' }, money),
    h('h2', {}, 'Orders'),
    orders,
    h('h2', {}, 'Letters'),
    letters,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return { heard: ({ data }) => String(data.user_id) === id && update.soon(), leave: update.stop }
}
