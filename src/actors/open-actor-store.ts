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
  let guarded = openWhole(rebuilding, log)
  try {
    refuseNewer(guarded.store, path)
    if (hasOtherTables(guarded.store, tables)) {
      guarded.close()
      rebuild(rebuilding, 'its tables are of another version', log)
      guarded = openGuardedStore(path)
    }
    noteVersion(guarded.store, tables)
    return guarded
  } catch (error) {
    guarded.close()
    throw error
  }
}

const openWhole = (rebuilding: Rebuilding, log: Log): GuardedStore => {
  try {
    return openGuardedStore(rebuilding.path)
  } catch (error) {
    if (!(error instanceof StorePagesDamaged)) throw error
    rebuild(rebuilding, error.message, log)
    return openGuardedStore(rebuilding.path)
  }
}

const rebuild = (rebuilding: Rebuilding, reason: string, log: Log): void => {
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
