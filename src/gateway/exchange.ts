/** One request and its response, as every handler of the gateway sees them. */
import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Caller } from '../access/access-key.ts'
import type { Trace } from '../bus/trace.ts'
import type { RouteMeter } from './http-meters.ts'
import type { Timing } from './timing.ts'

/** The bytes of a body, or why they are not had. */
export type Heard = { bytes: Uint8Array } | { fault: unknown }

/** `incoming` is Node's own request, where one stands behind it; `requestId` is known before anything can fail. */
export type GatewayEnv = {
  Bindings: { incoming?: IncomingMessage } | undefined
  Variables: {
    requestId: string
    /** When it had come whole, in milliseconds of the monotonic clock. */
    cameMs: number
    /** Its own step in its trace; `parent` is the client’s, where the trace is the client’s. */
    trace: Trace & { parent: string | undefined }
    /** What its time is spent on. */
    timing: Timing
    /** The key of the command that this request became; a client that does not know the outcome sends it again. */
    handle?: string
    /** The order that was answered, for the log. */
    order?: string
    /** The code of the problem that was answered, for the log. */
    code?: string
    /** The body, as soon as it has come. */
    heard?: Heard
    /** Who asks, where keys are needed. */
    caller?: Caller
    /** Where this request is counted, as soon as its route is known. */
    meter?: RouteMeter
    /** The user that stands for another's, and whom the client asked for. */
    stranger?: { asked: string; shown: string }
  }
}

export type Exchange = Context<GatewayEnv>

/** Every value of a request header, unjoined where Node tells them apart. */
export const headerValues = (exchange: Exchange, name: string): string[] => {
  const raw = exchange.env?.incoming?.rawHeaders
  if (!raw) return [exchange.req.header(name)].filter(value => value !== undefined)

  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name)
}

/** The names of all request headers, in lower case. */
export const headerNames = (exchange: Exchange): string[] => {
  const incoming = exchange.env?.incoming
  return incoming ? Object.keys(incoming.headers) : [...exchange.req.raw.headers.keys()]
}

/** Answers with a JSON text. */
export const sendJson = (exchange: Exchange, status: number, text: string, headers: Record<string, string> = {}) =>
  exchange.body(text, status as ContentfulStatusCode, {
    'Content-Type': 'application/json; charset=utf-8',
    // Here and not at the end: a header that is added to an answer has the whole answer made anew.
    'Server-Timing': exchange.get('timing').header(),
    ...headers,
  })

/** Answers with CSV; a browser saves it. */
export const sendCsv = (exchange: Exchange, text: string, headers: Record<string, string>) =>
  exchange.body(text, 200, {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': 'attachment',
    ...headers,
  })

/** Answers with a page. */
export const sendHtml = (exchange: Exchange, status: number, text: string) =>
  exchange.body(text, status as ContentfulStatusCode, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
