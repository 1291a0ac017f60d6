/** What of an actor outlives its process: store, keys and mark; and how its disk fails. */
import Database from 'better-sqlite3'
import type { Store } from '../../src/actors/kernel/store.ts'
import type { ActorName } from '../../src/actors/registry.ts'
import type { Entry } from '../../src/bus/entry.ts'
import { openKeptStore, writesTo } from './kept-stores.ts'

export type CommitFault = 'written' | 'undone'

/** The files of one actor. */
export type Disk = {
  store: Buffer | undefined
  keys: Buffer | undefined
  mark: string | undefined
  /** The chains of the log in the store, by number from 1 on: what copies there are, without opening anything. */
  chains: string[]
  full: boolean
  /** How the next commit fails. */
  failNext: CommitFault | undefined
}

/** A store as it was at some time. */
export type Backup = Pick<Disk, 'store' | 'chains'>

/** An empty disk. */
export const createDisk = (): Disk => ({
  store: undefined,
  keys: undefined,
  mark: undefined,
  chains: [],
  full: false,
  failNext: undefined,
})

export type StoreEvents = {
  committed: (entry: Entry) => void
  takenBack: (seq: number) => void
  failed: (how: 'full' | CommitFault) => void
}

/** Opens the store of `actor` on `disk`. Every commit is told, and fails as the disk wishes. */
export const openWatchedStore = (actor: ActorName, disk: Disk, events: StoreEvents): Store => {
  const store = openKeptStore(actor, disk.store)
  const begin = store.transaction.bind(store)
  const chainAt = store.prepare<[number], string>('SELECT chain FROM log WHERE seq = ?').pluck()
  const after = store.prepare<[number], Entry>('SELECT seq, chain, subject, headers, body FROM log WHERE seq > ?')

  const isThere = (): boolean => disk.chains.length === 0 || chainAt.get(disk.chains.length) === disk.chains.at(-1)
  const look = (): void => {
    if (!isThere()) {
      while (!isThere()) disk.chains.pop()
      events.takenBack(disk.chains.length + 1)
    }
    for (const entry of after.all(disk.chains.length)) {
      disk.chains.push(entry.chain)
      events.committed(entry)
    }
  }

  const fail = (work: Work, args: unknown[]): never => {
    const how = disk.failNext ?? 'full'
    disk.failNext = undefined
    const fault = diskFault(how)
    if (how === 'written') {
      begin(work)(...args)
      look()
    } else {
      // Undone after it was done, as where the disk fails in the commit.
      try {
        begin(() => {
          work(...args)
          throw fault
        })()
      } catch (thrown) {
        if (thrown !== fault) throw thrown
      }
    }
    events.failed(how)
    throw fault
  }

  store.transaction = ((work: Work) => {
    const run = begin(work)
    return (...args: unknown[]) => {
      if (disk.full || disk.failNext) return fail(work, args)
      const before = writesTo(store)
      const result = run(...args)
      if (writesTo(store) !== before) look()
      return result
    }
  }) as Store['transaction']
  return store
}

type Work = (...args: unknown[]) => unknown

const diskFault = (how: 'full' | CommitFault): Error =>
  how === 'full'
    ? new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
    : new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC')
