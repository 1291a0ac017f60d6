/** A bit that flips in a store while nobody runs on it, and the product's own way of opening it: page sums, and building it anew. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnyActorDefinition, Settings } from '../../src/actors/kernel/actor.ts'
import { type GuardedStore, openGuardedStore } from '../../src/actors/kernel/guarded-store.ts'
import { StoreDamaged } from '../../src/actors/kernel/store.ts'
import { openActorStore } from '../../src/actors/open-actor-store.ts'
import { noteVersion, tablesNumber } from '../../src/actors/store-version.ts'
import type { Log } from '../../src/log.ts'
import type { SeededRandom } from '../../src/world/seeded-random.ts'
import type { Backup } from './disk.ts'

/** What becomes of the store: as it was to whoever reads it, built anew from its log, or refused for a person to move away. */
type Flipped = { kind: 'unnoticed' | 'rebuilt'; backup: Backup } | { kind: 'refused' }

type Whose = { definition: AnyActorDefinition; settings: Settings }

/** Where a database says that it has a write-ahead log beside it (sqlite.org/fileformat.html); in memory there is none. */
const WAL_FLAGS = [18, 19]
const ROLLBACK_JOURNAL = 1

/** Flips one bit of `store`, or of its page sums, and opens it as a start does. */
export const flipBit = (store: Buffer, { definition, settings }: Whose, random: SeededRandom): Flipped => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-flipped-'))
  const actor = definition.contract.actor
  const path = join(directory, `${actor}-0.db`)
  let isNoticed = false
  const notice = (): void => {
    isNoticed = true
  }
  const open = (): GuardedStore =>
    openActorStore({ definition, settings, path, address: { actor, cell: 0 } }, logTo(notice))
  try {
    writeFileSync(path, store)
    takeSums(path, numberOf({ definition, settings }))
    flipIn(random.integer(SUMS_ONE_IN) === 0 ? `${path}.sums` : path, random)
    const guarded = open()
    const backup = readBackup(guarded)
    guarded.close()
    return { kind: isNoticed ? 'rebuilt' : 'unnoticed', backup }
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error
    return { kind: 'refused' }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const SUMS_ONE_IN = 10

/** Takes the sums of the store at `path`, and gives it the number of its tables, which one that was kept in memory lacks. */
const takeSums = (path: string, tables: number): void => {
  const guarded = openGuardedStore(path)
  noteVersion(guarded.store, tables)
  guarded.close()
}

/** By actor: which tables it has does not depend on what differs from run to run. */
const numbers = new Map<string, number>()

const numberOf = ({ definition, settings }: Whose): number => {
  const { actor } = definition.contract
  const number = numbers.get(actor) ?? tablesNumber(definition, { actor, cell: 0 }, settings)
  numbers.set(actor, number)
  return number
}

const flipIn = (path: string, random: SeededRandom): void => {
  const bytes = readFileSync(path)
  const bit = random.integer(bytes.length * 8)
  bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
  writeFileSync(path, bytes)
}

const readBackup = ({ store }: GuardedStore): Backup => {
  const chains = store.prepare<[], string>('SELECT chain FROM log ORDER BY seq').pluck().all()
  const bytes = store.serialize()
  for (const at of WAL_FLAGS) bytes[at] = ROLLBACK_JOURNAL
  return { store: bytes, chains }
}

// Only a warning tells of a store that is built anew.
const logTo = (notice: () => void): Log => {
  const silent = (): void => {}
  return { debug: silent, info: silent, warn: notice, error: silent } as unknown as Log
}
