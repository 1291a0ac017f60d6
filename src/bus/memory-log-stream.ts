/** A log stream of the broker in memory. */
import { ConsumerTaken, type LogStream, StreamConflict } from './bus.ts'
import type { Entry } from './entry.ts'
import { entryHeaders, entryOf } from './entry-message.ts'
import type { MemoryClient } from './memory-client.ts'
import { follow } from './memory-follow.ts'
import type { Stored } from './memory-stream.ts'
import { logSubjects } from './streams.ts'
import { matches } from './subject-match.ts'
import { type Address, streamOf } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

const APPEND_TIMEOUT_MS = 5_000

type PublishAnswer = { seq: number; duplicate?: boolean; error?: { description: string } }

export function memoryLogStream(client: MemoryClient, address: Address): LogStream {
  const { core } = client
  const name = streamOf(address)

  return {
    create: () => client.call(`create ${name}`, () => void core.createStream(name, [logSubjects(address)])),
    // Nothing describes a stream here.
    describe: async () => {},
    cut: before =>
      client.call(`cut ${name}`, () => {
        const stream = core.stream(name)
        if (!stream) return
        // Nobody acknowledges here: a consumer waits for all that it reads.
        const subjects = [...stream.consumers.values()]
        const waited = stream
          .from(1, Number.POSITIVE_INFINITY)
          .find(stored => subjects.some(subject => matches(subject, stored.subject)))
        const first = Math.min(before, stream.lastSeq(), waited?.seq ?? Number.POSITIVE_INFINITY)
        stream.trimHead(Math.max(0, first - stream.firstSeq()))
      }),
    delete: () => client.call(`delete ${name}`, () => core.deleteStream(name)),

    look: () =>
      client.call(`look ${name}`, () => {
        const stream = core.stream(name)
        if (!stream) return undefined
        const lastSeq = stream.lastSeq()
        return { created: stream.created, firstSeq: stream.firstSeq(), lastSeq, last: entry(stream.get(lastSeq)) }
      }),

    get: seq => client.call(`get ${name}`, () => entry(core.stream(name)?.get(seq))),

    append: async (entries, previous) => {
      if (entries.length === 0) return
      if (!client.connected())
        throw new Unavailable(`Cannot append to stream ${name}: there is no connection to the broker`)

      const last = entries[entries.length - 1]!
      let chain = previous
      for (const next of entries) {
        if (next !== last) client.publish(message(next, chain))
        else await confirm(client, name, next, chain)
        chain = next.chain
      }
    },

    follow: (from, reader, deliver, broken) =>
      follow(client, name, { from, reader, broken, deliver: stored => deliver(entry(stored)!) }),

    consumer: (consumer, subject) =>
      client
        .call(`consumer of ${name}`, () => {
          const stream = core.stream(name)
          const reads = stream?.consumers.get(consumer) ?? subject
          if (reads !== subject) return 'taken'
          stream?.consumers.set(consumer, subject)
          const waiting = stream?.from(1, Number.POSITIVE_INFINITY).filter(stored => matches(subject, stored.subject))
          return waiting && { pending: waiting.length }
        })
        .then(found => {
          if (found === 'taken')
            throw new ConsumerTaken(`Stream ${name} has a consumer ${consumer} that reads something else`)
          if (!found) throw new Unavailable(`Cannot make a consumer: stream ${name} is not there yet; ask again`)
          return found
        }),
  }
}

const entry = (stored: Stored | undefined): Entry | undefined =>
  stored && entryOf(stored.seq, stored.subject, stored.body, stored.headers)

const message = (next: Entry, previous: string) => ({
  subject: next.subject,
  body: next.body,
  headers: Object.fromEntries(entryHeaders(next, previous)),
})

/** Publishes the last entry of a run, whose acknowledgement counts for all. */
async function confirm(client: MemoryClient, stream: string, last: Entry, previous: string): Promise<void> {
  const losses = { question: 0, answer: client.faults.loseAck }
  const reply = await client.ask(message(last, previous), APPEND_TIMEOUT_MS, losses)
  if (!reply) throw new StreamConflict(`Stream ${stream} did not take entry ${last.seq}: it is not there`)

  const answer: PublishAnswer = JSON.parse(Buffer.from(reply.body).toString())
  if (answer.error || answer.duplicate || answer.seq !== last.seq) {
    const what = answer.error?.description ?? `it is number ${answer.seq}${answer.duplicate ? ' already' : ''}`
    throw new StreamConflict(`Stream ${stream} did not take entry ${last.seq}: ${what}`)
  }
}
