/** Which requests are heard at all: while there are no keys, those of this machine, asking for itself. */
import { type Exchange, headerNames, headerValues } from './exchange.ts'
import { refuse } from './refused.ts'

/** Longer addresses are refused; a documented one has less than 200 characters. */
const URL_MOST = 8_192

const LOOPBACK = String.raw`(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?`
const LOOPBACK_HOST = new RegExp(`^${LOOPBACK}$`, 'i')
const LOOPBACK_ORIGIN = new RegExp(`^https?://${LOOPBACK}$`, 'i')

// What a proxy adds. Behind one, everybody would look like this machine.
const PROXY_HEADER = /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/

/**
 * Throws `Refused` for a request whose address cannot be read, or of a page of elsewhere; and, unless it has to bring a
 * key (`keysNeeded`), for one that comes from elsewhere or may do so.
 */
export const admit = (exchange: Exchange, keysNeeded: boolean): void => {
  const { url } = exchange.req

  const hosts = headerValues(exchange, 'host')
  if (hosts.length > 1 || hosts[0]?.includes(',')) throw refuse('invalid_field', 'There should be one Host header')
  const origin = exchange.req.header('origin')
  if (keysNeeded) refuseForeignPage(origin, hosts[0])
  else refuseElsewhere(exchange, [hosts[0] ?? '', hostOf(url)], origin)

  if (url.length > URL_MOST) throw refuse('invalid_field', `The address should have at most ${URL_MOST} characters`)
  if (url.includes('%') && !isDecodable(url))
    throw refuse('invalid_field', 'The address should have only UTF-8 in its percent-encoding')
}

// A browser sends no key by itself, but what a page may ask with one it has is its own origin's alone.
const refuseForeignPage = (origin: string | undefined, host: string | undefined): void => {
  if (origin === undefined || LOOPBACK_ORIGIN.test(origin)) return
  if (/^https?:\/\/(.+)$/i.exec(origin)?.[1]?.toLowerCase() === host?.toLowerCase()) return
  throw refuse('foreign_origin', 'The Origin should be a page of the host that is asked')
}

const refuseElsewhere = (exchange: Exchange, hosts: string[], origin: string | undefined): void => {
  // A page of elsewhere that had its name point here (DNS rebinding) still sends that name.
  if (!hosts.every(host => host === '' || LOOPBACK_HOST.test(host)))
    throw refuse('foreign_host', 'The Host header should be localhost, 127.0.0.1 or [::1]')

  if (origin !== undefined && !LOOPBACK_ORIGIN.test(origin))
    throw refuse('foreign_origin', 'The Origin should be a page of this machine')

  if (cameByProxy(exchange))
    throw refuse(
      'forbidden',
      'The request came through a proxy; none may stand in front until there is a key: npm start -- keys create --role operator',
    )
}

/** Whether something between has passed the request on, and says so. */
export const cameByProxy = (exchange: Exchange): boolean => headerNames(exchange).some(name => PROXY_HEADER.test(name))

const hostOf = (url: string): string => {
  const start = url.indexOf('//') + 2
  return url.slice(start, url.indexOf('/', start))
}

const isDecodable = (url: string): boolean => {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    // A URIError says no more than that.
    return false
  }
}
