/** The name of one request in headers, problem documents and the log. */
import type { Random } from '../world/random.ts'
import type { Exchange } from './exchange.ts'

// Printable, no space and no quote: it goes back into a header and into a line of the log.
const SANE = /^[A-Za-z0-9._:@/+=-]{1,128}$/

/** The client's `X-Request-Id` where it is sane, else one of ours. Only echoed: proxies use one for many requests. */
export const requestIdOf = (exchange: Exchange, random: Random): string => {
  const given = exchange.req.header('x-request-id')
  return given !== undefined && SANE.test(given) ? given : random.uuid()
}
