/** A retry storm: more clients than can be served, each of whom gives up soon and asks again at once with the same key. */
import { type Connection, openConnection } from './connection.ts'
import { type Latencies, noLatencies, noteLatency } from './latencies.ts'
import { postOrder } from './requests.ts'
import type { Response } from './response-reader.ts'

export type StormPlan = {
  kind: 'storm'
  port: number
  clients: number
  /** Requests a second that all clients together may send, the repeated ones among them. */
  perSecond: number
  /** A client waits this long for an answer, then it closes its connection and asks again. */
  timeoutMs: number
  seconds: number
  userIds: number[]
  /** What the keys of this storm begin with; the order `n` has the key `<keys>-<n>`. */
  keys: string
}

/** What came of it; `answers` are the bodies of the acknowledged orders by number, `null` for those still open. */
export type StormResult = {
  seconds: number
  sent: number
  /** Orders acknowledged while it lasted, each counted once. `pending`: those of them that had not settled. */
  acknowledged: number
  pending: number
  /** 429 and 503 with Retry-After. */
  refused: number
  timeouts: number
  /** Answers of any other status, and `broken` connections. */
  other: Record<string, number>
  /** From an order's first request to its acknowledgement. */
  latencies: Latencies
  /** How long a refusal took. */
  refusals: Latencies
  answers: (string | null)[]
}

/** An order on its way to its acknowledgement. */
type Asked = { order: number; firstAt: number }

/** How often requests that are due are sent. What nobody was free to send then is not made up for later. */
const TICK_MS = 5
const CREATED = 201

/** The request for the order `n` of a storm, the same one whenever it is asked. */
export const stormOrder = ({ userIds, keys }: Pick<StormPlan, 'userIds' | 'keys'>, order: number): Buffer =>
  postOrder(userIds[order % userIds.length]!, `${keys}-${order}`)

/** Runs the plan; `window` hears when counting begins and when it is over. Connections that break are opened anew. */
export const runStorm = async (plan: StormPlan, window: (isOpen: boolean) => void): Promise<StormResult> => {
  const result: StormResult = {
    seconds: plan.seconds,
    sent: 0,
    acknowledged: 0,
    pending: 0,
    refused: 0,
    timeouts: 0,
    other: {},
    latencies: noLatencies(),
    refusals: noLatencies(),
    answers: [],
  }
  const clients = Array.from({ length: plan.clients }, () => createClient(plan))
  const free = [...clients]
  const again: Asked[] = []
  let running = true

  const send = (client: Client, asked: Asked): void => {
    const sentAt = performance.now()
    result.sent++
    client.ask(stormOrder(plan, asked.order), plan.timeoutMs, came => {
      free.push(client)
      if (!running) return
      if (!count(result, asked, came, performance.now() - sentAt)) again.push(asked)
    })
  }

  window(true)
  const began = performance.now()
  let due = 0
  await new Promise<void>(resolve => {
    let lookedAt = began
    const ticking = setInterval(() => {
      const now = performance.now()
      due = (due % 1) + ((now - lookedAt) * plan.perSecond) / 1000
      lookedAt = now
      for (; due >= 1 && free.length > 0; due--) {
        const asked = again.shift() ?? { order: result.answers.push(null) - 1, firstAt: now }
        send(free.shift()!, asked)
      }
      if (now - began < plan.seconds * 1000) return
      clearInterval(ticking)
      resolve()
    }, TICK_MS)
  })
  running = false
  result.seconds = (performance.now() - began) / 1000
  window(false)
  for (const client of clients) client.close()
  return result
}

/** What came: a response, or why there is none. */
type Came = Response | 'timeout' | 'broken'

/** Counts it; whether the order is acknowledged. */
const count = (result: StormResult, { order, firstAt }: Asked, came: Came, ms: number): boolean => {
  if (came === 'timeout') {
    result.timeouts++
    return false
  }
  if (came !== 'broken' && came.status === CREATED) {
    result.acknowledged++
    if (!came.head.includes('\r\norder-status: Confirmed\r\n')) result.pending++
    noteLatency(result.latencies, performance.now() - firstAt)
    result.answers[order] = came.body.toString()
    return true
  }
  if (came !== 'broken' && (came.status === 429 || came.status === 503) && /\r\nretry-after:/i.test(came.head)) {
    result.refused++
    noteLatency(result.refusals, ms)
    return false
  }
  const what = came === 'broken' ? came : came.status
  result.other[what] = (result.other[what] ?? 0) + 1
  return false
}

type Client = { ask: (request: Buffer, timeoutMs: number, came: (came: Came) => void) => void; close: () => void }

/** A client with one connection, opened when it is needed. */
const createClient = ({ port }: StormPlan): Client => {
  let connection: Connection | undefined
  let tell: ((came: Came) => void) | undefined
  let timer: NodeJS.Timeout | undefined

  const end = (came: Came) => {
    clearTimeout(timer)
    const told = tell
    tell = undefined
    told?.(came)
  }
  const drop = () => {
    connection?.close()
    connection = undefined
  }
  const broken = () => {
    connection = undefined
    end('broken')
  }

  return {
    ask: (request, timeoutMs, came) => {
      tell = came
      timer = setTimeout(() => {
        drop()
        end('timeout')
      }, timeoutMs)
      const write = (to: Connection) => to.ask(request, end)
      if (connection) return write(connection)
      openConnection(port, broken).then(opened => {
        // It came too late: nobody waits any more.
        if (tell !== came) return opened.close()
        connection = opened
        write(opened)
      }, broken)
    },
    close: () => {
      clearTimeout(timer)
      drop()
    },
  }
}
