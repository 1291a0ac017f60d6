/** Reads the requests and replies out of a document's code blocks, byte for byte. */

/** One block: what is sent, and what should come back. `reply` is the text as it stands there. */
export type Exchange = {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
  status: number
  replyHeaders: Record<string, string>
  reply?: string
}

const FENCE = /^```[^\n]*\n([\s\S]*?)^```/gm
const REQUEST = /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/
const STATUS = /^(\d{3}) [A-Z ]+$/
const HEADER = /^([A-Za-z-]+): (.+)$/

/** All blocks that are exchanges, in the order of the document. */
export function exchangesOf(document: string): Exchange[] {
  const blocks = [...document.matchAll(FENCE)].map(([, block = '']) => block)
  return blocks.map(block => plainExchange(block) ?? labelledExchange(block)).filter(exchange => exchange !== undefined)
}

/** `POST /path`, headers, body; then `201 CREATED`, headers, body. */
function plainExchange(block: string): Exchange | undefined {
  const lines = block.split('\n')
  const [, method, path] = REQUEST.exec(lines[0] ?? '') ?? []
  const statusAt = lines.findIndex(line => STATUS.test(line))
  if (!method || !path || statusAt === -1) return undefined

  const request = headersAndBody(lines.slice(1, statusAt))
  const reply = headersAndBody(lines.slice(statusAt + 1))
  return {
    method,
    path,
    headers: request.headers,
    body: request.body,
    status: Number.parseInt(lines[statusAt]!, 10),
    replyHeaders: reply.headers,
    reply: reply.body,
  }
}

/** `HTTP Method: …`, `Endpoint: …`, `Request Body:`; then `Response:`, `HTTP Status: …`. */
function labelledExchange(block: string): Exchange | undefined {
  const [, method] = /^HTTP Method: (\S+)$/m.exec(block) ?? []
  const [, path] = /^Endpoint: (\S+)$/m.exec(block) ?? []
  const [, body] = /^Request Body:\n([\s\S]*?)\nResponse:$/m.exec(block) ?? []
  const [, status] = /^HTTP Status: (\d{3})/m.exec(block) ?? []
  if (!method || !path || !status) return undefined

  return { method, path, headers: {}, body, status: Number(status), replyHeaders: {} }
}

function headersAndBody(lines: string[]): { headers: Record<string, string>; body: string | undefined } {
  const headers: Record<string, string> = {}
  let at = 0
  for (let match = HEADER.exec(lines[0] ?? ''); match; match = HEADER.exec(lines[++at] ?? ''))
    headers[match[1]!] = match[2]!

  const body = lines.slice(at).join('\n').replace(/\n+$/, '')
  return { headers, body: body === '' ? undefined : body }
}
