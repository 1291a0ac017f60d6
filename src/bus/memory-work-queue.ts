/** A durable consumer of the queue in memory: delivers, waits for the acknowledgement, delivers again. */
import type { Cancel, Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import { type Faults, strikes } from './memory-faults.ts'
import type { MemoryStream, Stored } from './memory-stream.ts'
import { ACK_WAIT_MS, MAX_ACK_PENDING } from './streams.ts'
import { matches } from './subject-match.ts'

const REDELIVER_MAX_MS = 1_000

/** One process that works the queue off. */
export type Worker = { deliver: (stored: Stored, ack: () => void) => void; again: () => void }

export type WorkQueue = ReturnType<typeof createWorkQueue>

/** Delivers the messages of `stream` that match `pattern`, oldest first, to the first of its workers. */
export function createWorkQueue(clock: Clock, random: Random, faults: Faults, stream: MemoryStream, pattern: string) {
  const workers = new Set<Worker>()
  const unacknowledged = new Map<number, Cancel>()
  const overdue = new Set<number>()
  let next = 1
  let ended = false

  const dispatch = () => {
    const [worker] = workers
    while (worker && !ended && unacknowledged.size < MAX_ACK_PENDING) {
      const stored = nextOverdue() ?? nextNew()
      if (!stored) return
      deliver(worker, stored)
    }
  }

  const nextOverdue = (): Stored | undefined => {
    for (const seq of [...overdue].sort((a, b) => a - b)) {
      overdue.delete(seq)
      const stored = stream.get(seq)
      if (stored) return stored
    }
    return undefined
  }

  const nextNew = (): Stored | undefined => {
    while (true) {
      const [stored] = stream.from(next, 1)
      if (!stored) return undefined
      next = stored.seq + 1
      if (matches(pattern, stored.subject)) return stored
    }
  }

  const deliver = (worker: Worker, stored: Stored) => {
    const { seq } = stored
    const cancel = clock.after(ACK_WAIT_MS, () => {
      unacknowledged.delete(seq)
      overdue.add(seq)
      dispatch()
    })
    unacknowledged.set(seq, cancel)
    const ack = () => acknowledge(seq)
    worker.deliver(stored, ack)
    if (strikes(random, faults.redeliver)) {
      clock.after(random.fraction() * REDELIVER_MAX_MS, () => workers.values().next().value?.deliver(stored, ack))
    }
  }

  const acknowledge = (seq: number) => {
    if (ended) return
    stream.remove(seq)
    overdue.delete(seq)
    unacknowledged.get(seq)?.()
    unacknowledged.delete(seq)
    dispatch()
  }

  return {
    stream,
    dispatch,
    join: (worker: Worker) => {
      workers.add(worker)
      dispatch()
    },
    leave: (worker: Worker) => workers.delete(worker),
    /** The stream is gone: nothing is delivered or acknowledged any more; the workers find out after a while. */
    end: (noticedAfterMs: number) => {
      ended = true
      for (const cancel of unacknowledged.values()) cancel()
      for (const worker of workers) clock.after(noticedAfterMs, worker.again)
    },
  }
}
