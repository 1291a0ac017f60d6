/** Proving that the tables are what the log says, that the chain is whole and that the books balance. */
import { existsSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { follows, NO_CHAIN } from '../bus/entry.ts'
import { connectNats } from '../bus/nats.ts'
import { type Address, eventSubject, querySubject } from '../bus/subjects.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { systemRandom } from '../random.ts'
import { productVersion } from '../version.ts'
import { DEFINITIONS } from './definitions.ts'
import type { AnyActorDefinition, Settings } from './kernel/actor.ts'
import { type Core, openCore } from './kernel/core.ts'
import { readEvent } from './kernel/event.ts'
import { KERNEL_TABLES } from './kernel/kernel-tables.ts'
import { openMemoryStore, type Store } from './kernel/store.ts'
import { openVault } from './kernel/vault.ts'
import { filesOf } from './process.ts'
import { ACTOR_NAMES, type ActorName } from './registry.ts'
import { settingsOf } from './settings.ts'

/** What was found: how many entries, and what is wrong, a line each. */
export type Finding = { entries: number; faults: string[] }

const COPY_TIMEOUT_MS = 60_000
const MOST_FAULTS_SHOWN = 10
const READ_AT_ONCE = 1000

/**
 * Verifies every store under `config.dataDir` and says a line an actor. A running actor is asked for a copy of its
 * store. Gives the exit code: 0 when all is well, 1 at any difference, 69 when a store can't be had.
 */
export const verify = async (config: Config, say: (line: string) => void): Promise<ExitCode> => {
  const settings = settingsOf(config)
  let code: ExitCode = exitCodes.ok
  for (const name of ACTOR_NAMES) {
    const address = { actor: name, cell: 0 }
    const path = filesOf(config.dataDir, address).store
    if (!existsSync(path)) {
      say(`${name}: no store at ${path} yet`)
      continue
    }
    const finding = await findIn(config, name, address, path, settings)
    if ('reason' in finding) {
      say(`${name}: cannot be verified: ${finding.reason}`)
      if (code === exitCodes.ok) code = exitCodes.unavailable
      continue
    }
    if (finding.faults.length === 0) {
      say(`${name}: ${finding.entries} entries, chain whole, tables equal the log, books balance`)
      continue
    }
    say(`${name}: ${finding.entries} entries, ${finding.faults.length} faults`)
    for (const fault of finding.faults.slice(0, MOST_FAULTS_SHOWN)) say(`  ${fault}`)
    code = exitCodes.failed
  }
  return code
}

const findIn = async (
  config: Config,
  name: ActorName,
  address: Address,
  path: string,
  settings: Settings,
): Promise<Finding | { reason: string }> => {
  const stopped = openStopped(path)
  if (stopped) {
    try {
      return verifyStore(DEFINITIONS[name], address, stopped, settings)
    } finally {
      stopped.close()
    }
  }
  try {
    const copy = await askForCopy(config, address)
    const store = new Database(copy)
    try {
      return verifyStore(DEFINITIONS[name], address, store, settings)
    } finally {
      store.close()
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true })
    }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The store when nobody runs on it, else undefined. */
const openStopped = (path: string): Store | undefined => {
  const store = new Database(path, { timeout: 0 })
  try {
    store.pragma('locking_mode = EXCLUSIVE')
    store.exec('BEGIN EXCLUSIVE; COMMIT')
    return store
  } catch (error) {
    store.close()
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return undefined
    throw error
  }
}

const askForCopy = async (config: Config, address: Address): Promise<string> => {
  const url = config.natsUrl ?? runningUrl(config)
  const bus = await connectNats({ url, name: 'verify', connectTimeoutMs: 3000 })
  try {
    const reply = await bus.request(querySubject(address, 'CopyStore'), Buffer.from('{}'), {
      timeoutMs: COPY_TIMEOUT_MS,
    })
    return (JSON.parse(Buffer.from(reply.body).toString('utf8')) as { path: string }).path
  } finally {
    await bus.close()
  }
}

const runningUrl = (config: Config): string => `nats://127.0.0.1:${config.natsPort}`

/** Verifies one store: the chain of its log, the books, and every table against one that is built anew from the log. */
export const verifyStore = (
  definition: AnyActorDefinition,
  address: Address,
  store: Store,
  settings: Settings,
): Finding => {
  const anewStore = openMemoryStore()
  const open = (store: Store): Core => {
    const vault = openVault(openMemoryStore(), systemRandom)
    return openCore(definition, { address, store, vault, clock: systemClock, settings, version: productVersion })
  }
  try {
    const live = open(store)
    const anew = open(anewStore)
    const entries = live.log.head()
    const broken = rebuild(live, anew)
    if (broken !== undefined) return { entries, faults: [broken] }
    const tables = [...KERNEL_TABLES, ...definition.tables]
    const faults = [
      ...tables.flatMap(table => differences(table, store, anewStore)),
      ...cursorFaults(live, anew),
      ...live.behaviour.audit(),
    ]
    return { entries, faults }
  } catch (error) {
    // What can't even be read is a fault like any other, and the next store is to be verified all the same.
    return {
      entries: 0,
      faults: [`the store cannot be read: ${error instanceof Error ? error.message : String(error)}`],
    }
  } finally {
    anewStore.close()
  }
}

/** Applies the log of `live` to the empty `anew`. Gives the first fault: after it nothing that follows means anything. */
const rebuild = (live: Core, anew: Core): string | undefined => {
  let previous = NO_CHAIN
  const head = live.log.head()
  for (let from = 1; from <= head; from += READ_AT_ONCE) {
    const entries = live.log.read(from, READ_AT_ONCE)
    for (const [index, entry] of entries.entries()) {
      if (entry.seq !== from + index) return `entry ${from + index} is missing`
      if (!follows(previous, entry)) return `entry ${entry.seq} breaks the chain`
      previous = entry.chain
      const { type, user } = readEvent(entry.body)
      // The subject is not under the chain, but it follows from the event.
      const subject = eventSubject(live.address, type, user)
      if (entry.subject !== subject) return `entry ${entry.seq} has the subject ${entry.subject}, not ${subject}`
    }
    try {
      anew.transaction(() => entries.forEach(entry => void anew.restore(entry)))
    } catch (error) {
      return `entries from ${from} on cannot be applied: ${String(error)}`
    }
  }
  return undefined
}

// Events that produced nothing move the live cursor beyond what the log says, never back.
const cursorFaults = (live: Core, anew: Core): string[] =>
  [...anew.tables.cursors.all()].flatMap(([source, { seq, chain }]) => {
    const stands = live.cursor(source)
    if (stands.seq < seq) return [`cursor on ${source} is ${stands.seq}, the log says ${seq}`]
    if (stands.seq === seq && stands.chain !== chain)
      return [`cursor on ${source} is ${seq} as the log says, but at another entry`]
    return []
  })

type Row = (string | number | null)[]

/** The first row of `table` in which `live` is not `anew`; both are read once, in the order of the primary key. */
const differences = (table: string, live: Store, anew: Store): string[] => {
  const key = live.prepare<[string], string>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk').pluck()
  const sql = `SELECT * FROM ${table} ORDER BY ${key.all(table).join(', ')}`
  const rows = (store: Store) => store.prepare<[], Row>(sql).raw()
  const names = rows(live)
    .columns()
    .map(({ name }) => name)
  const theirs = rows(anew).iterate()
  try {
    for (const row of rows(live).iterate()) {
      const expected = theirs.next()
      if (expected.done) return [`${table}: a row more than the log says: ${shown(row)}`]
      const at = row.findIndex((value, index) => value !== expected.value[index])
      if (at >= 0)
        return [`${table}: ${names[at]} is ${shown(row[at])}, the log says ${shown(expected.value[at])}: ${shown(row)}`]
    }
    const left = theirs.next()
    return left.done ? [] : [`${table}: a row is missing: ${shown(left.value)}`]
  } finally {
    theirs.return?.()
  }
}

// What a person wrote is ciphertext in every table, so a row may be shown.
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 300)
