/** Orders, the newest first; new ones and new states come in by themselves. */
import { get, orNothing } from './api.js'
import { button, field, form, h, notice, replace, say, table, title } from './dom.js'
import { refresher } from './refresher.js'
import { amount, customerLink, moment, orderLink, state } from './shown.js'

const STATES = ['Pending', 'Confirmed', 'Rejected', 'Cancelled', 'Refunded']
const COLUMNS = ['Order', 'Customer', 'Product', 'Total', 'State', 'Placed']
const PAGE = 50

/** Beyond it the first page is asked for instead of each order. */
const ASKED_ALONE = 10

export const renderOrders = (place, { currency }) => {
  const line = notice()
  const list = h('div', { class: 'list', id: 'orders' })
  const more = h('div', { class: 'more' })
  let search = { text: '', status: '' }
  let rows = new Map()
  let cursor = null
  const changed = new Set()

  const rowOf = order => ({
    id: `order-${order.order_id}`,
    cells: [
      orderLink(order.order_id),
      customerLink(order.user_id),
      `${order.product_name ?? order.product_id} × ${order.quantity}`,
      amount(order.total_amount),
      state(order.status),
      moment(order.created_at),
    ],
  })
  const draw = () => {
    const columns = COLUMNS.map(column => (column === 'Total' ? `Total, ${currency}` : column))
    const empty = search.text || search.status ? 'No order fits.' : 'No orders yet. “Try” places one.'
    replace(list, table('Orders, the newest first', columns, [...rows.values()].map(rowOf), { empty }))
    replace(more, cursor !== null && button('Older orders', line, () => load(cursor), { class: 'quiet' }))
  }
  const load = async from => {
    const { text, status } = search
    const one = text && !from ? await orNothing(get(`/v1/orders/${encodeURIComponent(text)}`)) : undefined
    const page = await pageOf({ user_id: text, status, limit: PAGE, cursor: from })
    if (!from) rows = new Map()
    for (const order of [...(one && fits(one) ? [one] : []), ...page.items]) rows.set(order.order_id, order)
    cursor = page.next_cursor
    draw()
  }
  // What was typed may be an order's id alone: then there is no such user, and that is no fault.
  const pageOf = async parameters =>
    (await orNothing(get('/v1/orders', parameters))) ?? { items: [], next_cursor: null }
  const fits = order =>
    (search.status === '' || order.status === search.status) &&
    (search.text === '' || [order.order_id, String(order.user_id)].includes(search.text))

  const update = refresher(async () => {
    const ids = [...changed]
    changed.clear()
    if (ids.length > ASKED_ALONE && search.text === '') return load()
    const orders = await Promise.all(
      ids.slice(0, ASKED_ALONE).map(id => orNothing(get(`/v1/orders/${encodeURIComponent(id)}`))),
    )
    for (const order of orders) {
      if (!order) continue
      if (!fits(order)) rows.delete(order.order_id)
      else if (rows.has(order.order_id)) rows.set(order.order_id, order)
      else rows = new Map([[order.order_id, order], ...rows])
    }
    draw()
  })

  const states = h(
    'select',
    { name: 'status', onchange: event => event.target.form.requestSubmit() },
    h('option', { value: '' }, 'any'),
    STATES.map(text => h('option', {}, text)),
  )
  replace(
    place,
    title('Orders'),
    form(
      line,
      async ({ text, status }) => {
        search = { text: text.trim(), status }
        await load()
      },
      { class: 'row', role: 'search' },
      field('Order or customer', h('input', { name: 'text', type: 'search', autocomplete: 'off' })),
      field('State', states),
      h('button', { type: 'submit' }, 'Search'),
    ),
    line,
    list,
    more,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return {
    heard: ({ actor, data }) => {
      if (actor !== 'order' || data.order_id === undefined) return
      changed.add(data.order_id)
      update.soon()
    },
    leave: update.stop,
  }
}
