/** Proving that a store's tables are what its log says, that the chain is whole and that the books balance. */
import { follows, NO_CHAIN } from '../bus/entry.ts'
import { type Address, eventSubject } from '../bus/subjects.ts'
import { productVersion } from '../version.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import type { AnyActorDefinition, Settings } from './kernel/actor.ts'
import { type Core, openCore } from './kernel/core.ts'
import { readEvent } from './kernel/event.ts'
import { KERNEL_TABLES } from './kernel/kernel-tables.ts'
import { openMemoryStore, type Store } from './kernel/store.ts'
import { openVault } from './kernel/vault.ts'

/** What was found: how many entries, and what is wrong, a line each. */
export type Finding = { entries: number; faults: string[] }

const READ_AT_ONCE = 1000

/**
 * Verifies one store: the chain of its log, the books, and every table against one that is built anew from the log, in
 * the empty `anewStore`. Nothing is sealed or opened: both do with the same empty `keys`.
 */
export const verifyStore = (
  definition: AnyActorDefinition,
  address: Address,
  store: Store,
  settings: Settings,
  anewStore: Store = openMemoryStore(),
  keys: Store = openMemoryStore(),
): Finding => {
  const vault = openVault(keys, systemRandom)
  const open = (store: Store): Core =>
    openCore(definition, { address, store, vault, clock: systemClock, settings, version: productVersion })
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
    keys.close()
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
  const theirs = rows(anew).iterate()
  try {
    for (const row of rows(live).iterate()) {
      const expected = theirs.next()
      if (expected.done) return [`${table}: a row more than the log says: ${shown(row)}`]
      const at = row.findIndex((value, index) => value !== expected.value[index])
      if (at < 0) continue
      const name = live.prepare(sql).columns()[at]?.name
      return [`${table}: ${name} is ${shown(row[at])}, the log says ${shown(expected.value[at])}: ${shown(row)}`]
    }
    const left = theirs.next()
    return left.done ? [] : [`${table}: a row is missing: ${shown(left.value)}`]
  } finally {
    theirs.return?.()
  }
}

// What a person wrote is ciphertext in every table, so a row may be shown.
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 300)
