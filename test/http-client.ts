/** Requests to a Kassa under test, and what came back, body read and parsed. */

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
  const text = await response.text()
  const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
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
