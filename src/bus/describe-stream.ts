/** Brings what describes a stream on NATS up to date; what it stores, and for how long, stays as it is. */
import type { StreamConfig } from '@nats-io/jetstream'
import { askApi } from './nats-api.ts'
import type { NatsLink } from './nats-link.ts'

/** What is said of a stream, and changes nothing of what it does. */
type Said = Pick<StreamConfig, 'description' | 'metadata'>

/**
 * Gives a stream that is made as `config` the description and metadata of `wanted`, and asks nothing where it has them.
 * What else stands in the metadata stays. Throws what `askApi` throws.
 */
export async function describeStream(link: NatsLink, config: StreamConfig, wanted: Partial<StreamConfig>) {
  const described = describedAs(config, wanted)
  if (described) await askApi(link, `STREAM.UPDATE.${config.name}`, described)
}

/** `config` with the description and metadata of `wanted`, or `undefined` where it has them. */
export const describedAs = <C extends Partial<Said>>(config: C, { description, metadata }: Partial<Said>) => {
  const isSo =
    config.description === description &&
    Object.entries(metadata ?? {}).every(([name, value]) => config.metadata?.[name] === value)
  return isSo ? undefined : { ...config, description, metadata: { ...config.metadata, ...metadata } }
}
