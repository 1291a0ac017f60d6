/** Reading HTTP/1.1 responses off a connection, one after another, with no more work than measuring needs. */

/** One response. `head` is its status line and headers as they came, for whoever looks for one of them. */
export type Response = { status: number; head: string; body: Buffer }

/** Takes what arrives; gives the response when its last byte is there, and `undefined` until then. */
export type ResponseReader = { take: (bytes: Buffer) => Response | undefined }

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
/** `HTTP/1.1 201` */
const STATUS_AT = 9

/** A reader for a connection on which one request at a time is asked. Throws on what is no HTTP/1.1 response. */
export const createResponseReader = (): ResponseReader => {
  let waiting: Buffer | undefined

  return {
    take: bytes => {
      const all = waiting ? Buffer.concat([waiting, bytes]) : bytes
      const response = readResponse(all)
      waiting = response ? undefined : all
      return response
    },
  }
}

const readResponse = (bytes: Buffer): Response | undefined => {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = bytes.toString('latin1', 0, headEnd + LINE_END.length)
  if (!head.startsWith('HTTP/1.1 ')) throw new Error(`Cannot read a response: it begins with "${head.slice(0, 20)}"`)

  const status = Number(head.slice(STATUS_AT, STATUS_AT + 3))
  const bodyStart = headEnd + HEAD_END.length
  const length = LENGTH.exec(head)?.[1]
  if (length !== undefined) return withLength(bytes, status, head, bodyStart, bodyStart + Number(length))
  if (CHUNKED.test(head)) return withChunks(bytes, status, head, bodyStart)
  if (status === 204 || status === 304) return withLength(bytes, status, head, bodyStart, bodyStart)
  throw new Error(`Cannot read a response with status ${status}: it has neither a length nor chunks`)
}

const withLength = (bytes: Buffer, status: number, head: string, start: number, end: number): Response | undefined => {
  if (bytes.length < end) return undefined
  if (bytes.length > end) throw new Error('Cannot read a response: more came than was asked for')
  return { status, head, body: bytes.subarray(start, end) }
}

const withChunks = (bytes: Buffer, status: number, head: string, start: number): Response | undefined => {
  const chunks: Buffer[] = []
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf(LINE_END, at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('Cannot read a response: a chunk should begin with its size')
    const chunkStart = lineEnd + LINE_END.length
    const chunkEnd = chunkStart + size
    // No trailers: nobody here sends any, so the last chunk is followed by the empty line.
    if (size === 0) {
      const last = withLength(bytes, status, head, chunkStart, chunkEnd + LINE_END.length)
      return last && { ...last, body: Buffer.concat(chunks) }
    }
    if (bytes.length < chunkEnd + LINE_END.length) return undefined
    chunks.push(bytes.subarray(chunkStart, chunkEnd))
    at = chunkEnd + LINE_END.length
  }
}
