/** Taking a log over: heal, fence, ask the witnesses, and only then open (protocol, R5). */
import type { LogStream } from '../../bus/bus.ts'
import { compare } from '../../bus/compare.ts'
import { type Entry, follows, NO_CHAIN } from '../../bus/entry.ts'
import type { Relay } from '../../bus/relay.ts'
import { sourceOf } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import { type Clock, pause } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import { isAccepted, isGivenUp } from './adoption.ts'
import type { Core } from './core.ts'
import { isStarted } from './event.ts'
import { HistoryRefused } from './history-refused.ts'
import type { Marking } from './mark.ts'
import type { Testimony } from './outlook.ts'
import { type RestoredNote, refuseRestoredAlone } from './restored.ts'
import { takeFromReaders } from './third-copy.ts'

/** The steps of a start, as `/readyz` shows them. */
export type Phase =
  | 'healing'
  | 'publishing'
  | 'fencing'
  | 'asking witnesses'
  | 'passing over'
  | 'open'
  | 'refused'
  | 'stopped'

export type StartPorts = {
  core: Core
  stream: LogStream
  relay: Relay
  clock: Clock
  random: Random
  marking: Marking
  restored: RestoredNote
  /** Those who read this log, and how to ask one for its cursor. Throws `Unavailable`. */
  readers: readonly string[]
  askCursor: (reader: string) => Promise<Testimony>
  /** What a reader kept of this log from a number on. Throws `Unavailable`. */
  askCopies: (reader: string, from: number, limit: number) => Promise<Entry[]>
  /** The start stands at `phase`, and waits for `whom`. */
  reached: (phase: Phase, whom: string | null) => void
  /** From here on this process alone writes the log: it may tell its cursors. */
  fenced: () => void
  /** A witness that was silent at the start has spoken against this store. */
  contradicted: (refused: HistoryRefused) => void
  /** Keeps messages of the stream that are not ours where a person finds them. */
  keepAside: (entries: Entry[]) => void
  say: (text: string) => void
}

const RETRY_MS = 200
const HEAL_BATCH = 500
/** How long the stream may stay silent while entries are taken from it. */
const HEAL_SILENCE_MS = 5000

/** Takes the log over; resolves when the actor may open. Throws `HistoryRefused`. */
export const takeOver = async (ports: StartPorts, stopped: () => boolean): Promise<void> => {
  const { relay, marking } = ports
  // Before it takes anything from the stream, which may have lost its end as well.
  const ranLast = marking.isKept()
  // What was written in the last moment before a crash: from here on others may see it.
  if (ranLast) marking.move()

  for (let fence = false; !fence && !stopped(); ) {
    ports.reached('healing', 'the broker')
    await heal(ports, stopped)
    // One that ran last has all that anybody can have read, unless its mark was put back with it: nobody is waited for.
    const seen = await takeFromReaders({ ...ports, waits: ranLast ? undefined : waitingIn(ports) }, stopped)
    await refuseRestoredAlone(ports, stopped)
    if (stopped()) return
    refuseIfMarkedBeyond(ports)
    // Behind the fence it would be too late: that one would stand where what the readers have belongs, also at the next start.
    for (const cursor of seen) refuseIfLacking(ports, cursor.reader, cursor)
    ports.reached('publishing', 'the broker')
    if (!(await relay.catchUp())) continue
    ports.reached('fencing', 'the broker')
    fence = await raiseFence(ports)
  }
  if (stopped()) return
  ports.fenced()

  try {
    await askWitnesses(ports, ranLast, stopped)
  } catch (error) {
    if (error instanceof HistoryRefused) await removeOwnStream(ports)
    throw error
  }
  if (!stopped()) ports.restored.remove()
}

// A stream that this start has made holds nothing but this store, and would contradict the one that is to be put back.
const removeOwnStream = async ({ core, relay, stream }: StartPorts): Promise<void> => {
  if (!relay.hasMade()) return
  try {
    const { kind } = await compare(stream, core.log)
    // A second owner has written there since, and this may be the only copy of it.
    if (kind === 'ahead' || kind === 'differs') return
    await stream.delete()
  } catch (error) {
    // Then the next start refuses the right store too, and says that it can be adopted.
    if (!(error instanceof Unavailable)) throw error
  }
}

