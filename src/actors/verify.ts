/** Proving that the tables are what the log says, that the chain is whole and that the books balance. */
import { existsSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { follows, NO_CHAIN } from '../bus/entry.ts'
import { connectNats } from '../bus/nats.ts'
import { type Address, querySubject } from '../bus/subjects.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { systemRandom } from '../random.ts'
import { productVersion } from '../version.ts'
import { DEFINITIONS } from './definitions.ts'
import type { AnyActorDefinition, Settings } from './kernel/actor.ts'
import { openCore } from './kernel/core.ts'
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
  const ports = { address, clock: systemClock, settings, version: productVersion }
  const vault = () => openVault(openMemoryStore(), systemRandom)
  const live = openCore(definition, { ...ports, store, vault: vault() })
  const anewStore = openMemoryStore()
  const anew = openCore(definition, { ...ports, store: anewStore, vault: vault() })

  const faults: string[] = []
  let previous = NO_CHAIN
  const head = live.log.head()
  for (let from = 1; from <= head; from += READ_AT_ONCE) {
    const entries = live.log.read(from, READ_AT_ONCE)
    for (const [index, entry] of entries.entries()) {
      if (entry.seq !== from + index) return { entries: head, faults: [`entry ${from + index} is missing`] }
      if (!follows(previous, entry)) return { entries: head, faults: [`entry ${entry.seq} breaks the chain`] }
      previous = entry.chain
    }
    try {
      anew.transaction(() => entries.forEach(entry => void anew.restore(entry)))
    } catch (error) {
      return { entries: head, faults: [`entries from ${from} on cannot be applied: ${String(error)}`] }
    }
  }

  for (const table of [...KERNEL_TABLES, ...definition.tables]) faults.push(...differences(table, store, anewStore))
  for (const [source, cursor] of anew.tables.cursors.all()) {
    // Events that produced nothing move the live cursor beyond what the log says, never back.
    if (live.cursor(source).seq < cursor.seq)
      faults.push(`cursor on ${source} is ${live.cursor(source).seq}, the log says ${cursor.seq}`)
  }
  faults.push(...live.behaviour.audit())
  anewStore.close()
  return { entries: head, faults }
}

/** Rows of `table` that the one has and the other has not; both are read once, in the order of the primary key. */
const differences = (table: string, live: Store, anew: Store): string[] => {
  const key = live.prepare<[string], string>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk').pluck()
  const sql = `SELECT * FROM ${table} ORDER BY ${key.all(table).join(', ')}`
  const rows = (store: Store) => store.prepare<[], unknown[]>(sql).raw().iterate()
  const theirs = rows(anew)
  const faults: string[] = []
  for (const row of rows(live)) {
    const expected = theirs.next()
    if (expected.done) return [`${table}: a row more than the log says: ${shown(row)}`]
    if (shown(row) !== shown(expected.value)) {
      theirs.return?.()
      return [`${table}: is ${shown(row)}, the log says ${shown(expected.value)}`]
    }
  }
  const left = theirs.next()
  if (!left.done) faults.push(`${table}: a row is missing: ${shown(left.value)}`)
  theirs.return?.()
  return faults
}

// What a person wrote is ciphertext in every table, so a row may be shown.
const shown = (row: unknown[]): string => JSON.stringify(row).slice(0, 300)
