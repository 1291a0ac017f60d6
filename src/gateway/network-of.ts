/** Who asks, as far as an address can tell: whoever has one of IPv6 has the 2^64 beside it as well. */
import { isIPv6 } from 'node:net'

/** The groups of an IPv6 address that name the network of one customer: 64 bits. */
const NETWORK_GROUPS = 4

/** `2001:db8:1:2::/64` of an IPv6 address; any other text as it is. An IPv4 address in one of IPv6 is that IPv4 address. */
export const networkOf = (text: string): string => {
  const address = text.replace(/^\[|\](?::\d+)?$|%.*$/g, '')
  if (!isIPv6(address)) return text
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped

  // The URL parser writes every address in one way: in hexadecimal, without leading zeros, the longest zeros left out.
  const { hostname } = new URL(`http://[${address}]`)
  const [before = '', after] = hostname.slice(1, -1).split('::')
  const [head, tail] = [groupsOf(before), groupsOf(after ?? '')]
  const zeros = new Array<string>(after === undefined ? 0 : 8 - head.length - tail.length).fill('0')
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':')}::/64`
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
