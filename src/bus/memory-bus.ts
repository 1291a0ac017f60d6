/** The bus of one process on the broker in memory. */
import type { Bus, Message, Request } from './bus.ts'
import type { Reply } from './memory-broker.ts'
import type { MemoryClient } from './memory-client.ts'
import { memoryLogStream } from './memory-log-stream.ts'
import { memoryQueue } from './memory-queue.ts'
import { Unavailable } from './unavailable.ts'

export const memoryBus = (client: MemoryClient): Bus => ({
  request: async (subject, body, { headers = {}, timeoutMs }) => {
    const losses = { question: client.faults.loseRequest, answer: client.faults.loseReply }
    const answer = await client.ask({ subject, body, headers }, timeoutMs, losses)
    if (!answer) throw new Unavailable(`No answer from ${subject}: nobody listens there`)
    return answer
  },
  serve: (subject, handle) => client.subscribe(subject, (message, reply) => handle(requestOf(client, message, reply))),
  listen: (subject, hear) => client.subscribe(subject, hear),
  logStream: address => memoryLogStream(client, address),
  queue: memoryQueue(client),
  onConnection: changed => void client.onConnection(changed),
  close: () => client.close(),
})

const requestOf = (client: MemoryClient, message: Message, reply: Reply | undefined): Request => {
  let answered = false
  return {
    ...message,
    respond: (body, headers = {}) => {
      if (answered) return
      answered = true
      client.send(() => reply?.({ subject: message.subject, body, headers }))
    },
  }
}
