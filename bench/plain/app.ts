/** The plain design's HTTP: what anybody would write in an evening. */
import { Hono } from 'hono'
import type { Order, openShop } from './shop.ts'

/** The routes over a shop. */
export const plainApp = (shop: ReturnType<typeof openShop>): Hono => {
  const app = new Hono({ strict: false })
  app.get('/livez', c => c.json({ status: 'ok' }))
  app.post('/orders/create', async c => {
    const order = await c.req.json<Order>()
    if (!Number.isInteger(order.user_id) || typeof order.product_id !== 'string' || !(order.quantity >= 1))
      return c.json({ error: 'bad order' }, 400)
    const taken = shop.take(order, Date.now())
    if (!taken) return c.json({ error: 'no such user or product' }, 404)
    const { user_id, product_id, quantity } = order
    return c.json({ order_id: String(taken.orderId), user_id, product_id, quantity, status: 'Pending' }, 201, {
      'Order-Status': taken.status,
    })
  })
  return app
}
