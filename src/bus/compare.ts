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
 * - `foreign`: a message that no owner of this log wrote stands in it, or its last message is gone (protocol, R7).
 *   `kept` are the foreign ones that a person may want to see.
 * - `differs`: entries other than ours that an owner of this log wrote, or may have written, from number `at` on: two
 *   histories.
 */
export type Verdict =
  | { kind: 'missing' }
  | { kind: 'same'; last: number }
  | { kind: 'ahead'; last: number }
  | { kind: 'foreign'; kept: Entry[] }
  | { kind: 'differs'; at: number }

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
  if (!look.last) return { kind: 'foreign', kept: [] }
  if (isMine(log, look.last)) return { kind: 'same', last: look.lastSeq }
  return whoseFork(stream, log, look.lastSeq)
}

// The stream is longer than the log.
const compareBeyond = async (stream: LogStream, log: ComparedLog, look: StreamLook): Promise<Verdict> => {
  const head = log.head()
  const mine = head === 0 ? undefined : await stream.get(head)
  if (mine && !isMine(log, mine)) return whoseFork(stream, log, look.lastSeq)

  const next = await stream.get(head + 1)
  const chain = log.chainAt(head) ?? NO_CHAIN
  if (next && !follows(chain, next)) return { kind: 'foreign', kept: await readAll(stream, head + 1, look.lastSeq) }
  // A gap is for the healing to refuse: no copy of what is missing may be jumped over.
  return { kind: 'ahead', last: look.lastSeq }
}

// Somewhere below, the stream left our history. Was the first message that is not ours written by an owner of this log?
const whoseFork = async (stream: LogStream, log: ComparedLog, lastSeq: number): Promise<Verdict> => {
  for (let seq = Math.min(lastSeq, log.head()); seq >= 0; seq--) {
    const message = seq === 0 ? undefined : await stream.get(seq)
    if (seq > 0 && !(message && isMine(log, message))) continue
    return judgeFrom(stream, log.chainAt(seq) ?? NO_CHAIN, seq + 1, lastSeq)
  }
  throw new Error('Cannot compare a stream with its log: the walk back did not end')
}

const judgeFrom = async (stream: LogStream, before: string, at: number, lastSeq: number): Promise<Verdict> => {
  const theirs = await readAll(stream, at, lastSeq)
  const next = theirs.find(({ seq }) => seq === at)
  // Next to ours the chain tells. Behind a gap nothing can, and what claims a chain may be the only copy of an entry.
  const isAnOwners = next ? follows(before, next) : theirs.some(({ chain }) => chain !== '')
  return isAnOwners ? { kind: 'differs', at } : { kind: 'foreign', kept: theirs }
}

const isMine = (log: ComparedLog, entry: Entry): boolean =>
  entry.chain === log.chainAt(entry.seq) && follows(log.chainAt(entry.seq - 1) ?? NO_CHAIN, entry)

const readAll = async (stream: LogStream, from: number, to: number): Promise<Entry[]> => {
  const entries: Entry[] = []
  for (let seq = from; seq <= to; seq++) {
    const entry = await stream.get(seq)
    if (entry) entries.push(entry)
  }
  return entries
}
