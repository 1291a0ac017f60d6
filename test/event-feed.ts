/** Reading the feed of events as a client that has nothing but HTTP. */
import assert from 'node:assert/strict'

/** One event of the feed: an entry of a log, or the `place` where it begins. */
export type FeedEvent = {
  id: string
  event: string | undefined
  data: { actor: string; type: string; sequence: number; data: Record<string, unknown> }
}

export type EventFeed = {
  /** All that has come so far, heartbeats apart. */
  heard: readonly FeedEvent[]
  /** Resolves when the feed is over, however it ended. */
  ended: Promise<void>
  /** Breaks the connection off. */
  drop: () => void
}

/** Watches from `id` on, or from now on. Resolves when the feed has begun. */
export async function watchEvents(url: string, id?: string, headers: Record<string, string> = {}): Promise<EventFeed> {
  const dropped = new AbortController()
  const response = await fetch(`${url}/v1/events`, {
    headers: { ...headers, ...(id === undefined ? {} : { 'last-event-id': id }) },
    signal: dropped.signal,
  })
  assert.equal(response.status, 200)
  const heard: FeedEvent[] = []
  const read = async () => {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of response.body as ReadableStream<Uint8Array>) {
      const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
      rest = frames.pop() as string
      heard.push(...frames.flatMap(frame => (frame === ':' ? [] : [eventOf(frame)])))
    }
  }
  // It ends by our own hand, or with the gateway.
  const ended = read().catch(() => {})
  return { heard, ended, drop: () => dropped.abort() }
}

const eventOf = (frame: string): FeedEvent => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1]
  return { id: field('id') ?? '', event: field('event'), data: JSON.parse(field('data') ?? 'null') }
}
