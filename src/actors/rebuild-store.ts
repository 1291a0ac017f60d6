/** Rebuilding a store from its own log: after a flipped bit, and when the tables of this version are others. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Entry, follows, NO_CHAIN } from '../bus/entry.ts'
import type { Address } from '../bus/subjects.ts'
import { productVersion } from '../version.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import type { AnyActorDefinition, Settings } from './kernel/actor.ts'
import { type Core, openCore } from './kernel/core.ts'
import { openMemoryStore, openStore, type Store } from './kernel/store.ts'
import { openVault } from './kernel/vault.ts'
import { removeStore } from './store-files.ts'
import { refuseNewer, refuseNewerLog } from './store-version.ts'

export type Rebuilding = { definition: AnyActorDefinition; address: Address; settings: Settings; path: string }

/** How many entries came over, and whether the log was whole; where it was not, `kept` is where the old store lies. */
export type Rebuilt = { entries: number; whole: boolean; kept: string | undefined }

const ENTRIES_AT_ONCE = 1000

/**
 * Puts a store in the place of the one at `path` that is built of its log, entry by entry under the chain, as far as that
 * is whole; the rest comes from the stream at the start. Nobody may run on it. Throws where an entry can't be applied.
 */
export const rebuildStore = ({ definition, address, settings, path }: Rebuilding): Rebuilt => {
  const newPath = `${path}.rebuilding`
  removeStore(newPath)
  const old = openStore(path)
  const fresh = openStore(newPath)
  let rebuilt: { entries: number; whole: boolean }
  try {
    // Whose keys are to be deleted, the start finds by the log.
    const vault = openVault(openMemoryStore(), systemRandom)
    const core = openCore(definition, {
      address,
      store: fresh,
      vault,
      clock: systemClock,
      settings,
      version: productVersion,
    })
    rebuilt = copyLog(old, core)
    refuseNewerLog(fresh, path)
    // What comes after the whole part may be of a newer one.
    if (!rebuilt.whole) refuseNewer(old, path)
    core.transaction(() => core.copies.takeOver(old))
  } finally {
    fresh.close()
    old.close()
  }
  const kept = rebuilt.whole ? undefined : setAside(path)
  removeStore(path)
  rmSync(`${path}.sums`, { force: true })
  renameSync(newPath, path)
  removeStore(newPath)
  return { ...rebuilt, kept }
}

const copyLog = (old: Store, core: Core): { entries: number; whole: boolean } => {
  for (;;) {
    const { entries, broken } = readOn(old, core)
    core.transaction(() => entries.forEach(core.restore))
    if (broken || entries.length === 0) return { entries: core.log.head(), whole: !broken }
  }
}

/** The next entries that follow, and whether something that does not follow, or can't be read, comes after them. */
const readOn = (old: Store, core: Core): { entries: Entry[]; broken: boolean } => {
  const entries: Entry[] = []
  let chain = core.log.chainAt(core.log.head()) ?? NO_CHAIN
  try {
    const select = old.prepare<[number, number], Entry>(
      'SELECT seq, subject, headers, body, chain FROM log WHERE seq > ? ORDER BY seq LIMIT ? + 0',
    )
    for (const entry of select.iterate(core.log.head(), ENTRIES_AT_ONCE)) {
      if (entry.seq !== core.log.head() + entries.length + 1 || !follows(chain, entry)) return { entries, broken: true }
      chain = entry.chain
      entries.push(entry)
    }
    return { entries, broken: false }
  } catch {
    // A page that SQLite can't make sense of: what was read up to there is proven by the chain.
    return { entries, broken: true }
  }
}

/** Where a person finds it, should nothing else have what came after. */
const setAside = (path: string): string => {
  const directory = join(dirname(path), 'aside')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const kept = join(directory, `${new Date().toISOString().replaceAll(':', '-')}-${basename(path)}`)
  for (const end of ['', '-wal']) if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${kept}${end}`)
  return kept
}
