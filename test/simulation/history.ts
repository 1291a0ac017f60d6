/** The ground truth of a run: every entry that any process ever committed, and which of them no copy is left of. */
import { readEvent } from '../../src/actors/kernel/event.ts'
import type { ActorName } from '../../src/actors/registry.ts'
import { type Entry, type EntryHeaders, readHeaders } from '../../src/bus/entry.ts'
import { readTrace } from '../../src/bus/trace.ts'

/** An entry, read. */
export type Fact = {
  actor: ActorName
  seq: number
  chain: string
  type: string
  user: string | undefined
  at: number
  // biome-ignore lint/suspicious/noExplicitAny: as in AppliedEvent, the shape belongs to the type
  data: any
  headers: EntryHeaders
  /** The id of its trace. */
  trace: string | undefined
}

/** Reads an entry of the log of `actor`. */
export const readFact = (actor: ActorName, entry: Entry): Fact => {
  const { type, user, at, data, traceparent } = readEvent(entry.body)
  const trace = readTrace(traceparent)?.id
  return { actor, seq: entry.seq, chain: entry.chain, type, user, at, data, headers: readHeaders(entry.headers), trace }
}

/** `17 OrderCreated 54321 #Xa3f9k`: an entry, as the trace shows it. */
export const describeFact = ({ seq, type, data, chain }: Fact): string => {
  const what = data.order_id ?? data.dead_letter_id ?? data.user_id ?? data.command ?? ''
  return `${seq} ${type} ${what} #${chain.slice(0, 6)}`
}

const LETTERS = new Set(['LetterQueued', 'LetterSent', 'LetterSuppressed'])

/** Whether an entry writes a letter. What became of one that was to be mailed answers nobody, and follows later. */
export const writesLetter = ({ type, headers }: Fact): boolean =>
  LETTERS.has(type) && (headers.cause !== undefined || headers.command !== undefined)

export type History = {
  /** Notes what was committed; false when it was known, as where a store takes it back from its stream. */
  note: (fact: Fact) => boolean
  /** To be called after every fault that may have taken a copy. `left` says which chains of an actor's log there still are. */
  copiesTaken: (left: (actor: ActorName) => Set<string>) => void
  facts: () => Fact[]
  /** What was committed under `chain`. */
  factOf: (chain: string) => Fact | undefined
  /** Whether the queued command `id` has waited at some time. */
  wasParked: (id: string) => boolean
  isDestroyed: (chain: string) => boolean
  destroyed: () => Fact[]
}

/** A history in which nothing has happened. */
export const createHistory = (): History => {
  const facts = new Map<string, Fact>()
  const destroyed = new Set<string>()
  const parked = new Set<string>()

  return {
    note: fact => {
      const isNew = !facts.has(fact.chain)
      facts.set(fact.chain, fact)
      if (fact.type === 'CommandParked' && fact.headers.command !== undefined) parked.add(fact.headers.command)
      return isNew
    },
    copiesTaken: left => {
      const copies = new Map<ActorName, Set<string>>()
      for (const { actor, chain } of facts.values()) {
        const there = copies.get(actor) ?? left(actor)
        copies.set(actor, there)
        if (!there.has(chain)) destroyed.add(chain)
      }
    },
    facts: () => [...facts.values()],
    factOf: chain => facts.get(chain),
    wasParked: id => parked.has(id),
    isDestroyed: chain => destroyed.has(chain),
    destroyed: () => [...facts.values()].filter(({ chain }) => destroyed.has(chain)),
  }
}
