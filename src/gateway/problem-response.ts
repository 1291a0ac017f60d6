/** Whatever went wrong, as a problem document. */
import { routePath } from 'hono/route'
import { Malformed } from '../bus/contract.ts'
import { PROBLEMS, problemDocument, type Refusal } from '../bus/problem.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Log } from '../log.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { faultName } from './fault-name.ts'
import { Refused } from './refused.ts'

/** A client may try again after this many seconds; an actor's restart takes about one. */
export const RETRY_AFTER_S = '1'

/** Answers a fault. A defect is logged, without its message: that may quote a person's data. */
export const sendFault = (exchange: Exchange, fault: unknown, log: Log): Response => {
  const refusal = refusalOf(fault)
  if (!refusal) {
    const ids = { requestId: exchange.get('requestId'), trace: exchange.get('trace').id }
    const found = { ...ids, method: exchange.req.method, route: routePath(exchange, -1) }
    log.error({ ...found, fault: faultName(fault), at: framesOf(fault) }, 'a request met a defect')
  }
  const shown = refusal ?? { code: 'internal', detail: 'The request met a defect; it is in our log' }
  return sendProblem(exchange, shown, fault instanceof Refused ? fault.headers : {})
}

/** Answers a refusal. Where the outcome is open, the command's key goes with it, so that it can be sent again. */
export const sendProblem = (exchange: Exchange, refusal: Refusal, headers: Record<string, string> = {}): Response => {
  const { status } = PROBLEMS[refusal.code]
  const handle = exchange.get('handle')
  const again = status === 503 || status === 429
  exchange.set('code', refusal.code)

  return sendJson(exchange, status, JSON.stringify(problemDocument(refusal, exchange.get('requestId'))), {
    'Content-Type': 'application/problem+json; charset=utf-8',
    ...(again ? { 'Retry-After': RETRY_AFTER_S } : {}),
    ...((again || status >= 500) && handle !== undefined ? { 'Idempotency-Key': handle } : {}),
    ...headers,
  })
}

const refusalOf = (fault: unknown): Refusal | undefined => {
  if (fault instanceof Refused || fault instanceof Malformed) return fault.refusal
  if (!(fault instanceof Unavailable)) return undefined
  const detail =
    fault.code === 'overloaded'
      ? 'Too much is waiting already; send the same request again later'
      : 'A part of the system does not answer at present; send the same request again later'
  return { code: fault.code, detail }
}

const framesOf = (fault: unknown): string[] =>
  fault instanceof Error
    ? (fault.stack ?? '')
        .split('\n')
        .filter(line => /^\s+at /.test(line))
        .slice(0, 8)
    : []
