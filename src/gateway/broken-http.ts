/** What never became a request of the app: answered as a problem document all the same. */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { PROBLEMS, type ProblemCode, problemDocument } from '../bus/problem.ts'
import { TOO_MANY } from './in-flight.ts'
import { RETRY_AFTER_S } from './problem-response.ts'

const LINGER_MS = 1_000

/** The listener of `clientError`: bytes that are not HTTP, headers that are too large or too slow. */
export const answerBrokenHttp = (fault: Error & { code?: string }, socket: Duplex): void => {
  // A client that is gone, or one that has part of an answer already, can't be told anything.
  const answered = (socket as Socket & { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent
  if (fault.code === 'ECONNRESET' || !socket.writable || answered) {
    socket.destroy()
    return
  }

  const { body, headers } = problem()
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 400 Bad Request\r\n${head}\r\n${body}`)
  // One that goes on sending would keep the connection for ever; closed at once, it might not see the answer.
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

/** A request of HTTP/1.1 must name its host (RFC 9112, 3.2). */
export const answerWithoutHost = (outgoing: ServerResponse): void =>
  answerWith(outgoing, 'The request should have a Host header')

/** An `Expect` that nobody here can fulfil (RFC 9110, 10.1.1). */
export const answerUnknownExpectation = (outgoing: ServerResponse): void =>
  answerWith(outgoing, 'The Expect header should be 100-continue, or none')

const answerWith = (outgoing: ServerResponse, detail: string): void => {
  const { body, headers } = problem(detail)
  outgoing.writeHead(400, { ...headers, connection: 'close' }).end(body)
}

/** One request too many. The connection is kept: to open a new one costs more than the request. */
export const answerOverloaded = (outgoing: ServerResponse): void => {
  const { body, headers } = problem(TOO_MANY, 'overloaded')
  outgoing.writeHead(PROBLEMS.overloaded.status, { ...headers, 'retry-after': RETRY_AFTER_S }).end(body)
}

/** The response to a request whose address or Host cannot be made a URL of. */
export const unreadable = (): Response => {
  const { body, headers } = problem()
  return new Response(body, { status: 400, headers })
}

const problem = (
  detail = 'The request should be HTTP/1.1 with a readable address and Host',
  code: ProblemCode = 'invalid_field',
) => {
  const requestId = randomUUID()
  const refusal = { code, detail }
  return {
    body: JSON.stringify(problemDocument(refusal, requestId)),
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
    },
  }
}
