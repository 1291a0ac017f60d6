/** Requests to a Kassa under test, and what came back, body read and parsed. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'

export type Reply = { status: number; headers: Headers; text: string; json: unknown }

/** Sends one request; `body` goes out as it stands when it is text or bytes, else as JSON. */
export async function send(
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    body: (raw ? body : JSON.stringify(body)) as BodyInit,
  })
  return replyOf(response.status, response.headers, await response.text())
}

/** The same with a path that goes out as it stands: Bun's `fetch` makes one slash of two. */
export async function postExactly(url: string, path: string, body: unknown): Promise<Reply> {
  const { hostname, port } = new URL(url)
  const outgoing = request({ hostname, port, path, method: 'POST', agent: false })
  outgoing.end(JSON.stringify(body))
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
  return replyOf(response.statusCode ?? 0, headers, await textOf(response))
}

function replyOf(status: number, headers: Headers, text: string): Reply {
  const isJson = /^application\/(problem\+)?json/.test(headers.get('content-type') ?? '')
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined }
}

export const post = (url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  send(url, 'POST', path, { body, headers })

export const get = (url: string, path: string): Promise<Reply> => send(url, 'GET', path)

/** The JSON of a reply that should have this status. */
export async function expecting<T>(status: number, reply: Promise<Reply>): Promise<T> {
  const { status: actual, text, json } = await reply
  if (actual !== status) throw new Error(`Status ${status} was expected, ${actual} came: ${text}`)
  return json as T
}
