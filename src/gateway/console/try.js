/** Trying it out: a user, money, an order, each a request that is shown as it is sent. */
import { post } from './api.js'
import { renderBreaking } from './break.js'
import { field, form, h, notice, replace, say, title } from './dom.js'
import { command, customerLink, orderLink } from './shown.js'

const MADE_UP = { first_name: 'Ada', last_name: 'Example', email: 'ada@example.com' }

const curl = (path, body) =>
  command(`curl -s ${location.origin}${path} -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`)

export const renderTry = (place, { currency, demo }) => {
  const { elements, ...breaking } = renderBreaking({ currency, demo })
  const line = notice()
  const sent = h('div', { id: 'sent' })
  const user = h('input', { name: 'user_id', required: true, autocomplete: 'off' })
  const buyer = h('input', { name: 'user_id', required: true, autocomplete: 'off' })

  const send = async (path, body) => {
    const reply = await post(path, body)
    sent.prepend(
      h('div', { class: 'card' }, curl(path, body), h('pre', { tabindex: '0' }, JSON.stringify(reply, null, 2))),
    )
    return reply
  }
  const makeUser = async fields => {
    const { user_id } = await send('/user/create', fields)
    user.value = user_id
    buyer.value = user_id
    return user_id
  }
  const tell = (...parts) => {
    say(line, '')
    line.className = 'notice good'
    replace(line, parts)
  }
  const all = async () => {
    const user_id = await makeUser(MADE_UP)
    await send('/money/put', { user_id, amount: '1000' })
    const { order_id } = await send('/orders/create', { user_id, product_id: '12345', quantity: 1 })
    tell('Watch the way of order ', orderLink(order_id), ' across the actors.')
  }

  replace(
    place,
    title('Try'),
    h(
      'p',
      { class: 'lead' },
      `These are real requests to this Kassa. Amounts are in ${currency}. All others: `,
      h('a', { href: '/docs' }, 'the HTTP API'),
      ', ',
      h('a', { href: '/docs/messages' }, 'messages on the bus'),
      '.',
    ),
    form(line, all, { class: 'row' }, h('button', { type: 'submit' }, 'A user, money and an order')),
    line,
    h(
      'div',
      { class: 'columns' },
      form(
        line,
        async fields => tell('Made: customer ', customerLink(await makeUser(fields)), '.'),
        { class: 'card stack', 'aria-label': 'Make a user' },
        h('h2', {}, 'Make a user'),
        field('First name', h('input', { name: 'first_name', required: true, value: MADE_UP.first_name })),
        field('Last name', h('input', { name: 'last_name', required: true, value: MADE_UP.last_name })),
        field('E-mail', h('input', { name: 'email', type: 'email', required: true, value: MADE_UP.email })),
        h('button', { type: 'submit' }, 'Make'),
      ),
      form(
        line,
        async fields => {
          const { balance } = await send('/money/put', fields)
          tell('The balance is ', String(balance), '.')
        },
        { class: 'card stack', 'aria-label': 'Put money' },
        h('h2', {}, 'Put money'),
        field('Whose account', user),
        field('Amount', h('input', { name: 'amount', required: true, inputmode: 'decimal', value: '1000' })),
        h('button', { type: 'submit' }, 'Put'),
      ),
      form(
        line,
        async ({ quantity, ...fields }) => {
          const { order_id } = await send('/orders/create', { ...fields, quantity: Number(quantity) })
          tell('Placed: order ', orderLink(order_id), '.')
        },
        { class: 'card stack', 'aria-label': 'Order' },
        h('h2', {}, 'Order'),
        field('Whose order', buyer),
        field('Product', h('input', { name: 'product_id', required: true, value: '12345' })),
        field('Quantity', h('input', { name: 'quantity', type: 'number', min: '1', required: true, value: '1' })),
        h('button', { type: 'submit' }, 'Order'),
      ),
    ),
    h('h2', {}, 'What was sent'),
    sent,
    elements,
  )
  return breaking
}