// All stores put back from the same hour agree with each other: then the mark is the only witness of what came later.
const refuseIfMarkedBeyond = ({ core, marking }: StartPorts): void => {
  const head = core.log.head()
  const marked = marking.marked()
  if (marked <= head) return
  throw new HistoryRefused(
    `The store of ${sourceOf(core.address)} ends at entry ${head}, but it once had entry ${marked}, and the stream has no ` +
      'copy of what came between. Put back the store that ran last, then start again; ' +
      'or give up what is lost: npm start -- adopt',
  )
}

/** Appends `Started` and waits until the stream has it; false when somebody else wrote there meanwhile. */
const raiseFence = async ({ core, relay, random }: StartPorts): Promise<boolean> => {
  core.transaction(() =>
    core.append({ type: 'Started', data: { start_id: random.uuid(), version: core.version } }, {}, undefined),
  )
  return relay.catchUp()
}

/** Brings the store up to what the stream has, entry by entry. */
const heal = async (ports: StartPorts, stopped: () => boolean): Promise<void> => {
  const { core, stream, clock } = ports
  let lacked: number | undefined
  let isAside = false
  while (!stopped()) {
    try {
      const verdict = await compare(stream, core.log)
      if (verdict.kind === 'ahead') {
        const lacks = await takeMissing(ports, verdict.last, stopped)
        // The stream may have lost its end while it was looked at: what is missing is missing at a second look too.
        if (lacks !== undefined && lacks === lacked && !(await healByReaders(ports, stopped)))
          throw missing(core, lacks)
        lacked = lacks
      } else if (verdict.kind === 'differs' && isGivenUp(core, verdict.last)) {
        if (!isAside) ports.keepAside(verdict.kept)
        isAside = true
        await stream.delete()
      } else if (verdict.kind === 'differs') takeBackStarted(ports, verdict.at)
      else return
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      await pause(clock, RETRY_MS)
    }
  }
}

const waitingIn =
  ({ reached }: StartPorts) =>
  (readers: string): void =>
    reached('asking witnesses', readers)

/** Whether the readers had something that this store lacks. They are waited for: without them it is refused. */
const healByReaders = async (ports: StartPorts, stopped: () => boolean): Promise<boolean> => {
  const head = ports.core.log.head()
  await takeFromReaders({ ...ports, waits: waitingIn(ports) }, stopped)
  return stopped() || ports.core.log.head() > head
}

// Two starts may have written different `Started` at the same number; ours is nobody's loss while nobody saw it.
const takeBackStarted = ({ core, marking }: StartPorts, at: number): void => {
  const { log } = core
  // One by one: from a stream without its head all of a long log may differ.
  for (let seq = at; seq <= log.head(); seq++)
    if (!log.read(seq, 1).every(isStarted))
      throw new HistoryRefused(
        `The stream and the store of ${sourceOf(core.address)} hold different entries from number ${at} on. ` +
          'One of them is of another history, and Kassa will not choose. Put back the store that ran last; ' +
          'or, if the store is right: npm start -- adopt, and the stream is made anew from it.',
      )
  const wasMine = marking.isKept()
  core.transaction(() => {
    while (log.head() >= at) log.takeBack()
  })
  // Else it would look as if entries were lost.
  if (wasMine) marking.move()
}

/** Takes the entries that the store lacks from the stream, up to number `last`; gives the first that it does not have. */
const takeMissing = async (ports: StartPorts, last: number, stopped: () => boolean): Promise<number | undefined> => {
  const { core, stream, say } = ports
  const from = core.log.head() + 1
  if (!(await stream.get(last))) return last
  say(`taking entries ${from} to ${last} back from the stream`)
  let batch: Entry[] = []
  const commit = (): void => {
    core.transaction(() => {
      for (const entry of batch) core.restore(entry)
    })
    batch = []
  }
  let chain = core.log.chainAt(core.log.head()) ?? NO_CHAIN
  let lacks: number | undefined
  for await (const entry of messages(ports, from, last)) {
    if (stopped()) return undefined
    const next = core.log.head() + batch.length + 1
    if (entry.seq !== next) {
      lacks = next
      break
    }
    // What follows no more was written by no owner: the relay keeps it aside and makes the stream again (R7).
    if (!follows(chain, entry)) break
    chain = entry.chain
    batch.push(entry)
    if (batch.length >= HEAL_BATCH) commit()
  }
  if (batch.length > 0) commit()
  return lacks
}

