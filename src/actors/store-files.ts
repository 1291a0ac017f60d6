/** The files of one actor: where they lie, how they are copied, and how a stopped one is opened. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { z } from 'zod'
import type { Address } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import { openGuardedStore, StorePagesDamaged } from './kernel/guarded-store.ts'
import type { RestoredNote } from './kernel/restored.ts'
import { type Store, StoreLocked } from './kernel/store.ts'

/** What an actor keeps in files of SQLite: its log with the tables, and the keys beside it. */
export type StoreKind = 'store' | 'keys'

/** Where the files of the actor at `address` lie. */
export const filesOf = (dataDir: string, { actor, cell }: Address) => ({
  store: join(dataDir, `${actor}-${cell}.db`),
  keys: join(dataDir, `${actor}-${cell}.keys.db`),
  mark: join(dataDir, `${actor}-${cell}.mark`),
  restored: join(dataDir, `${actor}-${cell}.restored`),
})

/** A store that nobody runs on, for reading; `damage` tells of a page that is not what was written. */
export type StoppedStore = { store: Store; damage: string | undefined; close: () => void }

/** The store at `path` when nobody runs on it, else undefined. */
export const openStopped = (path: string): StoppedStore | undefined => {
  if (!existsSync(`${path}.sums`)) return openUnguarded(path)
  try {
    const { store, close } = openGuardedStore(path)
    return { store, damage: undefined, close }
  } catch (error) {
    if (error instanceof StoreLocked) return undefined
    if (!(error instanceof StorePagesDamaged)) throw error
    const opened = openUnguarded(path)
    return opened && { ...opened, damage: error.message }
  }
}

const openUnguarded = (path: string): StoppedStore | undefined => {
  const store = new Database(path, { timeout: 0, fileMustExist: true })
  try {
    store.pragma('locking_mode = EXCLUSIVE')
    store.exec('BEGIN EXCLUSIVE; COMMIT')
    return { store, damage: undefined, close: () => void store.close() }
  } catch (error) {
    store.close()
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return undefined
    throw error
  }
}

/** How long somebody waits for a copy. Page by page it goes at some 100 MB a second, beside the work. */
export const COPY_PATIENCE_MS = 600_000

/**
 * A consistent copy of `store`, made page by page while its actor goes on. Whoever asked for it deletes it; one that was
 * killed before leaves it to the next copy, which sweeps what nobody waits for any more.
 */
export const copyStore = async (dataDir: string, { actor, cell }: Address, store: Store): Promise<string> => {
  const directory = join(dataDir, 'copies')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const mine = `${actor}-${cell}-`
  sweepCopies(directory, mine)
  const path = join(directory, `${mine}${systemRandom.uuid()}.db`)
  const began = systemClock.monotonic()
  try {
    await store.backup(path)
    if (systemClock.monotonic() - began > COPY_PATIENCE_MS) throw new Unavailable('the copy took too long')
    return path
  } catch (error) {
    // Half a copy on a full disk takes the room that its actor needs.
    removeStore(path)
    throw error
  }
}

const sweepCopies = (directory: string, mine: string): void => {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (name.startsWith(mine) && Date.now() - changed > COPY_PATIENCE_MS) rmSync(path, { force: true })
  }
}

/** The note that `restore` has left at `path`. */
export const restoredNote = (path: string): RestoredNote => ({
  read: () => {
    if (!existsSync(path)) return undefined
    return z.object({ seq: z.number(), made_at: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')))
  },
  remove: () => rmSync(path, { force: true }),
})

/** Removes a store with what SQLite keeps beside it. */
export const removeStore = (path: string): void => {
  for (const suffix of ['', '-wal', '-shm', '-journal', '.pid', '.sums', '.damaged'])
    rmSync(`${path}${suffix}`, { force: true })
}
