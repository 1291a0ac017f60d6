/** The queue of commands on NATS JetStream: one work-queue stream for all actors. */
import type { CommandQueue } from './bus.ts'
import { MESSAGE_ID } from './entry-message.ts'
import { readAnswer, storedMessage } from './nats-api.ts'
import { ensureCommands } from './nats-commands.ts'
import { toNats } from './nats-headers.ts'
import { type NatsLink, NobodyListens } from './nats-link.ts'
import { workQueue } from './nats-work.ts'
import { queueSubjects } from './streams.ts'
import { type Address, COMMANDS } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

const SEND_TIMEOUT_MS = 5_000

type PublishAck = { stream: string; seq: number; duplicate?: boolean }

/** `addresses` are all that the installation has: processes that start together must not take subjects from each other. */
export const natsQueue = (link: NatsLink, addresses: readonly Address[]): CommandQueue => {
  const withOne = (address: Address) => [...addresses, address]

  return {
    send: async (subject, body, { id, headers = {} }) => {
      const all = toNats([...Object.entries(headers), [MESSAGE_ID, id]])
      const send = async () =>
        readAnswer<PublishAck>(subject, await link.ask(subject, body, { headers: all, timeoutMs: SEND_TIMEOUT_MS }))

      let ack: PublishAck
      try {
        ack = await send()
      } catch (thrown) {
        if (!(thrown instanceof NobodyListens)) throw thrown
        const [actor = '', cell] = subject.split('.')
        await ensureCommands(link, withOne({ actor, cell: Number(cell) }))
        ack = await send()
      }
      if (ack.stream !== COMMANDS) {
        throw new Unavailable(
          `Stream ${ack.stream} took ${subject}, which belongs to ${COMMANDS}; take that subject from it`,
        )
      }
      return { seq: ack.seq, duplicate: ack.duplicate === true }
    },

    get: async seq => {
      const stored = await storedMessage(link, COMMANDS, { seq })
      return stored && { subject: stored.subject, body: stored.body, headers: stored.headers }
    },

    work: (address, deliver) => workQueue(link, address, withOne(address), deliver),

    oldest: async address => {
      // What was acknowledged is gone from a work queue, so its first message is the oldest that waits.
      const stored = await storedMessage(link, COMMANDS, { seq: 1, next_by_subj: queueSubjects(address) })
      return stored && Date.parse(stored.time)
    },
  }
}
