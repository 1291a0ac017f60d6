/** Working off the queue on NATS: one session of pulling after the other, whatever goes wrong. */
import type { StreamInfo } from '@nats-io/jetstream'
import type { QueuedCommand, Running } from './bus.ts'
import { askApi } from './nats-api.ts'
import { ensureCommands } from './nats-commands.ts'
import type { NatsLink } from './nats-link.ts'
import { pullCommands } from './nats-pull.ts'
import { queueConsumer, queueConsumerConfig } from './streams.ts'
import { type Address, COMMANDS } from './subjects.ts'

const RESTART_MIN_MS = 100
const RESTART_MAX_MS = 2_000
// A consumer that stands ahead of its stream after a power cut takes no notice of new messages (nats-server #7692).
const STALL_CHECK_MS = 10_000

/** Delivers until stopped. `stallCheckMs` is for tests. */
export function workQueue(
  link: NatsLink,
  address: Address,
  addresses: readonly Address[],
  deliver: (command: QueuedCommand) => void,
  stallCheckMs = STALL_CHECK_MS,
): Running {
  let stopped = false
  let interrupt = () => {}

  const run = async () => {
    let failures = 0
    while (!stopped) {
      const startedAt = link.clock.monotonic()
      const reason = await session().catch(thrown => (thrown instanceof Error ? thrown.message : String(thrown)))
      if (stopped) return

      // While disconnected there is one line in the log already.
      if (link.connected()) {
        link.log.info({ consumer: queueConsumer(address), reason }, 'working off the queue starts over')
      }
      failures = link.clock.monotonic() - startedAt > RESTART_MAX_MS ? 0 : failures + 1
      await rest(Math.min(RESTART_MIN_MS * 2 ** Math.min(failures, 10), RESTART_MAX_MS))
    }
  }

  /** Resolves with what went wrong; throws when it could not even begin. */
  const session = async (): Promise<string> => {
    const created = await prepare(link, address, addresses)
    if (stopped) return 'stopped'

    const { ended, end } = pullCommands(link, { address, created, deliver, stallCheckMs })
    interrupt = () => end('stopped')
    return ended
  }

  /** Ends early when the connection comes back, or when nobody wants to go on. */
  const rest = (ms: number) =>
    new Promise<void>(resolve => {
      const end = () => {
        cancel()
        forget()
        resolve()
      }
      const cancel = link.clock.after(ms, end)
      const forget = link.onConnection(end)
      interrupt = end
    })

  const stop = () => {
    stopped = true
    interrupt()
  }
  const forgetClosing = link.onClosing(stop)
  run().catch(thrown => link.log.warn({ err: thrown }, 'working off the queue ended badly'))
  return {
    // What it may be asking a broker that does not answer is not waited for: nothing is delivered any more.
    stop: async () => {
      stop()
      forgetClosing()
    },
  }
}

/** Makes what is missing; resolves with the time at which the stream was created. */
async function prepare(link: NatsLink, address: Address, addresses: readonly Address[]): Promise<string> {
  await ensureCommands(link, addresses)
  await askApi(link, `CONSUMER.DURABLE.CREATE.${COMMANDS}.${queueConsumer(address)}`, {
    stream_name: COMMANDS,
    config: queueConsumerConfig(address),
  })
  return (await askApi<StreamInfo>(link, `STREAM.INFO.${COMMANDS}`)).created
}
