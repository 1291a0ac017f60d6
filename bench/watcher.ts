/** What an open page of the console asks of Kassa: the feed of events, and under load the newest orders again and again. */
import { setTimeout as sleep } from 'node:timers/promises'

/** As the page does (`console/refresher.js`): never more often, ms. */
const DRAW_EVERY_MS = 250
/** As many orders as the page shows. */
const SHOWN = 50

/** `heard`: bytes of the feed; `drawn`: how often the orders were asked for. */
export type Watched = { heard: number; drawn: number }

/** Opens the page. `close` ends it and tells what it heard; throws where it heard nothing at all. */
export const openPage = async (port: number): Promise<{ close: () => Promise<Watched> }> => {
  const url = `http://127.0.0.1:${port}`
  const closed = new AbortController()
  const watched: Watched = { heard: 0, drawn: 0 }
  let changed = false

  const feed = await fetch(`${url}/v1/events`, { signal: closed.signal })
  if (!feed.ok || !feed.body) throw new Error(`Cannot watch the events: the answer was ${feed.status}`)
  const read = async (body: ReadableStream<Uint8Array>) => {
    for await (const bytes of body) {
      watched.heard += bytes.length
      changed = true
    }
  }
  const draw = async () => {
    while (!closed.signal.aborted) {
      await sleep(DRAW_EVERY_MS)
      if (!changed) continue
      changed = false
      await (await fetch(`${url}/v1/orders?limit=${SHOWN}`, { signal: closed.signal })).arrayBuffer()
      watched.drawn++
    }
  }
  // Both end by our own hand.
  const all = Promise.allSettled([read(feed.body), draw()])
  return {
    close: async () => {
      closed.abort()
      await all
      if (watched.heard === 0 || watched.drawn === 0)
        throw new Error('The open page was told nothing; this measures nothing')
      return watched
    },
  }
}
