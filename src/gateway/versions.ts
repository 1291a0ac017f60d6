/** The version of a thing as HTTP says it: ETag, If-Match, If-None-Match (RFC 9110, 8.8.3 and 13.1). */
import { type Exchange, headerValues } from './exchange.ts'
import { refuse } from './refused.ts'

/** A change is meant for this version, for any (`*`), or for a thing that is not there yet (0). */
export type MeantVersion = number | '*' | 0

/** A tag as `etagOf` gives it. Zero is no version: it stands for what does not exist. */
export const OUR_TAG = /^"([1-9][0-9]{0,14})"$/

/** The header that tells the version of what is answered, where it has one. */
export const etagOf = ({ version }: { version?: unknown }): Record<string, string> =>
  typeof version === 'number' ? { ETag: `"${version}"` } : {}

/** What a change is meant for, by its `If-Match` or `If-None-Match: *`; `undefined` where it says nothing. Throws `Refused`. */
export const meantVersionOf = (exchange: Exchange): MeantVersion | undefined => {
  const match = headerOf(exchange, 'if-match')
  const noneMatch = headerOf(exchange, 'if-none-match')
  if (match !== undefined && noneMatch !== undefined)
    throw refuse('invalid_field', 'There should be If-Match or If-None-Match, not both')
  if (noneMatch !== undefined) {
    if (noneMatch === '*') return 0
    throw refuse('invalid_field', 'The If-None-Match of a change should be *: only what does not exist yet')
  }
  if (match === undefined || match === '*') return match
  const [, version] = OUR_TAG.exec(match) ?? []
  if (version === undefined) throw refuse('invalid_field', 'The If-Match should be one ETag as it was given, or *')
  return Number(version)
}

/** Whether the client has this version already, as its `If-None-Match` says. */
export const isKnownVersion = (exchange: Exchange, { version }: { version?: unknown }): boolean => {
  const known = headerOf(exchange, 'if-none-match')
  if (known === undefined || typeof version !== 'number') return false
  // A proxy that compressed the reply has weakened the tag; for a read that makes no difference.
  const tags = known.split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(`"${version}"`)
}

const headerOf = (exchange: Exchange, name: string): string | undefined => {
  const values = headerValues(exchange, name)
  return values.length === 0 ? undefined : values.join(',').trim()
}
