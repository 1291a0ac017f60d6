/** The SQLite file of one actor: durable, locked, strict. */
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'

/**
 * An open store: a better-sqlite3 connection, the only one to its file. SQLite plans with the value of a bare parameter
 * in `LIMIT ?`, and in `column = ?` of an ordered query, and so compiles such a statement anew each time it runs: half of
 * the time of a page. `? + 0` and `? || ''` are expressions, with which it does not (a test of the architecture looks).
 */
export type Store = Database.Database

/** What must be so while a store is open, and the value SQLite reports when it is. */
const PRAGMAS: readonly [name: string, set: string, expected: unknown][] = [
  // Before WAL, so that no shared-memory file is ever made: then a second opener is refused even while we are stopped.
  ['locking_mode', 'EXCLUSIVE', 'exclusive'],
  ['journal_mode', 'WAL', 'wal'],
  // FULL, not NORMAL: a reply promises that the commit survives a power cut (sqlite.org/pragma.html#pragma_synchronous).
  ['synchronous', 'FULL', 2],
  ['foreign_keys', 'ON', 1],
  // What is deleted is overwritten: an erased person must not be readable in free pages.
  ['secure_delete', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  // KiB; better-sqlite3 would take 16 MB for each of eight files. What is not in it is in the page cache of the system.
  ['cache_size', '-4000', -4000],
]

/** Thrown when another process has the store. */
export class StoreLocked extends Error {
  override name = 'StoreLocked'
}

/** Thrown when what is in the file is no store of ours any more. */
export class StoreDamaged extends Error {
  override name = 'StoreDamaged'
}

/** Opens or makes the store at `path` and keeps it locked until it is closed. Throws `StoreLocked` and `StoreDamaged`. */
export const openStore = (path: string): Store => {
  keepToOwner(path)
  const store = new Database(path, { timeout: 0 })
  try {
    for (const [name, set, expected] of PRAGMAS) assertPragma(store, name, set, expected)
    // In exclusive mode the first read or write takes the lock and keeps it.
    store.exec('BEGIN EXCLUSIVE; COMMIT')
  } catch (error) {
    store.close()
    if (isCode(error, 'SQLITE_NOTADB') || isCode(error, 'SQLITE_CORRUPT'))
      throw new StoreDamaged((error as Error).message, { cause: error })
    if (!isCode(error, 'SQLITE_BUSY')) throw error
    throw new StoreLocked(`Cannot open ${path}: ${holderOf(path)} holds it; stop that process first`)
  }
  noteHolder(path)
  return store
}

/** A store that lives in memory only, for tests and for building tables anew; `content` is what `serialize` gave. */
export const openMemoryStore = (content?: Buffer): Store => {
  const store = new Database(content ?? ':memory:')
  store.pragma('foreign_keys = ON')
  return store
}

// Made before SQLite makes it: the write-ahead log gets the mode of the file it belongs to. A file that is there is not
// opened: to close it again would give up every lock this process has on it (fcntl).
const keepToOwner = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    chmodSync(path, 0o600)
  }
}

const assertPragma = (store: Store, name: string, set: string, expected: unknown): void => {
  store.pragma(`${name} = ${set}`)
  const actual = store.pragma(name, { simple: true })
  if (actual !== expected)
    throw new Error(`Cannot use the store: ${name} is ${String(actual)} and must be ${String(expected)}`)
}

const noteHolder = (path: string): void => {
  try {
    writeFileSync(`${path}.pid`, String(process.pid))
  } catch {
    // Only who is refused reads it. On a full disk it can't be written, and the store is to be opened all the same: its
    // actor waits there until there is room.
  }
}

const holderOf = (path: string): string => {
  try {
    const pid = readFileSync(`${path}.pid`, 'utf8')
    if (pid !== '') return `pid ${pid}`
  } catch {
    // The holder has not written its number yet; that somebody holds the store is certain all the same.
  }
  return 'another process'
}

/** The disk has no room: the transaction is undone, and the same one may succeed later. */
export const isFull = (error: unknown): boolean => isCode(error, 'SQLITE_FULL')

/** The disk failed: whether the transaction is there is unknown, and only opening the store anew can tell. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(IOERR|CORRUPT|READONLY|CANTOPEN|NOTADB)/.test(error.code)

const isCode = (error: unknown, code: string): boolean => error instanceof Database.SqliteError && error.code === code
