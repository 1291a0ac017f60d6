/** An open loop: orders come when they come, whether earlier ones are answered or not, and wait where nobody is free. */

import { isSettled, type LoadResult } from './closed-loop.ts'
import { type Connection, openConnection } from './connection.ts'
import { noLatencies, noteLatency } from './latencies.ts'
import { requestsOf } from './requests.ts'
import type { Response } from './response-reader.ts'

/** `perSecond` orders are sent evenly for `seconds`, over as many connections as are needed, `connections` at the most. */
export type OpenPlan = {
  kind: 'open'
  port: number
  perSecond: number
  connections: number
  seconds: number
  userIds: number[]
}

/** Orders of the first moment are not counted: connections are made then, ms. */
const RUN_UP_MS = 500
const TICK_MS = 1
const CREATED = 201

/**
 * Runs the plan; `window` hears when counting begins and when it is over. A latency runs from the moment for which the
 * order was intended to its reply, settled or not: what had to wait for a free connection, or for a load generator that
 * was late, counts in full. Rejects when there is nothing to connect to.
 */
export const runOpenLoop = async (
  { port, perSecond, connections, seconds, userIds }: OpenPlan,
  window: (isOpen: boolean) => void,
): Promise<LoadResult> => {
  const requests = requestsOf('orders', userIds)
  const result: LoadResult = { seconds, ok: 0, pending: 0, other: {}, latencies: noLatencies() }
  const failed = Promise.withResolvers<never>()
  const over = Promise.withResolvers<void>()
  const total = Math.round((RUN_UP_MS / 1000 + seconds) * perSecond)
  const began = performance.now()
  const intendedAfter = (order: number) => (order * 1000) / perSecond
  const intendedAt = (order: number) => began + intendedAfter(order)
  const opened = new Set<Connection>()
  // The one that was used last comes first: others are closed by the server when they have long been idle.
  const free: Connection[] = []
  const under = new Map<Connection, number>()
  let opening = 0
  let sent = 0
  let ended = 0

  const end = (order: number, count: (intended: number) => void) => {
    if (intendedAfter(order) >= RUN_UP_MS) count(intendedAt(order))
    if (++ended === total) over.resolve()
    else send()
  }
  const count = (response: Response) => (intended: number) => {
    if (response.status === CREATED) noteLatency(result.latencies, performance.now() - intended)
    if (isSettled(response)) result.ok++
    else if (response.status === CREATED) result.pending++
    else result.other[response.status] = (result.other[response.status] ?? 0) + 1
  }
  const open = async () => {
    opening++
    const connection: Connection = await openConnection(port, () => lose(connection))
    opening--
    opened.add(connection)
    free.push(connection)
    send()
  }
  const lose = (connection: Connection) => {
    opened.delete(connection)
    if (free.includes(connection)) free.splice(free.indexOf(connection), 1)
    const order = under.get(connection)
    if (order === undefined || !under.delete(connection)) return
    end(order, () => {
      result.other.broken = (result.other.broken ?? 0) + 1
    })
  }
  const isDue = () => sent < total && intendedAt(sent) <= performance.now()
  const send = () => {
    for (; isDue() && free.length > 0; sent++) {
      const connection = free.pop()!
      const order = sent
      under.set(connection, order)
      connection.ask(requests[order % requests.length]!, response => {
        under.delete(connection)
        free.push(connection)
        end(order, count(response))
      })
    }
    if (isDue() && opened.size + opening < connections) open().catch(failed.reject)
  }
  const ticking = setInterval(send, TICK_MS)
  const begin = setTimeout(() => window(true), RUN_UP_MS)
  try {
    await Promise.race([over.promise, failed.promise])
    window(false)
  } finally {
    clearInterval(ticking)
    clearTimeout(begin)
    for (const connection of opened) connection.close()
  }
  return result
}
