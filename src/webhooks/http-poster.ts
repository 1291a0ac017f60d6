/** Bringing messages to receivers over HTTP: to a checked address, once, with no redirect, within a deadline. */
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isAddress, isPublicAddress } from '../actors/webhook/address.ts'
import type { Message, Posted, Poster } from '../actors/webhook/poster.ts'
import { hostOf, whyNotTo } from '../actors/webhook/webhook-url.ts'
import { productVersion } from '../version.ts'
import type { Clock } from '../world/clock.ts'
import { readRetryAfter } from './retry-after.ts'

/** An attempt's own deadline, from the question to the name servers to the receiver's status line. */
const DEADLINE_MS = 10_000

/** So much of an answer, for so long, is let in before the line is cut: nobody reads it, and it holds a connection. */
const MOST_ANSWER_BYTES = 65_536
const ANSWER_MS = 1000

/** Nothing was sent yet, so another address of the same name may be tried at once. */
const NOT_REACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'])

export type HttpPosterOptions = {
  /** Whether receivers on this machine are allowed; plain http is for them alone. */
  toLoopback: boolean
  /** Certificates (PEM) that are trusted instead of those that the runtime knows. For tests. */
  authorities?: string
  /** Asks the name servers. For tests; another one than the system's decides what is checked. */
  lookUp?: (host: string) => Promise<readonly LookupAddress[]>
  /** Whether an address may be connected to. For tests. */
  isAllowed?: (address: string) => boolean
}

/** A connection in the making: it can be cut, and is over when the time is up or the poster closes. */
type Line = { cut: (() => void) | undefined; isOver: boolean; answered: () => void }

/** A poster over HTTP. */
export const createHttpPoster = (options: HttpPosterOptions, clock: Clock): Poster => {
  const { lookUp = systemLookUp, isAllowed = isPublicAddress } = options
  const lines = new Set<Line>()

  const addressesOf = async (host: string): Promise<string[]> => {
    if (isAddress(host)) return [host]
    // Not by the name servers: whoever answers for them must not say where this machine is.
    if (host === 'localhost') return ['127.0.0.1', '::1']
    const found = [...(await lookUp(host))].sort((a, b) => a.family - b.family).map(({ address }) => address)
    // One that leads inside makes the whole name suspect: which one a connection gets is not to be a matter of luck.
    return found.every(isAllowed) ? found : []
  }

  const post = async (message: Message, line: Line): Promise<Posted> => {
    const why = whyNotTo(message.url, options.toLoopback)
    if (why !== undefined) return failed(`the url ${why}`)
    const addresses = await addressesOf(hostOf(message.url))
    if (addresses.length === 0) return failed('the name leads to an address that is not public')

    let posted = failed('the name has no address')
    for (const address of addresses) {
      if (line.isOver) break
      posted = await postTo(address, message, line, options.authorities, clock)
      if (posted.outcome === 'answered' || !NOT_REACHED.has(posted.error)) break
    }
    return posted
  }

  return {
    post: message => {
      return new Promise(resolve => {
        const end = (posted: Posted): void => {
          cancel()
          line.isOver = true
          line.cut?.()
          lines.delete(line)
          resolve(posted)
        }
        const cancel = clock.after(DEADLINE_MS, () => end(failed(`no answer within ${DEADLINE_MS / 1000} s`)))
        const line: Line = { cut: undefined, isOver: false, answered: cancel }
        lines.add(line)
        post(message, line).then(end, error => end(failed(codeOf(error))))
      })
    },
    close: () => {
      for (const line of lines) {
        line.isOver = true
        line.cut?.()
      }
    },
  }
}

/** Connects to `address` and to nothing else; certificate and Host are those of the URL. */
const postTo = (
  address: string,
  { url, headers, body }: Message,
  line: Line,
  authorities: string | undefined,
  clock: Clock,
): Promise<Posted> =>
  new Promise(resolve => {
    const { protocol, host, port, pathname, search } = new URL(url)
    const name = hostOf(url)
    const isTls = protocol === 'https:'
    const request = (isTls ? https : http).request({
      host: address,
      port: port === '' ? (isTls ? 443 : 80) : Number(port),
      method: 'POST',
      path: `${pathname}${search}`,
      agent: false,
      ...(isAddress(name) ? {} : { servername: name }),
      ...(authorities === undefined ? {} : { ca: authorities }),
      headers: {
        host,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': `Kassa/${productVersion}`,
        connection: 'close',
        ...headers,
      },
    })
    line.cut = () => request.destroy(new Error('cut'))
    request.on('error', error => resolve(failed(codeOf(error))))
    request.on('response', response => {
      const { statusCode: status = 0 } = response
      const retryAfterMs = readRetryAfter(response.headers['retry-after'], clock.now())
      // The status says it all; what follows is let in for a while, so that an honest receiver can finish its sentence.
      line.answered()
      const finish = (): void => {
        cancel()
        line.cut = undefined
        resolve({ outcome: 'answered', status, retryAfterMs })
        request.destroy()
      }
      const cancel = clock.after(ANSWER_MS, finish)
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MOST_ANSWER_BYTES) finish()
      })
      // Cut off in the middle of what nobody reads.
      response.on('error', finish)
      response.on('close', finish)
      response.on('end', finish)
    })
    request.end(body)
  })

const systemLookUp = (host: string): Promise<LookupAddress[]> => lookup(host, { all: true })

const failed = (error: string): Posted => ({ outcome: 'failed', error })

/** A code of the system as it is; a message might hold what a receiver said. */
const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[A-Z][A-Z0-9_]{2,48}$/.test(code) ? code : 'the connection failed'
}
