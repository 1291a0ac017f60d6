/** The name under which an order's steps are found in every actor's log. */

/** `order 54321` for an event that tells of an order. */
export const orderThread = ({ data }: { data: { order_id?: unknown } }): string | undefined =>
  typeof data.order_id === 'string' ? `order ${data.order_id}` : undefined
