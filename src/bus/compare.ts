/** Whose stream is it? A stream compared with the log that it should carry, by chains and not by numbers. */
import type { LogStream, StreamLook } from './bus.ts'
import { type Entry, follows, NO_CHAIN } from './entry.ts'

/** What the relay and the start need of a log. `chainAt(0)` is the chain before the first entry. */
export type ComparedLog = {
  head: () => number
  chainAt: (seq: number) => string | undefined
}

/**
 * - `missing`: there is no stream.
 * - `same`: the stream is the log up to `last`; what is beyond is to be published.
 * - `ahead`: the stream goes on where the log ends, rightly chained: the store has lost entries.
 * - `foreign`: a message that no owner of this log wrote stands in it, or its last message is gone and all before it is
 *   ours (protocol, R7). `kept` are the foreign ones that a person may want to see, the first thousand of them.
 * - `differs`: entries other than ours that an owner of this log wrote, or may have written, from number `at` on: two
 *   histories. `kept` are the stream's, the first thousand; `last` is where it ends.
 */
export type Verdict =
  | { kind: 'missing' }
  | { kind: 'same'; last: number }
  | { kind: 'ahead'; last: number }
  | { kind: 'foreign'; kept: Entry[] }
  | { kind: 'differs'; at: number; last: number; kept: Entry[] }

/** Somebody may have flooded the stream: what is read of that, one by one, and held in memory has an end. */
const MOST_KEPT = 1000

/** Compares `stream` with `log`. Throws `Unavailable`. */
export const compare = async (stream: LogStream, log: ComparedLog): Promise<Verdict> => {
  const look = await stream.look()
  if (!look) return { kind: 'missing' }
  if (look.lastSeq === 0) return { kind: 'same', last: 0 }
  if (look.lastSeq <= log.head()) return compareWithin(stream, log, look)
  return compareBeyond(stream, log, look)
}

// The stream is no longer than the log.
const compareWithin = async (stream: LogStream, log: ComparedLog, look: StreamLook): Promise<Verdict> => {
  if (look.last && isMine(log, look.last)) return { kind: 'same', last: look.lastSeq }
  return whoseFork(stream, log, look)
}

// The stream is longer than the log.
const compareBeyond = async (stream: LogStream, log: ComparedLog, look: StreamLook): Promise<Verdict> => {
  const head = log.head()
  const mine = head === 0 ? undefined : await stream.get(head)
  if (mine && !isMine(log, mine)) return whoseFork(stream, log, look)

  const next = await stream.get(head + 1)
  const chain = log.chainAt(head) ?? NO_CHAIN
  if (next && !follows(chain, next)) return whoseFork(stream, log, look)
  // A gap is for the healing to refuse: no copy of what is missing may be jumped over.
  return { kind: 'ahead', last: look.lastSeq }
}

// Somewhere below, the stream left our history. Was the first message that is not ours written by an owner of this log?
const whoseFork = async (stream: LogStream, log: ComparedLog, look: StreamLook): Promise<Verdict> => {
  const isMineAt = async (seq: number): Promise<boolean> => {
    const message = seq === 0 ? undefined : await stream.get(seq)
    return seq === 0 || (message !== undefined && isMine(log, message))
  }

  // Back in steps that grow, then halving: a stream that is foreign for a million messages is asked forty times.
  let foreign = Math.min(look.lastSeq, log.head()) + 1
  let mine = foreign - 1
  for (let step = 1; mine > 0 && !(await isMineAt(mine)); step *= 2) {
    foreign = mine
    mine = Math.max(0, mine - step)
  }
  while (foreign - mine > 1) {
    const middle = Math.floor((mine + foreign) / 2)
    if (await isMineAt(middle)) mine = middle
    else foreign = middle
  }
  return judgeFrom(stream, log, mine + 1, look)
}

const judgeFrom = async (stream: LogStream, log: ComparedLog, at: number, look: StreamLook): Promise<Verdict> => {
  // Those that were stored behind another's by an old run of ours are no other history.
  const theirs = (await readSome(stream, Math.max(at, look.firstSeq), look.lastSeq)).filter(
    entry => !isMine(log, entry),
  )
  const next = theirs.find(({ seq }) => seq === at)
  const before = log.chainAt(at - 1) ?? NO_CHAIN
  // Next to ours the chain tells. Behind a gap nothing can, and what claims a chain may be the only copy of an entry.
  const claims = [...theirs, ...(look.last && !isMine(log, look.last) ? [look.last] : [])]
  const isAnOwners = next ? follows(before, next) : claims.some(({ chain }) => chain !== '')
  return isAnOwners ? { kind: 'differs', at, last: look.lastSeq, kept: theirs } : { kind: 'foreign', kept: theirs }
}

const isMine = (log: ComparedLog, entry: Entry): boolean =>
  entry.chain === log.chainAt(entry.seq) && follows(log.chainAt(entry.seq - 1) ?? NO_CHAIN, entry)

const readSome = async (stream: LogStream, from: number, to: number): Promise<Entry[]> => {
  const entries: Entry[] = []
  for (let seq = from; seq <= Math.min(to, from + MOST_KEPT - 1); seq++) {
    const entry = await stream.get(seq)
    if (entry) entries.push(entry)
  }
  return entries
}
