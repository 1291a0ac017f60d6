/** A copy of one actor's SQLite file, read without any of the product's code. */
import Database from 'better-sqlite3'

export type ActorName = 'order' | 'billing' | 'notification'
export const ACTORS: readonly ActorName[] = ['order', 'billing', 'notification']

/** One row of the log. `data` is the event's; `command` and `cause` stand in the headers. */
export type LogEntry = {
  actor: ActorName
  seq: number
  chain: string
  type: string
  user: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the shape belongs to the type of the event
  data: any
  command: string | undefined
  cause: { source: string; seq: number; chain: string } | undefined
  headers: string
  body: Buffer
}

export type Row = Record<string, string | number | null>

export type StoreCopy = {
  actor: ActorName
  log: LogEntry[]
  rows: (sql: string) => Row[]
  close: () => void
}

/** Opens the copy at `path`, with the write-ahead log beside it. */
export const openStoreCopy = (actor: ActorName, path: string): StoreCopy => {
  const store = new Database(path, { fileMustExist: true })
  const rows = (sql: string) => store.prepare<[], Row>(sql).all()
  type LogRow = { seq: number; chain: string; headers: string; body: Buffer }
  const log = store
    .prepare<[], LogRow>('SELECT seq, chain, headers, body FROM log ORDER BY seq')
    .all()
    .map(row => readEntry(actor, row))
  return { actor, log, rows, close: () => store.close() }
}

const readEntry = (
  actor: ActorName,
  { seq, chain, headers, body }: { seq: number; chain: string; headers: string; body: Buffer },
): LogEntry => {
  const event = JSON.parse(body.toString('utf8')) as { type: string; subject?: string; data: unknown }
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(headers)?.[1]
  const [source, number, causeChain] = header('Kassa-Cause')?.split(' ') ?? []
  return {
    actor,
    seq,
    chain,
    headers,
    body,
    type: event.type,
    user: event.subject,
    data: event.data,
    command: header('Kassa-Command'),
    cause: source ? { source, seq: Number(number), chain: causeChain ?? '' } : undefined,
  }
}
