/** The broker in memory: subscriptions, streams, those who follow them and those who work the queue off. */
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { Message } from './bus.ts'
import { type Faults, strikes } from './memory-faults.ts'
import { createMemoryStream, type MemoryStream, type Stored, type StoreOutcome } from './memory-stream.ts'
import { createWorkQueue, type WorkQueue } from './memory-work-queue.ts'
import { DUPLICATE_WINDOW_MS, QUEUE_DUPLICATE_WINDOW_MS } from './streams.ts'
import { tokensMatch } from './subject-match.ts'
import { COMMANDS } from './subjects.ts'

// What the bus over NATS takes to notice by silence that a consumer is gone.
const SILENCE_MS = 2_000
const FEED_BATCH = 100

/** Called at the broker with the answer, or with nothing when nobody listens. */
export type Reply = (answer: Message | undefined) => void

export type Subscription = { pattern: string; hear: (message: Message, reply: Reply | undefined) => void }

/** One follow, as the broker sees it. */
export type Follower = {
  stream: MemoryStream
  next: number
  deliver: (batch: readonly Stored[]) => void
  broken: (reason: string) => void
}

export type MemoryCore = ReturnType<typeof createMemoryCore>

/** Everything here happens at the broker, at once; the ways there and back are the clients' pipes. */
export function createMemoryCore(clock: Clock, random: Random, faults: Faults) {
  const streams = new Map<string, MemoryStream>()
  const subscriptions = new Map<Subscription, string[]>()
  const followers = new Set<Follower>()
  const queues = new Map<string, WorkQueue>()
  let made = 0

  const createStream = (name: string, subjects: readonly string[], duplicateWindowMs = DUPLICATE_WINDOW_MS) => {
    const there = streams.get(name)
    if (there) return there
    // Like the broker's nanoseconds it differs for every stream, also within one millisecond.
    const created = new Date(clock.now()).toISOString().replace('Z', `${String(++made).padStart(6, '0')}Z`)
    const stream = createMemoryStream({ name, created, subjects, duplicateWindowMs, clock })
    streams.set(name, stream)
    return stream
  }

  const createCommands = () => createStream(COMMANDS, ['*.*.queue.*'], QUEUE_DUPLICATE_WINDOW_MS)

  const workQueue = (name: string, pattern: string): WorkQueue => {
    const stream = createCommands()
    const queue = queues.get(name) ?? createWorkQueue(clock, random, faults, stream, pattern)
    queues.set(name, queue)
    return queue
  }

  /** Its consumers are gone or stand where the stream no longer is; their readers hear nothing more. */
  const endConsumers = (stream: MemoryStream) => {
    for (const follower of [...followers]) {
      if (follower.stream !== stream) continue
      followers.delete(follower)
      clock.after(SILENCE_MS, () => follower.broken('silence'))
    }
    for (const [name, queue] of [...queues]) {
      if (queue.stream !== stream) continue
      queues.delete(name)
      queue.end(SILENCE_MS)
    }
  }

  const feed = (follower: Follower) => {
    while (followers.has(follower)) {
      const batch = follower.stream.from(follower.next, FEED_BATCH)
      if (batch.length === 0) return
      if (strikes(random, faults.breakFollow)) {
        followers.delete(follower)
        return follower.broken('a fault of the simulation')
      }
      follower.next = batch[batch.length - 1]!.seq + 1
      follower.deliver(batch)
    }
  }

  return {
    createStream,
    createCommands,
    workQueue,
    endConsumers,
    stream: (name: string) => streams.get(name),
    streamNames: () => [...streams.keys()],

    deleteStream: (name: string) => {
      const stream = streams.get(name)
      if (!stream) return
      streams.delete(name)
      endConsumers(stream)
    },

    subscribe: (subscription: Subscription) => {
      subscriptions.set(subscription, subscription.pattern.split('.'))
      return () => subscriptions.delete(subscription)
    },

    follow: (follower: Follower) => {
      followers.add(follower)
      feed(follower)
      return () => followers.delete(follower)
    },

    publish: (message: Message, reply?: Reply) => {
      let heard = false
      const tokens = message.subject.split('.')
      for (const [{ hear }, pattern] of [...subscriptions]) {
        if (!tokensMatch(pattern, tokens)) continue
        heard = true
        hear(message, reply)
      }
      for (const stream of [...streams.values()]) {
        if (!stream.takes(tokens)) continue
        heard = true
        const outcome = stream.store(message)
        reply?.(acknowledgement(stream.name, outcome))
        if (outcome.kind !== 'stored') continue
        for (const follower of [...followers]) if (follower.stream === stream) feed(follower)
        for (const queue of [...queues.values()]) if (queue.stream === stream) queue.dispatch()
      }
      if (!heard) reply?.(undefined)
    },
  }
}

/** The JSON with which the broker answers a publish into a stream. */
const acknowledgement = (stream: string, outcome: StoreOutcome): Message => {
  const answer =
    outcome.kind === 'refused'
      ? { error: { code: 400, err_code: outcome.errorCode, description: outcome.description }, stream, seq: 0 }
      : { stream, seq: outcome.seq, ...(outcome.kind === 'duplicate' ? { duplicate: true } : {}) }
  return { subject: '', body: Buffer.from(JSON.stringify(answer)), headers: {} }
}
