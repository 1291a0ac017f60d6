/** A log stream on NATS JetStream. */

import type { ConsumerConfig, ConsumerInfo, StreamInfo } from '@nats-io/jetstream'
import { ConsumerTaken, type LogStream, StreamConflict, type StreamLook } from './bus.ts'
import { describeStream } from './describe-stream.ts'
import type { Entry } from './entry.ts'
import { entryHeaders } from './entry-message.ts'
import { askApi, isRefused, Refused, readAnswer, refusals, storedEntry } from './nats-api.ts'
import { cutStream } from './nats-cut.ts'
import { follow } from './nats-follow.ts'
import { toNats, type WrittenHeaders } from './nats-headers.ts'
import { type NatsLink, NobodyListens } from './nats-link.ts'
import { logStreamConfig, publicConsumerConfig } from './streams.ts'
import { type Address, streamOf } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

// Of one run. When it passes nothing is lost: the relay looks where the stream stands, and goes on from there.
const APPEND_TIMEOUT_MS = 2_000
// What is in flight at once: enough to hide the way there and back, little enough to be quickly written off.
const RUN_MAX_BYTES = 2_000_000
const RUN_MAX_ENTRIES = 1_000
// A stream that changes under every look is being filled by its owner; the next look will do.
const LOOK_ATTEMPTS = 5

type PublishAck = { seq: number; duplicate?: boolean }

/** `quick` says whether new streams may be made without an fsync a message. */
export function natsLogStream(link: NatsLink, address: Address, quick: () => Promise<boolean>): LogStream {
  const name = streamOf(address)

  const stream: LogStream = {
    create: async () => {
      try {
        const made = await askApi<StreamInfo & { did_create?: boolean }>(
          link,
          `STREAM.CREATE.${name}`,
          logStreamConfig(address, await quick()),
        )
        // What the broker echoes counts: an older one drops in silence what it does not know.
        if (made.did_create)
          link.log.info({ stream: name, persist: made.config.persist_mode ?? 'default' }, 'log stream made')
      } catch (thrown) {
        // It exists with other settings, those of an earlier version perhaps: they are good enough.
        if (!isRefused(thrown, refusals.streamNameInUse)) throw thrown
      }
    },

    describe: async () => {
      const there = await streamInfo(link, name)
      if (there) await describeStream(link, there.config, logStreamConfig(address, false))
    },

    cut: before => cutStream(link, name, before),

    delete: async () => {
      try {
        await askApi(link, `STREAM.DELETE.${name}`)
      } catch (thrown) {
        if (!isRefused(thrown, refusals.streamNotFound)) throw thrown
      }
    },

    look: async () => {
      let before = await streamInfo(link, name)
      for (let attempt = 0; attempt < LOOK_ATTEMPTS; attempt++) {
        if (!before) return undefined
        const { first_seq: firstSeq, last_seq: lastSeq } = before.state
        const look: StreamLook = { created: before.created, firstSeq, lastSeq, last: undefined }
        if (lastSeq === 0) return look

        look.last = await storedEntry(link, name, lastSeq)
        if (look.last) return look
        // Gone, or the stream was made again between the two questions? Gone only if nothing else has changed.
        const after = await streamInfo(link, name)
        if (after?.created === before.created && after.state.last_seq === lastSeq) return look
        before = after
      }
      throw new Unavailable(`Cannot look at stream ${name}: it changes all the time; look again`)
    },

    get: seq => storedEntry(link, name, seq),

    append: async (entries, previous) => {
      let chain = previous
      for (const run of runsOf(entries)) {
        await appendRun(link, name, run, chain)
        chain = run[run.length - 1]!.chain
      }
    },

    follow: (from, reader, deliver, broken) => follow(link, name, { from, reader, deliver, broken }),

    consumer: async (consumer, subject) => {
      try {
        const there = await consumerInfo(link, name, consumer)
        if (there && !isPublic(there.config, publicConsumerConfig(address, consumer, subject)))
          throw new ConsumerTaken(`Stream ${name} has a consumer ${consumer} that reads something else, or otherwise`)
        const question = { stream_name: name, config: publicConsumerConfig(address, consumer, subject) }
        const made =
          there ?? (await askApi<ConsumerInfo>(link, `CONSUMER.DURABLE.CREATE.${name}.${consumer}`, question))
        return { pending: made.num_pending + made.num_ack_pending }
      } catch (thrown) {
        if (!isRefused(thrown, refusals.streamNotFound)) throw thrown
        throw new Unavailable(`Cannot make consumer ${consumer}: stream ${name} is not there yet; ask again`)
      }
    },
  }

  return {
    ...stream,
    create: () => waitOut(name, stream.create),
    describe: () => waitOut(name, stream.describe),
    cut: before => waitOut(name, () => stream.cut(before)),
    delete: () => waitOut(name, stream.delete),
    look: () => waitOut(name, stream.look),
    get: seq => waitOut(name, () => stream.get(seq)),
    append: (entries, previous) => waitOut(name, () => stream.append(entries, previous)),
  }
}

