/** Everything that happens, as it comes through the logs of all actors: one watcher's reading of them. */
import type { TimelineStep } from '../actors/kernel/shown-shapes.ts'
import { ADDRESSES } from '../actors/registry.ts'
import type { Running } from '../bus/bus.ts'
import { type Entry, readHeaders } from '../bus/entry.ts'
import { type Address, sourceOf, streamOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Cancel } from '../world/clock.ts'
import { askHealth } from './ask-health.ts'
import type { Place } from './feed-place.ts'
import type { GatewayPorts } from './ports.ts'

/** A stream that is gone, or made again, is followed again this soon, then less and less often. */
const RETRY_MS = 100
const MOST_RETRY_MS = 2_000

type Ports = Pick<GatewayPorts, 'bus' | 'clock' | 'log'>

/** `rest` lets the streams go, for a while or for good; `goOn` reads on where it stood, so that nothing is left out. */
export type Feed = { rest: () => void; goOn: () => void }

/** The sources that a feed has. */
export const SOURCES: readonly string[] = ADDRESSES.map(sourceOf)

/**
 * Where a watcher begins who has seen all up to `seen`, and of other logs wants what is yet to come. A place beyond the
 * end of a log is of another log, and becomes its end. Throws `Unavailable` where nobody can tell where a log ends.
 */
export const beginningAt = async (ports: Ports, seen: Place): Promise<Place> => {
  const ends = await Promise.all(ADDRESSES.map(address => endOf(ports, address)))
  const begins = SOURCES.map((source, index): [string, number] => {
    const [end, last] = [ends[index], seen[source]]
    if (end === undefined && last === undefined)
      throw new Unavailable(`Cannot tell where the log of ${source} ends: neither the actor nor its stream answers`)
    return [source, Math.min(end ?? Number.POSITIVE_INFINITY, last ?? Number.POSITIVE_INFINITY)]
  })
  return Object.fromEntries(begins)
}

/** Tells every entry after `begin`, each log's in its order; after a loss of a stream none is left out, nor told twice. */
export const followAll = (ports: Ports, begin: Place, tell: (source: string, step: TimelineStep) => void): Feed => {
  const all = ADDRESSES.map(address => {
    const source = sourceOf(address)
    return followOne(ports, address, begin[source] ?? 0, entry => {
      const step = stepOf(ports, address, entry)
      if (step) tell(source, step)
    })
  })
  return {
    rest: () => {
      for (const one of all) one.rest()
    },
    goOn: () => {
      for (const one of all) one.goOn()
    },
  }
}

const followOne = ({ bus, clock }: Ports, address: Address, begin: number, take: (entry: Entry) => void) => {
  const stream = bus.logStream(address)
  let seq = begin
  let following: Running | undefined
  let retryMs = RETRY_MS
  let cancelRetry: Cancel | undefined

  const rest = () => {
    cancelRetry?.()
    cancelRetry = undefined
    void following?.stop()
    following = undefined
  }
  const goOn = () => {
    if (following || cancelRetry) return
    following = stream.follow(seq + 1, 'watch', hear, broken)
  }
  const hear = (entry: Entry) => {
    // What was let go may still be on its way.
    if (!following || entry.seq <= seq) return
    seq = entry.seq
    retryMs = RETRY_MS
    take(entry)
  }
  const broken = () => {
    following = undefined
    cancelRetry = clock.after(retryMs, () => {
      cancelRetry = undefined
      goOn()
    })
    retryMs = Math.min(retryMs * 2, MOST_RETRY_MS)
  }

  goOn()
  return { rest, goOn }
}

const endOf = async (ports: Ports, address: Address): Promise<number | undefined> => {
  try {
    return (await askHealth(ports, address)).head
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault
    return endOfStream(ports, address)
  }
}

const endOfStream = async ({ bus }: Ports, address: Address): Promise<number | undefined> => {
  try {
    return (await bus.logStream(address).look())?.lastSeq
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault
    return undefined
  }
}

/** What is personal is in the log as ciphertext alone, and is left out. */
const stepOf = ({ log }: Ports, address: Address, entry: Entry): TimelineStep | undefined => {
  try {
    const { type, time, data } = JSON.parse(new TextDecoder().decode(entry.body))
    const { command, cause } = readHeaders(entry.headers)
    const { sealed: _sealed, ...shown } = data
    return {
      actor: address.actor,
      type,
      time,
      subject: entry.subject,
      stream: streamOf(address),
      sequence: entry.seq,
      command: command ?? null,
      caused_by: cause ? `${cause.source}/${cause.seq}` : null,
      data: shown,
    }
  } catch (fault) {
    // Somebody else's message in the stream; its owner will make the stream again.
    log.warn({ stream: streamOf(address), seq: entry.seq, fault: String(fault) }, 'an entry cannot be told')
    return undefined
  }
}