const missing = (core: Core, seq: number): HistoryRefused =>
  new HistoryRefused(
    `The store of ${sourceOf(core.address)} lacks entry ${seq}, and its stream has no copy of it either, ` +
      'though it has later ones. Put back a newer copy of the store, then start again; ' +
      'or give up what is lost: npm start -- adopt',
  )

/** The stream's messages from `from` to `last`. Throws `Unavailable` when they stop coming. */
async function* messages({ stream, clock }: StartPorts, from: number, last: number): AsyncGenerator<Entry> {
  const arrived: Entry[] = []
  let wake = (): void => {}
  let broken: string | undefined
  const running = stream.follow(
    from,
    'heal',
    entry => {
      arrived.push(entry)
      wake()
    },
    reason => {
      broken = reason
      wake()
    },
  )
  try {
    for (let seen = from - 1; seen < last; ) {
      const entry = arrived.shift()
      if (entry) {
        seen = entry.seq
        yield entry
        continue
      }
      if (broken !== undefined) throw new Unavailable(`Cannot read the stream on from ${seen + 1}: ${broken}`)
      await new Promise<void>(resolve => {
        const cancel = clock.after(HEAL_SILENCE_MS, () => {
          broken ??= 'nothing came'
          resolve()
        })
        wake = () => {
          cancel()
          resolve()
        }
      })
      wake = () => {}
    }
  } finally {
    await running.stop()
  }
}

/**
 * Every reader must have seen my history. A silent one is waited for, unless this store surely is the one that ran
 * last: then it is asked again once it answers.
 */
const askWitnesses = async (ports: StartPorts, ranLast: boolean, stopped: () => boolean): Promise<void> => {
  const silent = new Set(ports.readers)
  for (let first = true; silent.size > 0 && !stopped(); first = false) {
    ports.reached('asking witnesses', [...silent].join(', '))
    if (!first) await pause(ports.clock, RETRY_MS)
    for (const reader of silent) if (await heard(ports, reader)) silent.delete(reader)
    if (ranLast && silent.size > 0) {
      askLater(ports, silent, stopped).catch(error => ports.contradicted(error as HistoryRefused))
      return
    }
  }
}

const askLater = async (ports: StartPorts, silent: Set<string>, stopped: () => boolean): Promise<void> => {
  while (silent.size > 0 && !stopped()) {
    await pause(ports.clock, 5 * RETRY_MS)
    for (const reader of silent) if (await heard(ports, reader)) silent.delete(reader)
  }
}

/**
 * Whether `reader` has told all that it has seen; throws `HistoryRefused` when that is something this store has not.
 * One whose own fence does not stand may yet learn more, or never, where its store was refused: it is asked again, but
 * what it has seen so far speaks against this store as anybody's word does.
 */
const heard = async (ports: StartPorts, reader: string): Promise<boolean> => {
  let cursor: Testimony
  try {
    cursor = await ports.askCursor(reader)
  } catch (error) {
    if (error instanceof Unavailable) return false
    throw error
  }
  refuseIfLacking(ports, reader, cursor)
  return cursor.fenced || ports.core.log.chainAt(cursor.seq) !== cursor.chain
}

/** Throws `HistoryRefused` where `reader` has seen an entry that this store does not have, and that was not given up. */
const refuseIfLacking = ({ core }: StartPorts, reader: string, cursor: Testimony): void => {
  if (core.log.chainAt(cursor.seq) === cursor.chain || isAccepted(core, reader, cursor)) return
  throw new HistoryRefused(
    `${reader} has seen entry ${cursor.seq} of ${sourceOf(core.address)}, and this store, which ends at ` +
      `${core.log.head()}, does not have it. The store is older than the one that ran last, and the stream has lost ` +
      'the rest. Put back the store that ran last, then start again; or give up what is lost: npm start -- adopt',
  )
}
