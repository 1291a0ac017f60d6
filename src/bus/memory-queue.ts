/** The queue of commands in memory. */
import type { CommandQueue, Running } from './bus.ts'
import { MESSAGE_ID } from './entry-message.ts'
import type { MemoryClient } from './memory-client.ts'
import type { Worker } from './memory-work-queue.ts'
import { queueConsumer, queueSubjects } from './streams.ts'
import { matches } from './subject-match.ts'
import { type Address, COMMANDS } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

const SEND_TIMEOUT_MS = 5_000

export function memoryQueue(client: MemoryClient): CommandQueue {
  const { core, faults } = client

  return {
    send: async (subject, body, { id, headers = {} }) => {
      const message = { subject, body, headers: { ...headers, [MESSAGE_ID]: id } }
      const losses = { question: faults.loseRequest, answer: faults.loseAck }
      let reply = await client.ask(message, SEND_TIMEOUT_MS, losses)
      if (!reply) {
        await client.call(`create ${COMMANDS}`, () => void core.createCommands())
        reply = await client.ask(message, SEND_TIMEOUT_MS, losses)
      }
      if (!reply) throw new Unavailable(`Cannot queue ${subject}: the queue does not take it`)
      const answer: { seq: number; duplicate?: boolean } = JSON.parse(Buffer.from(reply.body).toString())
      return { seq: answer.seq, duplicate: answer.duplicate === true }
    },

    get: seq =>
      client.call(`get ${COMMANDS}`, () => {
        const stored = core.stream(COMMANDS)?.get(seq)
        return stored && { subject: stored.subject, body: stored.body, headers: stored.headers }
      }),

    work: (address, deliver) => work(client, address, deliver),

    oldest: address =>
      client.call(`oldest of ${COMMANDS}`, () => {
        const waiting = core.stream(COMMANDS)?.from(1, Number.POSITIVE_INFINITY) ?? []
        return waiting.find(stored => matches(queueSubjects(address), stored.subject))?.time
      }),
  }
}

/** Joins the consumer of `address`, again after every reconnect and when the queue was made again. */
function work(client: MemoryClient, address: Address, deliver: Parameters<CommandQueue['work']>[1]): Running {
  let stopped = false
  let leave: () => void = () => {}

  const join = () =>
    client.send(way => {
      if (!way.open || stopped) return
      const queue = client.core.workQueue(queueConsumer(address), queueSubjects(address))
      const { created } = queue.stream
      const worker: Worker = {
        again: () => client.sendBack(way, join),
        deliver: ({ seq, subject, body, headers, time }, acknowledge) =>
          client.sendBack(way, () => {
            if (stopped) return
            const fallbackId = headers[MESSAGE_ID] || `${created}/${seq}`
            deliver({ subject, body, headers, fallbackId, sentAt: time, ack: () => client.send(acknowledge) })
          }),
      }
      leave = () => queue.leave(worker)
      way.atBreak.add(leave)
      queue.join(worker)
    })

  const forget = client.onConnection(connected => {
    if (connected) join()
  })
  join()

  return {
    stop: async () => {
      stopped = true
      forget()
      leave()
    },
  }
}
