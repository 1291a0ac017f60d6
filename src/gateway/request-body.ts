/** The body of a request as JSON, whatever its sender calls it. */
import { MOST_BODY_BYTES } from '../bus/contract.ts'
import { readJson } from '../bus/json.ts'
import type { Exchange, Heard } from './exchange.ts'
import { refuse } from './refused.ts'

// Binary types can't be the document's JSON; every other type, and none, is what naive clients send.
const BINARY =
  /^(?:multipart|image|audio|video|font|model)\/|^application\/(?:octet-stream|pdf|zip|gzip|x-(?!www-form-urlencoded|ndjson|json)|vnd\.(?!.*\+json))/

/** Waits for the body, however slowly it comes; what is wrong with it is told by whoever reads it. */
export const hearBody = async (exchange: Exchange): Promise<void> => {
  exchange.set('heard', await heardFrom(exchange))
}

const heardFrom = async (exchange: Exchange): Promise<Heard> => {
  try {
    refuseMediaType(exchange)
    return { bytes: await readBytes(exchange) }
  } catch (fault) {
    return { fault }
  }
}

/**
 * The parsed body, mended where it is wrong as the founding document's own examples are. An empty body is `undefined`.
 * Throws `Refused` or `MalformedJson`.
 */
export const readRequestBody = async (exchange: Exchange): Promise<unknown> => {
  const heard = exchange.get('heard') ?? (await heardFrom(exchange))
  if ('fault' in heard) throw heard.fault
  const { bytes } = heard
  if (bytes.length === 0) return undefined
  return readJson(decode(bytes), { mend: true })
}

const refuseMediaType = (exchange: Exchange): void => {
  const [type = ''] = (exchange.req.header('content-type') ?? '').split(';')
  const mediaType = type.trim().toLowerCase()

  // A form or a plain text can be sent by any page without being asked for; JSON can't.
  if (exchange.req.header('origin') !== undefined && mediaType !== 'application/json')
    throw refuse('unsupported_media_type', 'From a browser the Content-Type should be application/json')
  if (BINARY.test(mediaType)) throw refuse('unsupported_media_type', 'The Content-Type should be application/json')

  const encoding = exchange.req.header('content-encoding') ?? 'identity'
  if (encoding.trim().toLowerCase() !== 'identity')
    throw refuse('unsupported_media_type', 'The body should be sent without a Content-Encoding')
}

const readBytes = async (exchange: Exchange): Promise<Uint8Array> => {
  const announced = exchange.req.header('content-length')
  if (announced !== undefined && Number(announced) > MOST_BODY_BYTES) throw tooLarge()
  try {
    // Node lets no more through than was announced, and reading at once is the quick way there.
    if (announced !== undefined && exchange.env?.incoming) return new Uint8Array(await exchange.req.arrayBuffer())
    return await readCounted(exchange.req.raw.body)
  } catch (fault) {
    if (exchange.req.raw.signal.aborted) throw refuse('malformed_json', 'The body ended before its end')
    throw fault
  }
}

const readCounted = async (body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MOST_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = () => refuse('body_too_large', `The body should have at most ${MOST_BODY_BYTES} bytes`)

const decode = (bytes: Uint8Array): string => {
  try {
    // Takes a byte order mark off, which some editors put there (RFC 8259, 8.1 allows to ignore it).
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (fault) {
    if (fault instanceof TypeError) throw refuse('malformed_json', 'The body should be UTF-8')
    throw fault
  }
}
