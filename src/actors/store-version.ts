/** Which version a store was last run by, and which tables it has: an older one is rebuilt, a newer one is refused. */
import { createHash } from 'node:crypto'
import type { Address } from '../bus/subjects.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { productVersion } from '../version.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import type { AnyActorDefinition, Settings } from './kernel/actor.ts'
import { openCore } from './kernel/core.ts'
import { readEvent } from './kernel/event.ts'
import { openMemoryStore, type Store } from './kernel/store.ts'
import { openVault } from './kernel/vault.ts'

/**
 * `0.1.2` is 1: SQLite keeps one number (`user_version`). A patch never changes what a log may say, so that one can
 * always be taken back.
 */
const releaseNumber = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major * 1000 + minor
}

/** Throws a plain fault (78) when a newer Kassa than `version` has run on `store`. */
export const refuseNewer = (store: Store, path: string, version = productVersion): void =>
  refuseRelease(store.pragma('user_version', { simple: true }) as number, path, version)

/** The same by the word of its log, which a chain proves: on a damaged page any version may stand. */
export const refuseNewerLog = (store: Store, path: string, version = productVersion): void => {
  const newest = store.prepare<[], Buffer>(
    "SELECT body FROM log WHERE subject LIKE '%.event.Started.%' ORDER BY seq DESC LIMIT 1",
  )
  const started = newest.pluck().get()
  if (started) refuseRelease(releaseNumber(String(readEvent(started).data.version)), path, version)
}

const refuseRelease = (ran: number, path: string, version: string): void => {
  if (!(ran > releaseNumber(version))) return
  throw plainFault(
    exitCodes.configuration,
    `Cannot use ${path}: Kassa ${Math.floor(ran / 1000)}.${ran % 1000} has run on it, and this is ${version}; ` +
      'use that version or a later one, or restore a backup of before into another place',
  )
}

/** A number for the tables that this version makes (`application_id`): tables that are made otherwise have another. */
export const tablesNumber = (definition: AnyActorDefinition, address: Address, settings: Settings): number => {
  const store = openMemoryStore()
  const keys = openMemoryStore()
  try {
    const vault = openVault(keys, systemRandom)
    openCore(definition, { address, store, vault, clock: systemClock, settings, version: productVersion })
    const schema = store
      .prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
      .pluck()
    return createHash('sha256').update(schema.all().join('\n')).digest().readUInt32BE(0) >>> 1
  } finally {
    store.close()
    keys.close()
  }
}

/** Whether `store` has other tables than number `tables`, and entries that they can be built of. */
export const hasOtherTables = (store: Store, tables: number): boolean =>
  store.pragma('application_id', { simple: true }) !== tables && hasLog(store)

/** From now on this version has run on `store`, with its tables. */
export const noteVersion = (store: Store, tables: number): void => {
  if (store.pragma('user_version', { simple: true }) !== releaseNumber(productVersion))
    store.pragma(`user_version = ${releaseNumber(productVersion)}`)
  if (store.pragma('application_id', { simple: true }) !== tables) store.pragma(`application_id = ${tables}`)
}

const hasLog = (store: Store): boolean =>
  store.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").get() !== undefined &&
  store.prepare('SELECT 1 FROM log LIMIT 1').get() !== undefined
