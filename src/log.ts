/** The log: JSON lines on stderr, readable ones at a terminal, never with a person's data in them. */
import { pino, stdSerializers } from 'pino'
import { shownLine } from './log-line.ts'
import { inSources } from './processes/built.ts'

/** What a line may tell of. Another field is left out, and the line says so by its name alone (`left_out`). */
const FIELDS = [
  'at',
  'code',
  'connected',
  'consumer',
  'effect',
  'entries',
  'err',
  'error',
  'exitCode',
  'fault',
  'head',
  'kept',
  'messages',
  'method',
  'ms',
  'order',
  'part',
  'partPid',
  'path',
  'persist',
  'reason',
  'refusal',
  'reply',
  'requestId',
  'restartInMs',
  'route',
  'seq',
  'source',
  'status',
  'stream',
  'subject',
  'trace',
  'user',
  'what',
] as const

export type Fields = { [Name in (typeof FIELDS)[number]]?: unknown }

type Say = (fields: Fields, message: string) => void

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export type Log = Record<Level, Say> & { isLevelEnabled: (level: Level) => boolean }

/**
 * Makes the log of the part `name`. Lines are written at once: a part that is killed
 * a moment later has said why, and there are few lines (no line a request).
 */
export function createLog(level: string, name: string, isTerminal = process.stderr.isTTY === true): Log {
  const options = { name, level, timestamp: pino.stdTimeFunctions.isoTime, formatters: { log: shown } }
  // Node writes to a terminal at once.
  if (isTerminal) return pino(options, { write: line => void process.stderr.write(shownLine(line)) })

  const stderr = pino.destination({ dest: 2, sync: true })
  // A log file on a full disk: without a listener this ends the process. The line comes with a later one, or not at all.
  stderr.on('error', () => {})
  return pino(options, stderr)
}

/** The fields of a line as they may be written: those of the list, with every e-mail address shortened. */
export const shown = (fields: object): Record<string, unknown> => {
  const all = Object.entries(fields)
  const leftOut = all.map(([field]) => field).filter(field => !isAllowed(field))
  const kept = all.filter(([field]) => isAllowed(field)).map(([field, value]) => [field, shortened(value)])
  return { ...Object.fromEntries(kept), ...(leftOut.length > 0 ? { left_out: leftOut } : {}) }
}

const isAllowed = (field: string): boolean => (FIELDS as readonly string[]).includes(field)

/** So deep is looked into what is told; what lies deeper is not. */
const DEEPEST = 4

const ADDRESS = /([^\s@<>"'(),:;]{1,2})[^\s@<>"'(),:;]*@([A-Za-z0-9-]+\.[A-Za-z0-9.-]+)/g

// What an error says may quote what it met.
const shortened = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return inSources(value).replace(ADDRESS, '$1…@$2')
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) return '…'
  if (value instanceof Error) return shortened({ ...stdSerializers.err(value) }, depth)
  if (Array.isArray(value)) return value.map(one => shortened(one, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shortened(one, depth + 1)]))
}
