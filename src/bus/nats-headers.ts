/** Headers as NATS carries them, to and from the bus's plain ones. */
import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node'
import type { Headers } from './bus.ts'

/** For publishing; `undefined` where there are none, which is the shorter message. Throws on a line break. */
export const toNats = (pairs: readonly (readonly [string, string])[]): WrittenHeaders | undefined => {
  if (pairs.length === 0) return undefined

  let text = 'NATS/1.0\r\n'
  for (const [name, value] of pairs) {
    if (LINE_BREAK.test(name) || LINE_BREAK.test(value))
      throw new Error(`Cannot send the header ${JSON.stringify(name)}: there is a line break in it`)
    text += `${name}: ${value}\r\n`
  }
  return new WrittenHeaders(`${text}\r\n`)
}

const LINE_BREAK = /[\r\n]/

/** Headers that are only to be sent. The client's own take a microsecond each: they spell every name letter by letter. */
export class WrittenHeaders extends MsgHdrsImpl {
  readonly bytes: Uint8Array
  constructor(text: string) {
    super()
    this.bytes = Buffer.from(text)
  }
  override encode(): Uint8Array {
    return this.bytes
  }
}

/**
 * The headers of a message that came. Anybody can send ones that cannot be read (a bare line break); such a message has
 * none, and whoever takes it in judges its body.
 */
export const headersOf = (read: () => MsgHdrs | undefined): Headers => {
  try {
    return fromNats(read())
  } catch {
    // The client's parser threw. What was sent can't be had, and a message without headers is a case like any other.
    return {}
  }
}

/** Of a header that came several times the first one counts. */
export const fromNats = (headers: MsgHdrs | undefined): Headers => {
  const plain: Record<string, string> = {}
  if (headers) for (const [name, values] of headers) plain[name] = values[0] ?? ''
  return plain
}
