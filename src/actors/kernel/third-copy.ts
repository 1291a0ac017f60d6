/** Healing from readers: what neither the store nor the stream has any more, those who read it may have kept (protocol, R17). */
import { type Entry, follows, NO_CHAIN } from '../../bus/entry.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import { type Clock, pause } from '../../world/clock.ts'
import type { Core } from './core.ts'
import type { Testimony } from './outlook.ts'

export type ThirdCopyPorts = {
  core: Core
  clock: Clock
  readers: readonly string[]
  /** Where a reader stands in this log, and what it kept of it from a number on. Both throw `Unavailable`. */
  askCursor: (reader: string) => Promise<Testimony>
  askCopies: (reader: string, from: number, limit: number) => Promise<Entry[]>
  /** The start waits for these readers; without it nobody is waited for who does not answer at once. */
  waits: ((readers: string) => void) | undefined
  say: (text: string) => void
}

const RETRY_MS = 200
const ENTRIES_AT_ONCE = 500
/** So often a reader is asked for the same copies: one that has just told where it stands is busy, and not away. */
const TRIES = 5

export type Seen = Testimony & { reader: string }

/**
 * Takes from the readers what this store lacks, once it has all that the stream has; gives what each of them has seen.
 * Nothing is taken where two of them have seen different entries, or where a copy is missing: then what they have seen
 * speaks against this store.
 */
export const takeFromReaders = async (ports: ThirdCopyPorts, stopped: () => boolean): Promise<Seen[]> => {
  const seen = await askAll(ports, stopped)
  await takeMissing(ports, seen, stopped)
  return seen
}

const takeMissing = async (ports: ThirdCopyPorts, seen: readonly Seen[], stopped: () => boolean): Promise<void> => {
  const { core, say } = ports
  const head = core.log.head()
  const furthest = seen.reduce<Seen | undefined>((most, one) => (one.seq > (most?.seq ?? head) ? one : most), undefined)
  if (!furthest || stopped()) return

  const entries = await copiesOf(ports, furthest, stopped)
  if (!entries) return
  const chainAt = (seq: number) => (seq <= head ? core.log.chainAt(seq) : entries[seq - head - 1]?.chain)
  if (!seen.every(({ seq, chain }) => chainAt(seq) === chain)) return

  say(`taking entries ${head + 1} to ${furthest.seq} back from ${furthest.reader}, which had read them`)
  for (let at = 0; at < entries.length; at += ENTRIES_AT_ONCE)
    core.transaction(() => entries.slice(at, at + ENTRIES_AT_ONCE).forEach(core.restore))
}

/** What every reader has seen. */
const askAll = async ({ readers, askCursor, clock, waits }: ThirdCopyPorts, stopped: () => boolean) => {
  const seen: Seen[] = []
  const silent = new Set(readers)
  const askOne = async (reader: string) => {
    const cursor = await orSilence(() => askCursor(reader))
    if (!cursor) return
    silent.delete(reader)
    seen.push({ ...cursor, reader })
  }
  for (;;) {
    waits?.([...silent].join(', '))
    await Promise.all([...silent].map(askOne))
    if (silent.size === 0 || !waits || stopped()) return seen
    await pause(clock, RETRY_MS)
    if (stopped()) return seen
  }
}

/** All entries from the end of this log to where the reader stands; `undefined` where it does not have them all. */
const copiesOf = async (
  ports: ThirdCopyPorts,
  { reader, seq: last }: Seen,
  stopped: () => boolean,
): Promise<Entry[] | undefined> => {
  const { core } = ports
  const entries: Entry[] = []
  const head = core.log.head()
  let chain = core.log.chainAt(head) ?? NO_CHAIN
  for (let from = head + 1; from <= last; from = head + entries.length + 1) {
    const page = await pageOf(ports, reader, from, stopped)
    if (stopped() || !page?.length) return undefined
    for (const entry of page) {
      if (entry.seq !== head + entries.length + 1 || !follows(chain, entry)) return undefined
      chain = entry.chain
      if (entry.seq <= last) entries.push(entry)
    }
  }
  return entries
}

const pageOf = async (
  { askCopies, clock }: ThirdCopyPorts,
  reader: string,
  from: number,
  stopped: () => boolean,
): Promise<Entry[] | undefined> => {
  for (let tries = 1; ; tries++) {
    const page = await orSilence(() => askCopies(reader, from, ENTRIES_AT_ONCE))
    if (page || tries >= TRIES || stopped()) return page
    await pause(clock, RETRY_MS)
  }
}

const orSilence = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Unavailable) return undefined
    throw error
  }
}
