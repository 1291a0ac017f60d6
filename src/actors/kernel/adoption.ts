/** Adoption: a person decides that a refused store is the one to go on with, and that what it lacks is given up. */
import type { LogStream } from '../../bus/bus.ts'
import { sourceOf } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import type { Core } from './core.ts'
import type { AcceptedCursor } from './epochs.ts'
import { isStarted } from './event.ts'
import type { Marking } from './mark.ts'
import type { Testimony } from './outlook.ts'

export type AdoptionPorts = {
  core: Core
  stream: LogStream
  marking: Marking
  readers: readonly string[]
  askCursor: (reader: string) => Promise<Testimony>
}

/** What is known of a log, by whomever: what a person should look at before the choice. */
export type Outlook = {
  /** Where the store ends. */
  head: number
  /** The highest number that the mark, the stream or a reader knows of. */
  highest: number
  marked: number
  /** Where the stream ends; null where there is none. */
  stream: number | null
  /** `kept`: whether the store has what this reader has seen; one that is not `fenced` may yet learn of more. */
  readers: (AcceptedCursor & { kept: boolean; fenced: boolean })[]
}

/** Nobody knows how many ids were given out in what is lost; so many of each kind are passed over. */
const PASSED_OVER = 1_000_000

const VOIDS_AT_ONCE = 1000

/** Looks at the store, the stream and the readers. Throws `Unavailable` when a reader or the broker does not answer. */
export const lookOut = async ({ core, stream, marking, readers, askCursor }: AdoptionPorts): Promise<Outlook> => {
  const head = core.log.head()
  const marked = marking.marked()
  const last = (await stream.look())?.lastSeq ?? null
  const seen: Outlook['readers'] = []
  for (const reader of readers) {
    const { seq, chain, fenced } = await askCursor(reader)
    seen.push({ reader, seq, chain, fenced, kept: core.log.chainAt(seq) === chain })
  }
  const highest = Math.max(head, marked, last ?? 0, ...seen.map(({ seq }) => seq))
  return { head, highest, marked, stream: last, readers: seen }
}

/**
 * Goes on with this store: the numbers that others have seen beyond it are left empty, and a new epoch begins. That is
 * all, in the log alone: the next start finds the epoch there and makes the stream anew (`isGivenUp`).
 */
export const adopt = async (ports: AdoptionPorts): Promise<Outlook & { epoch: number }> => {
  const { core, marking } = ports
  const outlook = await lookOut(ports)
  const { highest } = outlook
  while (core.log.head() + VOIDS_AT_ONCE < highest) leaveEmpty(core, core.log.head() + VOIDS_AT_ONCE)
  const epoch = core.transaction(() => {
    leaveEmptyUntil(core, highest)
    const ids = core.behaviour.nextIds?.() ?? {}
    const lost = highest - outlook.head
    return core.append(
      {
        type: 'EpochStarted',
        data: {
          kept: outlook.head,
          voided: highest,
          accepted: outlook.readers.map(({ reader, seq, chain }) => ({ reader, seq, chain })),
          ids: Object.fromEntries(Object.entries(ids).map(([kind, next]) => [kind, next + lost + PASSED_OVER])),
        },
      },
      {},
      undefined,
    ).seq
  })
  marking.move()
  return { ...outlook, epoch }
}

/** Whether a reader who has seen what this log lacks was accepted with it: it will go back. */
export const isAccepted = ({ epochs }: Core, reader: string, { seq, chain }: { seq: number; chain: string }): boolean =>
  epochs
    .all()
    .some(({ accepted }) => accepted.some(one => one.reader === reader && one.seq === seq && one.chain === chain))

const leaveEmpty = (core: Core, until: number): void => core.transaction(() => leaveEmptyUntil(core, until))

const leaveEmptyUntil = (core: Core, until: number): void => {
  while (core.log.head() < until) core.append({ type: 'Voided', data: {} }, {}, undefined)
}

/** Whether a stream that ends at `last`, and not as this log does, was given up by an epoch that it has not heard of. */
export const isGivenUp = ({ epochs, log }: Core, last: number): boolean => {
  const epoch = epochs.all().at(-1)
  if (!epoch || last > epoch.voided) return false
  return log.read(epoch.seq + 1, log.head() - epoch.seq).every(isStarted)
}

/** Says why it can't be adopted now, where that is so. */
export const whyNotNow = (core: Core, error: unknown): string => {
  if (!(error instanceof Unavailable)) throw error
  return `${sourceOf(core.address)} can not be adopted now: ${error.message}; everybody who reads its log must be up to say what was seen`
}
