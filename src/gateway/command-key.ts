/** The key under which a command is carried out once: the client's, or one that we make. */

import type { Headers } from '../bus/bus.ts'
import { ANYBODY, COMMAND_HEADERS } from '../bus/command-id.ts'
import type { Random } from '../world/random.ts'
import { type Exchange, headerValues } from './exchange.ts'
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

/** Reads the `Idempotency-Key`, bare or quoted, 1 to 255 characters. Throws `Refused`. */
export const commandKeyOf = (exchange: Exchange, random: Random): CommandKey => {
  const keys = new Set(headerValues(exchange, 'idempotency-key').map(value => value.trim()))
  if (keys.size === 0) return { text: random.uuid(), given: false }
  if (keys.size > 1) throw invalid('There should be one Idempotency-Key')

  const [key = ''] = keys
  if (!SHAPE.test(key))
    throw invalid('The Idempotency-Key should be 1 to 255 printable ASCII characters, bare or in double quotes')
  return { text: key.startsWith('"') ? unquoted(key) : key, given: true }
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
