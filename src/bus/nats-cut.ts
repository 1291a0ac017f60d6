/** Cuts the oldest messages off a log stream on NATS, none that a durable consumer still waits for. */
import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream'
import { askApi, isRefused, refusals } from './nats-api.ts'
import type { NatsLink } from './nats-link.ts'

type Page = { total: number; consumers: ConsumerInfo[] }

/** Removes what is numbered below `before`, but never the last message: by that one a stream is known. */
export async function cutStream(link: NatsLink, stream: string, before: number): Promise<void> {
  try {
    const { state } = await askApi<StreamInfo>(link, `STREAM.INFO.${stream}`)
    // Beyond its end a purge would move the stream's numbers.
    const first = Math.min(before, state.last_seq, ...(await consumersOf(link, stream)).map(firstWaiting))
    if (first > state.first_seq) await askApi(link, `STREAM.PURGE.${stream}`, { seq: first })
  } catch (thrown) {
    if (!isRefused(thrown, refusals.streamNotFound)) throw thrown
  }
}

// Readers of ours are among them, with no acks: what they got counts as acknowledged.
const firstWaiting = ({ num_pending, num_ack_pending, ack_floor }: ConsumerInfo): number =>
  num_pending + num_ack_pending === 0 ? Number.POSITIVE_INFINITY : ack_floor.stream_seq + 1

async function consumersOf(link: NatsLink, stream: string): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = []
  while (true) {
    const page = await askApi<Page>(link, `CONSUMER.LIST.${stream}`, { offset: found.length })
    found.push(...(page.consumers ?? []))
    if (found.length >= page.total || !page.consumers?.length) return found
  }
}
