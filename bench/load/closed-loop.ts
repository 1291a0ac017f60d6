/** A closed loop: every connection asks again as soon as it has its answer, and is counted while the window is open. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openConnection } from './connection.ts'
import { type Latencies, noLatencies, noteLatency } from './latencies.ts'
import type { RequestKind } from './requests.ts'
import { requestAt } from './requests.ts'
import type { Response } from './response-reader.ts'

/** Before the window opens the loop turns for this long, so that no connection is counted while it is being made, ms. */
const RUN_UP_MS = 200

/** `keys`: every request has an idempotency key that begins so. */
export type LoadPlan = {
  kind: RequestKind
  port: number
  connections: number
  seconds: number
  userIds: number[]
  keys?: string
}

/**
 * What came in while the window was open. `ok`: answered as wished; an order counts only with `Order-Status: Confirmed`.
 * `pending`: orders that were taken and not settled in time. `other`: by status, whatever was neither.
 */
export type LoadResult = {
  seconds: number
  ok: number
  pending: number
  other: Record<string, number>
  latencies: Latencies
}

/** Runs the plan; `window` hears when counting begins and when it is over. Rejects when a connection breaks. */
export const runClosedLoop = async (
  { kind, port, connections, seconds, userIds, keys }: LoadPlan,
  window: (isOpen: boolean) => void,
): Promise<LoadResult> => {
  const request = requestAt(kind, userIds, keys)
  const result: LoadResult = { seconds, ok: 0, pending: 0, other: {}, latencies: noLatencies() }
  let next = 0
  let counting = false
  let running = true
  const broken = Promise.withResolvers<never>()
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(port, broken.reject)))

  const loops = opened.map(
    connection =>
      new Promise<void>(resolve => {
        let askedAt = 0
        const ask = () => {
          askedAt = performance.now()
          connection.ask(request(next++), answered)
        }
        const answered = (response: Response) => {
          if (counting) count(result, kind, response, performance.now() - askedAt)
          if (running) ask()
          else resolve()
        }
        ask()
      }),
  )

  const measure = async () => {
    await sleep(RUN_UP_MS)
    window(true)
    counting = true
    const began = performance.now()
    await sleep(seconds * 1000)
    counting = false
    result.seconds = (performance.now() - began) / 1000
    window(false)
    running = false
    await Promise.all(loops)
  }
  try {
    await Promise.race([measure(), broken.promise])
  } finally {
    for (const connection of opened) connection.close()
  }
  return result
}

/** Whether it is the reply to an order that was settled by then. */
export const isSettled = ({ status, head }: Response): boolean =>
  status === 201 && head.includes('\r\norder-status: Confirmed\r\n')

const count = (result: LoadResult, kind: RequestKind, response: Response, ms: number): void => {
  const { status } = response
  if (kind === 'orders' ? isSettled(response) : status === 200) {
    result.ok++
    noteLatency(result.latencies, ms)
  } else if (status === 201) result.pending++
  else result.other[status] = (result.other[status] ?? 0) + 1
}
