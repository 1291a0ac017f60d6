/** One session of pulling commands from the queue on NATS; it ends with the first thing that goes wrong. */
import type { ConsumerInfo } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/transport-node'
import type { Cancel } from '../world/clock.ts'
import type { QueuedCommand } from './bus.ts'
import { MESSAGE_ID } from './entry-message.ts'
import { askApi, storedMessage } from './nats-api.ts'
import { readDelivery } from './nats-delivery.ts'
import { headersOf } from './nats-headers.ts'
import type { NatsLink } from './nats-link.ts'
import { queueConsumer, queueSubjects } from './streams.ts'
import { type Address, COMMANDS } from './subjects.ts'

const BATCH = 250
const HEARTBEAT_MS = 1_000
const SILENT_HEARTBEATS = 3
const PULL_EXPIRES_MS = 30_000

const NANOS_PER_MS = 1_000_000
const ACK = new TextEncoder().encode('+ACK')

export type Pulling = {
  address: Address
  /** When the queue's stream was created. */
  created: string
  deliver: (command: QueuedCommand) => void
  stallCheckMs: number
}

/** Pulls until `end` is called or something goes wrong; `ended` tells what. */
export function pullCommands(link: NatsLink, { address, created, deliver, stallCheckMs }: Pulling) {
  const consumer = queueConsumer(address)
  const inbox = link.inbox()
  let over = false
  let left = 0
  let silent = 0
  let deliveries = 0
  let cancelWatch: Cancel = () => {}
  let cancelStallCheck: Cancel = () => {}
  let tellEnd: (reason: string) => void
  const ended = new Promise<string>(resolve => {
    tellEnd = resolve
  })

  const end = (reason: string) => {
    if (over) return
    over = true
    cancelWatch()
    cancelStallCheck()
    forgetConnection()
    subscription.stop().catch(thrown => link.log.warn({ err: thrown }, 'a subscription did not end'))
    tellEnd(reason)
  }

  const pull = () => {
    left = BATCH
    const question = {
      batch: BATCH,
      expires: PULL_EXPIRES_MS * NANOS_PER_MS,
      idle_heartbeat: HEARTBEAT_MS * NANOS_PER_MS,
    }
    link.publish(`$JS.API.CONSUMER.MSG.NEXT.${COMMANDS}.${consumer}`, Buffer.from(JSON.stringify(question)), inbox)
  }

  const hear = (message: Msg) => {
    if (over) return
    silent = 0
    const delivery = readDelivery(message.reply)
    if (!delivery) return hearStatus(message)

    deliveries++
    if (--left === 0) pull()
    const headers = headersOf(() => message.headers)
    deliver({
      subject: message.subject,
      body: message.data,
      headers,
      // A number alone could name two messages: a stream that is made again begins at 1 (protocol, R9).
      fallbackId: headers[MESSAGE_ID] || `${created}/${delivery.seq}`,
      sentAt: delivery.timeMs,
      ack: () => acknowledge(message.reply),
    })
  }

  const hearStatus = (message: Msg) => {
    const code = message.headers?.code
    if (code === 100) return
    // 404 and 408: the pull is over; 409 is also said when the consumer was deleted, and then nothing more comes.
    if (code === 404 || code === 408) pull()
    else end(`the broker said ${message.headers?.status ?? 'nothing'}`)
  }

  // Counts turns of the timer, not time: a process that was busy itself has heard nothing, and that means nothing.
  const watch = () => {
    cancelWatch = link.clock.after(HEARTBEAT_MS, () => {
      if (++silent > SILENT_HEARTBEATS) end(`silence for ${SILENT_HEARTBEATS} heartbeats of ${HEARTBEAT_MS} ms`)
      else watch()
    })
  }

  const watchForStall = (seen: { deliveries: number; oldest: number | undefined }) => {
    if (over) return
    cancelStallCheck = link.clock.after(stallCheckMs, () => {
      checkForStall(seen).catch(thrown => end(thrown instanceof Error ? thrown.message : String(thrown)))
    })
  }

  /** A command waits, the same as at the last look; nothing was delivered since, and no acknowledgement is due: stalled. */
  const checkForStall = async (seen: { deliveries: number; oldest: number | undefined }) => {
    const idle = deliveries === seen.deliveries
    const oldest = idle && (await storedMessage(link, COMMANDS, { seq: 1, next_by_subj: queueSubjects(address) }))
    if (!oldest) return watchForStall({ deliveries, oldest: undefined })
    if (oldest.seq !== seen.oldest) return watchForStall({ deliveries, oldest: oldest.seq })

    const info = await askApi<ConsumerInfo>(link, `CONSUMER.INFO.${COMMANDS}.${consumer}`)
    if (info.num_ack_pending > 0 || deliveries !== seen.deliveries) {
      return watchForStall({ deliveries, oldest: oldest.seq })
    }
    link.log.warn({ consumer, seq: oldest.seq }, 'a consumer of the queue has stalled; it is made again')
    await askApi(link, `CONSUMER.DELETE.${COMMANDS}.${consumer}`)
    end('the consumer had stalled')
  }

  const acknowledge = (reply: string | undefined) => {
    // One that is lost means one more delivery, which the inbox of the actor knows how to answer.
    if (reply && link.connected()) link.publish(reply, ACK)
  }

  const subscription = link.subscribe(inbox, hear)
  const forgetConnection = link.onConnection(connected => {
    if (!connected) end('the connection to the broker was lost')
  })
  pull()
  watch()
  watchForStall({ deliveries: 0, oldest: undefined })
  return { ended, end }
}
