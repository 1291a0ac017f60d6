/** Orders, the newest first; new ones and new states come in by themselves. */
import { renderNewest } from './newest.js'
import { amount, customerLink, moment, orderLink, state } from './shown.js'

export const renderOrders = (place, { currency }) =>
  renderNewest(place, {
    name: 'Orders',
    thing: 'order',
    path: '/v1/orders',
    id: 'order_id',
    states: ['Pending', 'Confirmed', 'Rejected', 'Cancelled', 'Refunded'],
    columns: ['Order', 'Customer', 'Product', `Total, ${currency}`, 'State', 'Placed'],
    cellsOf: order => [
      orderLink(order.order_id),
      customerLink(order.user_id),
      `${order.product_name ?? order.product_id} × ${order.quantity}`,
      amount(order.total_amount),
      state(order.status),
      moment(order.created_at),
    ],
    rankOf: order => order.created_at,
    changedBy: ({ actor, data }) => (actor === 'order' ? data.order_id : undefined),
    empty: 'No orders yet. “Try” places one.',
  })
