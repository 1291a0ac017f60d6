/** Opening an actor's store for work: whole, of this version's tables, or rebuilt from its log until it is. */
import { exitCodeOf, exitCodes, plainFault } from '../exit.ts'
import type { Log } from '../log.ts'
import { type GuardedStore, openGuardedStore, StorePagesDamaged } from './kernel/guarded-store.ts'
import { type Rebuilding, rebuildStore } from './rebuild-store.ts'
import { hasOtherTables, noteVersion, refuseNewer, tablesNumber } from './store-version.ts'

/**
 * Opens the store of `rebuilding`. Throws a plain fault (78) for one of a newer Kassa; `StoreLocked`, `StoreDamaged` as
 * `openStore` does.
 */
export const openActorStore = (rebuilding: Rebuilding, log: Log): GuardedStore => {
  const { definition, address, settings, path } = rebuilding
  const tables = tablesNumber(definition, address, settings)
  const guarded = openWhole(rebuilding, tables, log)
  try {
    refuseNewer(guarded.store, path)
    if (!hasOtherTables(guarded.store, tables)) {
      noteVersion(guarded.store, tables)
      return guarded
    }
  } catch (error) {
    guarded.close()
    throw error
  }
  guarded.close()
  return rebuild(rebuilding, 'its tables are of another version', tables, log)
}

const openWhole = (rebuilding: Rebuilding, tables: number, log: Log): GuardedStore => {
  try {
    return openGuardedStore(rebuilding.path)
  } catch (error) {
    if (!(error instanceof StorePagesDamaged)) throw error
    return rebuild(rebuilding, error.message, tables, log)
  }
}

/** Rebuilds the store, and opens it as one of this version's tables: else it would be rebuilt for them once more. */
const rebuild = (rebuilding: Rebuilding, reason: string, tables: number, log: Log): GuardedStore => {
  rebuildFromLog(rebuilding, reason, log)
  const guarded = openGuardedStore(rebuilding.path)
  noteVersion(guarded.store, tables)
  return guarded
}

const rebuildFromLog = (rebuilding: Rebuilding, reason: string, log: Log): void => {
  const { path } = rebuilding
  log.warn({ path, reason }, 'the store is rebuilt from its log')
  try {
    const { entries, whole, kept } = rebuildStore(rebuilding)
    if (whole) log.info({ path, entries }, 'the store is rebuilt')
    else
      log.warn(
        { path, entries, kept },
        'the store is rebuilt as far as its log is whole; the rest comes from the stream',
      )
  } catch (error) {
    if (exitCodeOf(error) !== undefined) throw error
    throw plainFault(
      exitCodes.configuration,
      `Cannot rebuild ${path} from its log (${reason}): ${error instanceof Error ? error.message : String(error)}; ` +
        'the store is as it was. Use the Kassa that wrote it, or move it away, with its -wal: it is rebuilt from its stream',
    )
  }
}
