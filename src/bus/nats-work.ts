/** Working off the queue on NATS: one pull consumer an actor, started over after whatever goes wrong. */
import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/transport-node'
import { type Cancel, pause } from '../clock.ts'
import type { QueuedCommand, Running } from './bus.ts'
import { MESSAGE_ID } from './entry-message.ts'
import { askApi, storedMessage } from './nats-api.ts'
import { ensureCommands } from './nats-commands.ts'
import { readDelivery } from './nats-delivery.ts'
import { fromNats } from './nats-headers.ts'
import type { NatsLink } from './nats-link.ts'
import { queueConsumer, queueConsumerConfig, queueSubjects } from './streams.ts'
import { type Address, COMMANDS } from './subjects.ts'

const BATCH = 250
const HEARTBEAT_MS = 1_000
const SILENT_HEARTBEATS = 3
const PULL_EXPIRES_MS = 30_000
const RESTART_MIN_MS = 100
const RESTART_MAX_MS = 2_000
// A consumer that stands ahead of its stream after a power cut takes no notice of new messages (nats-server #7692).
const STALL_CHECK_MS = 10_000

const NANOS_PER_MS = 1_000_000
const ACK = new TextEncoder().encode('+ACK')

/** Delivers until stopped. `stallCheckMs` is for tests. */
export function workQueue(
  link: NatsLink,
  address: Address,
  actors: readonly string[],
  deliver: (command: QueuedCommand) => void,
  stallCheckMs = STALL_CHECK_MS,
): Running {
  const consumer = queueConsumer(address)
  let stopped = false
  let interrupt = (_reason: string) => {}

  const run = async () => {
    let failures = 0
    while (!stopped) {
      const startedAt = link.clock.monotonic()
      const reason = await workUntilFault().catch(thrown => (thrown instanceof Error ? thrown.message : String(thrown)))
      if (stopped) return

      // While disconnected there is one line in the log already.
      if (link.connected()) link.log.info({ consumer, reason }, 'working off the queue starts over')
      failures = link.clock.monotonic() - startedAt > RESTART_MAX_MS ? 0 : failures + 1
      await pause(link.clock, Math.min(RESTART_MIN_MS * 2 ** Math.min(failures, 10), RESTART_MAX_MS))
    }
  }

  /** Resolves with what went wrong; throws when it could not even begin. */
  const workUntilFault = async (): Promise<string> => {
    const created = await prepare(link, address, actors)
    return new Promise(resolve => {
      const inbox = link.inbox()
      let left = 0
      let silent = 0
      let deliveries = 0
      let cancelWatch: Cancel = () => {}
      let cancelStallCheck: Cancel = () => {}

      const end = (reason: string) => {
        cancelWatch()
        cancelStallCheck()
        forget()
        interrupt = () => {}
        subscription.stop().catch(thrown => link.log.warn({ err: thrown }, 'a subscription did not end'))
        resolve(reason)
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
        silent = 0
        const delivery = readDelivery(message.reply)
        if (!delivery) return hearStatus(message)

        deliveries++
        if (--left === 0) pull()
        const headers = fromNats(message.headers)
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

      const watch = () => {
        cancelWatch = link.clock.after(HEARTBEAT_MS, () => {
          if (++silent > SILENT_HEARTBEATS) end(`silence for ${SILENT_HEARTBEATS} heartbeats of ${HEARTBEAT_MS} ms`)
          else watch()
        })
      }

      // Waiting messages, none delivered and none to be acknowledged, twice over the same one: it has stalled.
      const watchForStall = (seenDeliveries: number, seenOldest: number | undefined) => {
        cancelStallCheck = link.clock.after(stallCheckMs, () => {
          checkForStall(seenDeliveries, seenOldest).catch(thrown =>
            end(thrown instanceof Error ? thrown.message : String(thrown)),
          )
        })
      }
      const checkForStall = async (seenDeliveries: number, seenOldest: number | undefined) => {
        const idle = deliveries === seenDeliveries
        const oldest = idle
          ? await storedMessage(link, COMMANDS, { seq: 1, next_by_subj: queueSubjects(address) })
          : undefined
        if (!oldest || oldest.seq !== seenOldest) return watchForStall(deliveries, oldest?.seq)

        const info = await askApi<ConsumerInfo>(link, `CONSUMER.INFO.${COMMANDS}.${consumer}`)
        if (info.num_ack_pending > 0 || deliveries !== seenDeliveries) return watchForStall(deliveries, oldest.seq)
        link.log.warn({ consumer, seq: oldest.seq }, 'a consumer of the queue has stalled; it is made again')
        await askApi(link, `CONSUMER.DELETE.${COMMANDS}.${consumer}`)
        end('the consumer had stalled')
      }

      const subscription = link.subscribe(inbox, hear)
      const forget = link.onConnection(connected => {
        if (!connected) end('the connection to the broker was lost')
      })
      interrupt = end
      pull()
      watch()
      watchForStall(0, undefined)
    })
  }

  const acknowledge = (reply: string | undefined) => {
    // One that is lost means one more delivery, which the inbox of the actor knows how to answer.
    if (reply && link.connected()) link.publish(reply, ACK)
  }

  const stop = () => {
    stopped = true
    interrupt('stopped')
  }
  const forgetClosing = link.onClosing(stop)
  const running = run()
  return {
    stop: async () => {
      stop()
      forgetClosing()
      await running
    },
  }
}

/** Makes what is missing; resolves with the time at which the stream was created. */
async function prepare(link: NatsLink, address: Address, actors: readonly string[]): Promise<string> {
  await ensureCommands(link, actors)
  await askApi(link, `CONSUMER.DURABLE.CREATE.${COMMANDS}.${queueConsumer(address)}`, {
    stream_name: COMMANDS,
    config: queueConsumerConfig(address),
  })
  return (await askApi<StreamInfo>(link, `STREAM.INFO.${COMMANDS}`)).created
}
