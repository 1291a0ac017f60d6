/** Those who look: orders, money, letters and readiness over HTTP; what they were shown must have happened. */
import type { ActorName } from '../../src/actors/registry.ts'
import { type Asker, read } from './asking.ts'
import type { World } from './world.ts'

/** Something that somebody was shown: an order with its status, a row of the money history, a letter. */
export type Seen = { actor: ActorName; what: 'order' | 'operation' | 'letter'; id: string; status: string; at: number }

type Rows = Record<string, unknown>[]

/** Looks on behalf of clients. */
export const createReading = (asker: Asker, world: World) => {
  const seen: Seen[] = []
  const note = (actor: ActorName, what: Seen['what'], id: unknown, status: unknown): void =>
    void seen.push({ actor, what, id: String(id), status: String(status), at: world.clock.now() })

  const show = async (path: string): Promise<unknown> => {
    world.requests++
    const found = await read(asker, path)
    if (!found) return undefined
    if ('ok' in found) return found.ok
    // Who has just been made may not have come through to everybody yet.
    if (found.no === 'internal') world.violation(`GET ${path} met a defect`)
    return undefined
  }

  return {
    seen,
    lookAtOrder: async (orderId: string): Promise<void> => {
      const order = (await show(`/v1/orders/${orderId}`)) as Rows[number] | undefined
      if (order) note('order', 'order', order.order_id, order.status)
    },
    look: async (userId: number): Promise<void> => {
      const operations = (await show(`/money/history?user_id=${userId}`)) as Rows | undefined
      for (const { operation_id, type } of operations ?? []) note('billing', 'operation', operation_id, type)
      const letters = (await show(`/notifications/messages?user_id=${userId}`)) as Rows | undefined
      for (const { message_id, status } of letters ?? []) note('notification', 'letter', message_id, status)
    },
  }
}
