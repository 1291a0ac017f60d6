/** Where a webhook goes: what its URL must be, whoever asks for it. */
import { field } from '../values.ts'
import { isAddress, isLoopbackAddress, isPublicAddress } from './address.ts'

const MOST_CHARACTERS = 2000

/** The URL of a receiver on input, as a browser would write it. */
export const webhookUrl = field<string, string>(readUrl, {
  problem: 'invalid_field',
  message: `should be an https URL of at most ${MOST_CHARACTERS} characters, with no user, password or fragment`,
  schema: { type: 'string', format: 'uri', maxLength: MOST_CHARACTERS },
})

function readUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MOST_CHARACTERS || !/^https?:\/\//i.test(value)) return undefined
  // A browser's reading drops control characters and blanks in silence; here they are somebody's mistake, or worse.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\u0000-\u0020\u007f\\]/.test(value) || !URL.canParse(value)) return undefined
  const url = new URL(value)
  if (url.username !== '' || url.password !== '' || value.includes('#') || url.port === '0') return undefined
  return url.href.length <= MOST_CHARACTERS ? url.href : undefined
}

/** The host of a URL as it is connected to: an address without its brackets, or a name without a dot at its end. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/** Whether a host is this machine by its very name. Any other name that leads here is refused when it is looked up. */
const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopbackAddress(host)

/** Why nothing may be sent to `url`, as far as that can be told without asking the name servers. */
export const whyNotTo = (url: string, toLoopback: boolean): string | undefined => {
  const host = hostOf(url)
  if (isLoopbackHost(host)) return toLoopback ? undefined : 'should not lead to this machine'
  if (isAddress(host) && !isPublicAddress(host)) return 'should lead to a public address'
  return url.startsWith('https:') ? undefined : 'should begin with https://; http is for this machine alone'
}
