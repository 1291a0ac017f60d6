/** Stores in memory that are used again, with their statements: to make them anew takes longer than what is done with them. */
import type Database from 'better-sqlite3'
import { openMemoryStore, type Store } from '../../src/actors/kernel/store.ts'

// A connection is kept for the next process on the same disk, or emptied for the next run. What a process sees is no
// other than if each had opened its store anew.

/** Which tables a connection has: those of an actor, or of keys. */
export type Kind = string

type Connection = {
  store: Store
  /** By text and manner of reading. */
  statements: Map<string, Database.Statement>
  /** Schemas that were run on it: they make what is not there yet, so once is enough. */
  made: Set<string>
  /** Empties every table; to be made anew when there may be others. */
  wipe: (() => void) | undefined
  /** What `serialize` gave, for as long as nothing has been written since. */
  content: Buffer | undefined
  /** How often something was written, or may have been. */
  writes: number
  owned: boolean
}

/** Whose content a buffer is. */
const connections = new WeakMap<Buffer, Connection>()
const behind = new WeakMap<Store, Connection>()
/** Connections with tables in which there is nothing. */
const empty = new Map<Kind, Connection[]>()

const connect = (content?: Buffer): Connection => ({
  store: openMemoryStore(content),
  statements: new Map(),
  made: new Set(),
  wipe: undefined,
  content,
  writes: 0,
  owned: false,
})

/** The connection that holds just `content`, if there is one. */
const holding = (content: Buffer): Connection | undefined => {
  const connection = connections.get(content)
  return connection?.content === content ? connection : undefined
}

/** Opens a store of `content`, which another one gave, or an empty one. Closed, it is kept. */
export const openKeptStore = (kind: Kind, content?: Buffer): Store => {
  const kept = content ? holding(content) : empty.get(kind)?.pop()
  const connection = kept && !kept.owned ? kept : connect(content)
  connection.owned = true
  const store = new KeptStore(connection, true) as unknown as Store
  behind.set(store, connection)
  return store
}

/** Opens a store of `content` to look at it, perhaps the one that is in use. Only what does not change it may be done. */
export const lookAtStore = (content: Buffer | undefined): Store =>
  lookAt((content && holding(content)) ?? connect(content))

/** The same of a store that somebody has. */
export const lookInto = (store: Store): Store => {
  const connection = behind.get(store)
  if (!connection) throw new Error('Cannot look into a store that is not kept here')
  return lookAt(connection)
}

const lookAt = (connection: Connection): Store => new KeptStore(connection, false) as unknown as Store

/** Closes `store`, which nobody needs any more, and empties it for whoever opens an empty one of that kind. */
export const giveBackStore = (kind: Kind, store: Store): void => {
  store.close()
  const connection = behind.get(store)
  if (!connection || connection.owned) throw new Error('Cannot give back a store that somebody has')
  connection.content = undefined
  connection.wipe ??= wipeOf(connection.store)
  connection.wipe()
  const others = empty.get(kind)
  if (others) others.push(connection)
  else empty.set(kind, [connection])
}

/** How often `store` was written to: where it is what it was before, nothing has changed in between. */
export const writesTo = (store: Store): number => behind.get(store)?.writes ?? Number.NaN

const wipeOf = (store: Store): (() => void) => {
  // What refers to another table is made after it.
  const tables = store.prepare<[], string>(TABLES).pluck().all()
  const removals = tables.map(table => store.prepare(`DELETE FROM ${table}`))
  return store.transaction(() => {
    for (const removal of removals) removal.run()
  })
}

const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid DESC"

/** As much of a store as the product uses, for one process: when it is closed, nothing of that process reaches it any more. */
class KeptStore {
  #connection: Connection
  #isOwner: boolean
  #isOpen = true
  constructor(connection: Connection, isOwner: boolean) {
    this.#connection = connection
    this.#isOwner = isOwner
  }
  /** Its connection; throws when it is closed, as a closed database does. */
  get connection(): Connection {
    if (!this.#isOpen) throw new TypeError('The database connection is not open')
    return this.#connection
  }
  prepare(sql: string): KeptStatement {
    return new KeptStatement(this, sql)
  }
  exec(sql: string): this {
    const { made, store } = this.connection
    if (made.has(sql)) return this
    if (!isSchema(sql)) {
      this.prepare(sql).run()
      return this
    }
    this.changes()
    store.exec(sql)
    made.add(sql)
    this.connection.wipe = undefined
    return this
  }
  pragma(text: string, options?: Database.PragmaOptions): unknown {
    this.changes()
    return this.connection.store.pragma(text, options)
  }
  transaction(work: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
    const run = this.connection.store.transaction(work)
    return (...args) => {
      if (!this.#isOpen) throw new TypeError('The database connection is not open')
      return run(...args)
    }
  }
  serialize(): Buffer {
    const { connection } = this
    if (connection.content) return connection.content
    connection.content = connection.store.serialize()
    connections.set(connection.content, connection)
    return connection.content
  }
  close(): this {
    if (this.#isOpen && this.#isOwner) this.#connection.owned = false
    this.#isOpen = false
    return this
  }
  /** Tells that something is written. */
  changes(): void {
    const { connection } = this
    connection.content = undefined
    connection.writes++
  }
}

/** By text. */
const schemas = new Map<string, boolean>()

const isSchema = (sql: string): boolean => {
  const known = schemas.get(sql)
  if (known !== undefined) return known
  const is = sql
    .split(';')
    .map(part => part.replaceAll(/^\s*--.*$/gm, '').trim())
    .every(part => part === '' || /^CREATE (UNIQUE )?(TABLE|INDEX) IF NOT EXISTS /.test(part))
  schemas.set(sql, is)
  return is
}

/** As much of a statement as the product uses, prepared when it is first used: of most a run has no need. */
class KeptStatement {
  #store: KeptStore
  #sql: string
  #manner: 'rows' | 'pluck' | 'raw' = 'rows'
  #statement: Database.Statement | undefined
  constructor(store: KeptStore, sql: string) {
    this.#store = store
    this.#sql = sql
  }
  pluck(): this {
    this.#manner = 'pluck'
    return this
  }
  raw(): this {
    this.#manner = 'raw'
    return this
  }
  /** The statement; what can't be prepared is thrown where it is used. */
  #made(): Database.Statement {
    const { store, statements } = this.#store.connection
    if (!this.#statement) {
      const name = `${this.#manner} ${this.#sql}`
      let statement = statements.get(name)
      if (!statement) {
        statement = store.prepare(this.#sql)
        if (this.#manner !== 'rows') statement[this.#manner]()
        statements.set(name, statement)
      }
      this.#statement = statement
    }
    if (!this.#statement.readonly) this.#store.changes()
    return this.#statement
  }
  get(...values: unknown[]): unknown {
    return this.#made().get(...values)
  }
  all(...values: unknown[]): unknown[] {
    return this.#made().all(...values)
  }
  run(...values: unknown[]): unknown {
    return this.#made().run(...values)
  }
  iterate(...values: unknown[]): IterableIterator<unknown> {
    return this.#made().iterate(...values)
  }
  columns(): unknown[] {
    return this.#made().columns()
  }
}
