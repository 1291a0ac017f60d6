/** A store whose every page is guarded by a checksum: at the start, while it runs, and when it is written back. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { openPageSums } from './page-sums.ts'
import { openStore, type Store, StoreDamaged } from './store.ts'
import { hasFrames, invalidate } from './wal-frames.ts'

export type GuardedStore = {
  store: Store
  /** Writes the write-ahead log back when it has grown; to be called every now and then. Gives whether anything was written. */
  tidy: () => boolean
  /** Writes it back now. */
  writeBack: () => void
  /** Looks at some more pages; gives what is wrong. Once through all of them, it begins again. */
  scrub: () => StoreDamaged | undefined
  /** Whether all pages have been looked at once since the start. */
  lookedThrough: () => boolean
  /** Something in it was found not to be what was written: the next start rebuilds it from its log. */
  condemn: (damage: StoreDamaged) => void
  close: () => void
}

/** The most time that a start takes for looking at pages, the newest first. What is left, the scrub looks at. */
const CHECK_AT_START_MS = 500
/** So long does one call of `scrub` hold up the turns: until all pages were looked at once, and from then on. */
const FIRST_SCRUB_MS = 20
const SCRUB_MS = 1
/** SQLite's own bound. */
const WRITE_BACK_FRAMES = 1000

/** Opens the store at `path`. Throws `StorePagesDamaged` where a page is not what was written, `StoreLocked`, `StoreDamaged`. */
export const openGuardedStore = (path: string): GuardedStore => {
  const store = openStore(path)
  // SQLite must not write back by itself: the sums come first.
  store.pragma('wal_autocheckpoint = 0')
  const sums = openPageSums(path)
  const wal = `${path}-wal`

  const damagedFile = `${path}.damaged`

  const condemn = (damage: StoreDamaged): void => writeFileSync(damagedFile, damage.message)

  let lookedAtAll = false
  const damageIn = (forMs: number): StoreDamaged | undefined => {
    const { damaged, once } = sums.check(forMs)
    lookedAtAll = once
    return damaged === undefined
      ? undefined
      : new StorePagesDamaged(`page ${damaged} of ${path} is not what was written there`)
  }

  const writeBack = (): void => {
    sums.note()
    const [done] = store.pragma('wal_checkpoint(PASSIVE)') as { busy: number; log: number; checkpointed: number }[]
    if (done?.busy !== 0 || done.log !== done.checkpointed) return
    invalidate(wal)
    sums.settled()
  }

  const rowsWritten = store.prepare('SELECT total_changes()').pluck()
  let foundShortAt: unknown

  const guarded: GuardedStore = {
    store,
    tidy: () => {
      const written = rowsWritten.get()
      // As long as nobody writes, it is as short as it was, and no file need be opened to see it.
      if (written === foundShortAt) return false
      if (hasFrames(wal, sums.pageBytes(), WRITE_BACK_FRAMES)) writeBack()
      else foundShortAt = written
      return true
    },
    writeBack,
    scrub: () => {
      const damage = damageIn(lookedAtAll ? SCRUB_MS : FIRST_SCRUB_MS)
      // The next start may not get as far in its time.
      if (damage) condemn(damage)
      return damage
    },
    lookedThrough: () => lookedAtAll,
    condemn,
    close: () => {
      sums.note()
      // It writes back by itself.
      store.close()
      sums.close()
    },
  }

  const damage = existsSync(damagedFile)
    ? new StorePagesDamaged(readFileSync(damagedFile, 'utf8'))
    : damageIn(CHECK_AT_START_MS)
  if (!damage) return guarded
  guarded.close()
  throw damage
}

/** Thrown when a page is not what was written; what the log still has can be taken out of it. */
export class StorePagesDamaged extends StoreDamaged {
  override name = 'StorePagesDamaged'
}
