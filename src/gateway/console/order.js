/** One order: how it is, and its way across the actors. */
import { get, post } from './api.js'
import { button, h, notice, replace, say, title } from './dom.js'
import { refresher } from './refresher.js'
import { actorName, amount, command, customerLink, letterLink, moment, payload, state, words } from './shown.js'

const fact = (name, value) => h('div', {}, h('dt', {}, name), h('dd', {}, value))

/** `+38 ms` after the first step. */
const after = (step, first) => {
  const ms = Date.parse(step.time) - Date.parse(first.time)
  if (ms < 1_000) return `+${ms} ms`
  return ms < 60_000 ? `+${(ms / 1_000).toFixed(1)} s` : moment(step.time)
}

const commandOf = ({ stream, sequence }) => `nats --context kassa stream get ${stream} ${sequence}`

const stepOf = (step, first) =>
  h(
    'li',
    { class: `step ${step.actor}`, 'data-type': step.type },
    h('div', { class: 'when' }, h('span', {}, step === first ? moment(step.time) : after(step, first))),
    h(
      'div',
      { class: 'what' },
      h('h3', {}, words(step.type), ' ', actorName(step.actor)),
      h('p', { class: 'where' }, h('code', {}, step.subject), ` · ${step.stream} ${step.sequence}`),
      step.command && h('p', { class: 'where' }, 'by the command ', h('code', {}, step.command)),
      step.caused_by && h('p', { class: 'where' }, 'upon ', h('code', {}, step.caused_by)),
      step.data.message_id !== undefined && h('p', {}, 'Letter ', letterLink(step.data.message_id)),
      payload('Payload, and the same with nats', step.data, command(commandOf(step))),
    ),
  )

export const renderOrder = (place, { id, currency }) => {
  const line = notice()
  const head = h('div')
  const way = h('ol', { class: 'timeline' })
  const path = `/v1/orders/${encodeURIComponent(id)}`

  const actions = order => [
    order.status === 'Pending' &&
      button('Cancel the order', line, () => settle('cancel', 'The order is cancelled.'), {
        class: 'quiet',
        sure: `Cancel order ${id}?`,
      }),
    order.status === 'Confirmed' &&
      button('Refund it whole', line, () => settle('refund', 'The money is given back.'), {
        class: 'quiet',
        sure: `Give the money of order ${id} back?`,
      }),
  ]
  const settle = async (how, done) => {
    await post(`${path}/${how}`)
    await load()
    say(line, done)
  }
  const load = async () => {
    const [order, timeline] = await Promise.all([get(path), get(`${path}/timeline`)])
    const { items } = timeline
    replace(
      head,
      h(
        'dl',
        { class: 'facts' },
        fact('State', state(order.status)),
        order.reason && fact('Reason', words(order.reason.replaceAll('_', ' '))),
        fact('Customer', customerLink(order.user_id)),
        fact('Product', `${order.product_name ?? order.product_id} × ${order.quantity}`),
        fact(`Total, ${currency}`, amount(order.total_amount)),
        order.refunded_amount && fact(`Given back, ${currency}`, amount(order.refunded_amount)),
        fact('Placed', moment(order.created_at)),
      ),
      h('div', { class: 'row' }, actions(order)),
    )
    const open = new Set(
      [...way.querySelectorAll('li')].flatMap((li, at) => (li.querySelector('details')?.open ? [at] : [])),
    )
    replace(
      way,
      items.map(step => stepOf(step, items[0])),
    )
    for (const at of open) way.children[at]?.querySelector('details')?.setAttribute('open', '')
  }
  const update = refresher(load)

  replace(
    place,
    title(`Order ${id}`, h('a', { href: '#/orders' }, 'All orders')),
    line,
    head,
    h('h2', {}, 'Its way'),
    way,
  )
  load().catch(fault => say(line, fault.message, 'bad'))
  return { heard: ({ data }) => data.order_id === id && update.soon(), leave: update.stop }
}
