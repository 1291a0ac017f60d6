/** Headers as NATS carries them, to and from the bus's plain ones. */
import { headers as emptyHeaders, type MsgHdrs } from '@nats-io/transport-node'
import type { Headers } from './bus.ts'

/** For publishing; `undefined` where there are none, which is the shorter message. */
export const toNats = (pairs: readonly (readonly [string, string])[]): MsgHdrs | undefined => {
  if (pairs.length === 0) return undefined

  const headers = emptyHeaders()
  for (const [name, value] of pairs) headers.append(name, value)
  return headers
}

/** Of a header that came several times the first one counts. */
export const fromNats = (headers: MsgHdrs | undefined): Headers => {
  const plain: Record<string, string> = {}
  if (headers) for (const [name, values] of headers) plain[name] = values[0] ?? ''
  return plain
}
