/** One entry of a log: its bytes, and the chain that ties it to every entry before it. */
import { createHash } from 'node:crypto'

/**
 * The event an entry answers: the number and the chain of that event in its source's log (protocol, R1).
 * `source` is `<actor>/<cell>`.
 */
export type Cause = { source: string; seq: number; chain: string }

/** What an entry carries besides its event; all of it lies under the chain (protocol, R2 and R11). */
export type EntryHeaders = {
  /** The command's id: a client's key or one made for it, in its scope. */
  command?: string
  /** Hash of the command's body, by which a key that is used for something else is found out. */
  fingerprint?: string
  /** JSON of the reply the command got. */
  reply?: string
  /** The event of another actor that this entry answers. */
  cause?: Cause
}

/**
 * One decision as the log keeps it and the stream carries it.
 * `body` is the CloudEvent's bytes, `headers` the canonical text of `EntryHeaders`, `chain` base64url of 32 bytes.
 */
export type Entry = { seq: number; subject: string; headers: string; body: Uint8Array; chain: string }

/** The chain before the first entry. */
export const NO_CHAIN = ''

/** chain = sha256(previous chain ‖ length of the body ‖ body ‖ headers), base64url. The length keeps body and headers apart. */
export const chainOf = (previous: string, body: Uint8Array, headers: string): string =>
  createHash('sha256').update(`${previous}\n${body.length}\n`).update(body).update(headers).digest('base64url')

/** Whether `entry` continues a log whose last chain is `previous`, byte for byte. */
export const follows = (previous: string, entry: Pick<Entry, 'body' | 'headers' | 'chain'>): boolean =>
  chainOf(previous, entry.body, entry.headers) === entry.chain

const NAMES = {
  command: 'Kassa-Command',
  fingerprint: 'Kassa-Fingerprint',
  reply: 'Kassa-Reply',
  cause: 'Kassa-Cause',
} as const

/**
 * The canonical text of an entry's headers: `Name: value` lines in a fixed order, each ended by `\n`. Throws on a value
 * that would not arrive as it was sent: with a line break, or with blanks around it, which NATS clients trim.
 */
export const writeHeaders = (headers: EntryHeaders): string => {
  let text = ''
  if (headers.command !== undefined) text += `${NAMES.command}: ${sendable(headers.command)}\n`
  if (headers.fingerprint !== undefined) text += `${NAMES.fingerprint}: ${sendable(headers.fingerprint)}\n`
  if (headers.reply !== undefined) text += `${NAMES.reply}: ${sendable(headers.reply)}\n`
  if (headers.cause) text += `${NAMES.cause}: ${headers.cause.source} ${headers.cause.seq} ${headers.cause.chain}\n`
  return text
}

const sendable = (value: string): string => {
  if (value === value.trim() && !/[\r\n]/.test(value)) return value
  throw new Error('Cannot write entry headers: a value has a line break, or blanks around it')
}

/** The reverse of `writeHeaders`. Throws on text that it could not have written. */
export const readHeaders = (text: string): EntryHeaders => {
  const headers: EntryHeaders = {}
  for (const [name, value] of headerPairs(text)) {
    if (name === NAMES.cause) headers.cause = readCause(value)
    else if (name === NAMES.command) headers.command = value
    else if (name === NAMES.fingerprint) headers.fingerprint = value
    else if (name === NAMES.reply) headers.reply = value
  }
  return headers
}

/** The `Name: value` pairs of canonical header text, as a bus sends them. */
export const headerPairs = (text: string): [name: string, value: string][] => text.split('\n').slice(0, -1).map(pairOf)

/** Canonical header text from the headers a bus delivered; whatever is not an entry's header is left out. */
export const headerText = (get: (name: string) => string | undefined): string => {
  let text = ''
  for (const name of Object.values(NAMES)) {
    const value = get(name)
    if (value !== undefined && value !== '') text += `${name}: ${value}\n`
  }
  return text
}

const pairOf = (line: string): [string, string] => {
  const colon = line.indexOf(': ')
  if (colon < 1) throw new Error(`Cannot read entry headers: the line "${line}" has no name; the log is damaged`)
  return [line.slice(0, colon), line.slice(colon + 2)]
}

const readCause = (value: string): Cause => {
  const [source, seq, chain] = value.split(' ')
  if (!source || !seq || !chain) throw new Error(`Cannot read the cause "${value}": it needs source, number and chain`)
  return { source, seq: Number(seq), chain }
}
