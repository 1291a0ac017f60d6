/** Makes the stream of the queue on NATS. */
import type { StreamInfo } from '@nats-io/jetstream'
import { askApi, isRefused, refusals } from './nats-api.ts'
import type { NatsLink } from './nats-link.ts'
import { commandsConfig, commandsSubject } from './streams.ts'
import { COMMANDS } from './subjects.ts'

/** Makes the stream take commands for `actors`, and leaves what else it takes as it is. */
export async function ensureCommands(link: NatsLink, actors: readonly string[]): Promise<void> {
  try {
    await askApi(link, `STREAM.CREATE.${COMMANDS}`, commandsConfig(actors))
  } catch (thrown) {
    if (!isRefused(thrown, refusals.streamNameInUse)) throw thrown

    const { config } = await askApi<StreamInfo>(link, `STREAM.INFO.${COMMANDS}`)
    const missing = actors.map(commandsSubject).filter(subject => !config.subjects.includes(subject))
    if (missing.length === 0) return
    await askApi(link, `STREAM.UPDATE.${COMMANDS}`, { ...config, subjects: [...config.subjects, ...missing] })
  }
}
