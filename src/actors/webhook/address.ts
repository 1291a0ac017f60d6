/** Which addresses of the network a webhook may go to: what everybody can reach, and nothing that only this machine or its network can. */

/** Address blocks that lead somewhere else than to a public server (RFC 6890 and its registry, RFC 6598, RFC 5737). */
const CLOSED_V4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** All that is public in IPv6 lies in here … */
const GLOBAL_V6 = block('2000::', 3)

/** … apart from these: protocols, Teredo and ORCHID, documentation, and 6to4, which wraps an IPv4 address. */
const CLOSED_V6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

type Bits = { value: bigint; length: 32 | 128 }
type Block = { from: bigint; to: bigint; length: 32 | 128 }

const CLOSED: readonly Block[] = [...CLOSED_V4, ...CLOSED_V6].map(([first, bits]) => block(first, bits))
const LOOPBACK: readonly Block[] = [block('127.0.0.0', 8), block('::1', 128)]

/** Whether a server at `address`, an IPv4 or IPv6 address as text, can be one of the public network. */
export const isPublicAddress = (address: string): boolean => {
  const bits = bitsOf(address)
  if (!bits) return false
  // An IPv4 address in the clothes of IPv6 (mapped, NAT64) lies outside of it too, whatever it is.
  if (bits.length === 128 && !lies(bits, GLOBAL_V6)) return false
  return !CLOSED.some(closed => lies(bits, closed))
}

/** Whether `address` is this machine itself. */
export const isLoopbackAddress = (address: string): boolean => {
  const bits = bitsOf(address)
  return bits !== undefined && LOOPBACK.some(loopback => lies(bits, loopback))
}

/** Whether `text` is an address at all, and no name. */
export const isAddress = (text: string): boolean => bitsOf(text) !== undefined

function block(first: string, bits: number): Block {
  const start = bitsOf(first)
  if (!start) throw new Error(`Cannot read the address ${first}`)
  const rest = (1n << BigInt(start.length - bits)) - 1n
  return { from: start.value, to: start.value | rest, length: start.length }
}

function lies({ value, length }: Bits, { from, to, length: its }: Block): boolean {
  return length === its && value >= from && value <= to
}

function bitsOf(address: string): Bits | undefined {
  return address.includes(':') ? bitsOfV6(address) : bitsOfV4(address)
}

function bitsOfV4(address: string): Bits | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined
  return { value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n), length: 32 }
}

// A zone (`fe80::1%eth0`) makes it no address here: what needs one is not public.
function bitsOfV6(address: string): Bits | undefined {
  const halves = withHexOnly(address)?.split('::')
  if (!halves || halves.length > 2) return undefined
  const [head = [], tail] = halves.map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(tail ? missing : 0).fill('0'), ...(tail ?? [])]
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return { value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n), length: 128 }
}

/** The last two groups may be written as IPv4: `::ffff:10.0.0.1`. */
function withHexOnly(address: string): string | undefined {
  const at = address.lastIndexOf(':') + 1
  const last = address.slice(at)
  if (!last.includes('.')) return address
  const bits = bitsOfV4(last)
  return bits && `${address.slice(0, at)}${(bits.value >> 16n).toString(16)}:${(bits.value & 0xffffn).toString(16)}`
}