/** What a broker refuses (no room for a stream, subjects that another one has) somebody can mend while we wait. */
const waitOut = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof StreamConflict || thrown instanceof Unavailable) throw thrown
    throw new Unavailable(`Cannot use stream ${name}: ${String(thrown)}`, 'unavailable', { cause: thrown })
  }
}

/** Cuts a long run into pieces that may be in flight at once. */
function* runsOf(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let start = 0
  let bytes = 0
  for (const [index, entry] of entries.entries()) {
    const size = entry.body.length + entry.headers.length
    if (index > start && (bytes + size > RUN_MAX_BYTES || index - start === RUN_MAX_ENTRIES)) {
      yield entries.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += size
  }
  if (start < entries.length) yield entries.slice(start)
}

/**
 * Publishes one run and awaits its acknowledgement. A broker before 2.12 that was restarted no longer knows the id of
 * its last message and refuses whatever expects one (measured on 2.10.27: 10070 with an empty id, for ever). So a run
 * that was refused although the stream stands right before it goes out once more, its first entry expecting the number
 * alone, like the first entry of a stream.
 */
async function appendRun(link: NatsLink, stream: string, run: readonly Entry[], previous: string): Promise<void> {
  try {
    await publishRun(link, stream, run, previous)
  } catch (thrown) {
    if (!(thrown instanceof StreamConflict) || !(await standsAt(link, stream, run[0]!.seq - 1, previous))) throw thrown
    await publishRun(link, stream, run, undefined)
  }
}

/** Whether the stream's last message is number `seq` with this chain. */
async function standsAt(link: NatsLink, stream: string, seq: number, chain: string): Promise<boolean> {
  if (seq === 0) return false
  if ((await storedEntry(link, stream, seq))?.chain !== chain) return false
  return (await streamInfo(link, stream))?.state.last_seq === seq
}

/** Only the last message of a run asks for an answer, which counts for all: each expects the one before it. */
async function publishRun(link: NatsLink, stream: string, run: readonly Entry[], previous: string | undefined) {
  // What is published while disconnected would wait in the client and arrive at some later time.
  if (!link.connected())
    throw new Unavailable(`Cannot append to stream ${stream}: there is no connection to the broker`)

  const last = run[run.length - 1]!
  let expected = previous
  for (const entry of run) {
    const headers = toNats(entryHeaders(entry, expected))
    if (entry === last) return await confirm(link, stream, last, headers)
    link.publish(entry.subject, entry.body, undefined, headers)
    expected = entry.chain
  }
}

async function confirm(
  link: NatsLink,
  stream: string,
  entry: Entry,
  headers: WrittenHeaders | undefined,
): Promise<void> {
  let ack: PublishAck
  try {
    const answer = link.ask(entry.subject, entry.body, { headers, timeoutMs: APPEND_TIMEOUT_MS })
    // The run is complete, and its readers wait: later it would leave after all that came in during the turn is read.
    link.flush()
    ack = readAnswer<PublishAck>(entry.subject, await answer)
  } catch (thrown) {
    if (!(thrown instanceof Refused) && !(thrown instanceof NobodyListens)) throw thrown
    throw new StreamConflict(`Stream ${stream} did not take entry ${entry.seq}: ${thrown.message}`, { cause: thrown })
  }
  // The id of a message says nothing about those before it.
  if (ack.duplicate || ack.seq !== entry.seq) {
    const what = ack.duplicate ? 'a duplicate' : 'new'
    throw new StreamConflict(`Stream ${stream} took entry ${entry.seq} as ${what}, number ${ack.seq}`)
  }
}

async function consumerInfo(link: NatsLink, stream: string, consumer: string): Promise<ConsumerInfo | undefined> {
  try {
    return await askApi<ConsumerInfo>(link, `CONSUMER.INFO.${stream}.${consumer}`)
  } catch (thrown) {
    if (isRefused(thrown, refusals.consumerNotFound)) return undefined
    throw thrown
  }
}

/** Whether it reads what is `wanted`, by pulling and with acks. How long an ack may take, and the like, is its user's matter. */
const isPublic = (config: ConsumerConfig, wanted: Partial<ConsumerConfig>): boolean => {
  const { filter_subject, deliver_policy, ack_policy } = wanted
  return (
    config.filter_subject === filter_subject &&
    config.deliver_policy === deliver_policy &&
    config.ack_policy === ack_policy &&
    config.deliver_subject === undefined
  )
}

async function streamInfo(link: NatsLink, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await askApi<StreamInfo>(link, `STREAM.INFO.${stream}`)
  } catch (thrown) {
    if (isRefused(thrown, refusals.streamNotFound)) return undefined
    throw thrown
  }
}
