/** Makes the stream of the queue on NATS. */
import type { StreamInfo } from '@nats-io/jetstream'
import { describedAs } from './describe-stream.ts'
import { askApi, isRefused, refusals } from './nats-api.ts'
import type { NatsLink } from './nats-link.ts'
import { anyCellsQueue, commandsConfig, queueSubjects } from './streams.ts'
import { type Address, COMMANDS } from './subjects.ts'

/** Makes the stream take commands for `addresses`, and leaves what else it takes as it is. */
export async function ensureCommands(link: NatsLink, addresses: readonly Address[]): Promise<void> {
  try {
    await askApi(link, `STREAM.CREATE.${COMMANDS}`, commandsConfig(addresses))
  } catch (thrown) {
    if (!isRefused(thrown, refusals.streamNameInUse)) throw thrown

    const { config } = await askApi<StreamInfo>(link, `STREAM.INFO.${COMMANDS}`)
    const tooWide = addresses.map(anyCellsQueue)
    const kept = config.subjects.filter(subject => !tooWide.includes(subject))
    const subjects = [...new Set([...kept, ...addresses.map(queueSubjects)])]
    const takesThem = subjects.length === config.subjects.length && kept.length === config.subjects.length
    const described = describedAs(config, commandsConfig(addresses))
    if (takesThem && !described) return
    await askApi(link, `STREAM.UPDATE.${COMMANDS}`, { ...config, ...described, subjects })
  }
}
