/** The key under which a command is carried out once: the client's, or one that we make. */

import type { Headers } from '../bus/bus.ts'
import { ANYBODY, COMMAND_HEADERS } from '../bus/command-id.ts'
import type { Random } from '../world/random.ts'
import { type Exchange, headerValues } from './exchange.ts'
import type { GatewayPorts } from './ports.ts'
import { refuse } from './refused.ts'
import { traceparentOf } from './request-trace.ts'

/** `given`: it came from the client, so that a refusal is remembered under it too. */
export type CommandKey = { text: string; given: boolean }

const BARE = `[!#-~](?:[ -~]{0,253}[!-~])?`
// A string of RFC 9651, the form the Idempotency-Key draft prescribes.
const INK = String.raw`(?:[!#-[\]-~]|\\["\\])`
const QUOTED = `"${INK}(?:(?: |${INK}){0,253}${INK})?"`

/** What an `Idempotency-Key` looks like: 1 to 255 characters, spaces inside alone; bare, or as a quoted string. */
export const COMMAND_KEY = `^(?:${BARE}|${QUOTED})$`

const SHAPE = new RegExp(COMMAND_KEY)

/** Reads the `Idempotency-Key`, bare or quoted, 1 to 255 characters; makes one where there is none. Throws `Refused`. */
export const commandKeyOf = (
  exchange: Exchange,
  { random, clock }: Pick<GatewayPorts, 'random' | 'clock'>,
): CommandKey => {
  const keys = new Set(headerValues(exchange, 'idempotency-key').map(value => value.trim()))
  if (keys.size === 0) return { text: timedUuid(random, clock.now()), given: false }
  if (keys.size > 1) throw invalid('There should be one Idempotency-Key')

  const [key = ''] = keys
  if (!SHAPE.test(key))
    throw invalid('The Idempotency-Key should be 1 to 255 printable ASCII characters, bare or in double quotes')
  return { text: key.startsWith('"') ? unquoted(key) : key, given: true }
}

/**
 * A UUID of version 7 (RFC 9562, section 5.7): its first 48 bits are the time, `now` in ms. Keys of one moment lie side by
 * side in an actor's inbox, where random ones would change a page each.
 */
const timedUuid = (random: Random, now: number): string => {
  const time = Math.max(0, now).toString(16).padStart(12, '0')
  const { length } = 'xxxxxxxx-xxxx-4'
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${random.uuid().slice(length)}`
}

/** The headers by which an actor knows the command's key, caller and trace. */
export const commandHeaders = (exchange: Exchange, key: CommandKey): Headers => ({
  [key.given ? COMMAND_HEADERS.key : COMMAND_HEADERS.requestId]: key.text,
  ...askerHeaders(exchange),
})

/** The headers by which an actor knows who asks, and in which trace. */
export const askerHeaders = (exchange: Exchange): Headers => {
  return { [COMMAND_HEADERS.caller]: callerNameOf(exchange), [COMMAND_HEADERS.trace]: traceparentOf(exchange) }
}

/** Who asks, as the log names it. */
export const callerNameOf = (exchange: Exchange): string => exchange.get('caller')?.name ?? ANYBODY

const unquoted = (key: string): string => key.slice(1, -1).replace(/\\(["\\])/g, '$1')

const invalid = (detail: string) => refuse('invalid_field', detail)
