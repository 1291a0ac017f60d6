/** What happens, as it happens: server-sent events by fetch, which can bring the key and go on after any break. */
import { who } from './api.js'

/** Heartbeats come every 15 s; a connection that is silent for three of them is dead. */
const SILENT_MS = 45_000
const RETRY_MS = 1_000
const MOST_RETRY_MS = 10_000

/**
 * Starts watching. `heard` gets each entry; `changed` the state: `live`, `waiting` (it tries again by itself) or
 * `refused`. The last `id` is kept, so what happened during a break is told first.
 */
export const startFeed = ({ heard, changed }) => {
  let lastId = ''
  let stopped = false
  let broken = new AbortController()

  const read = async () => {
    broken = new AbortController()
    const response = await fetch('/v1/events', {
      headers: { ...who(), ...(lastId === '' ? {} : { 'Last-Event-ID': lastId }) },
      signal: broken.signal,
    })
    if (response.status === 401 || response.status === 403) return 'refused'
    if (!response.ok) return 'waiting'
    changed('live')
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const silent = setTimeout(() => broken.abort(), SILENT_MS)
      const { done, value } = await reader.read()
      clearTimeout(silent)
      if (done) return 'waiting'
      const frames = (rest + value).split('\n\n')
      rest = frames.pop()
      for (const frame of frames) take(frame)
    }
  }

  const take = frame => {
    let event = 'message'
    let data
    for (const line of frame.split('\n')) {
      if (line.startsWith('id: ')) lastId = line.slice(4)
      else if (line.startsWith('event: ')) event = line.slice(7)
      else if (line.startsWith('data: ')) data = line.slice(6)
    }
    if (data !== undefined && event === 'message') heard(JSON.parse(data))
  }

  const run = async () => {
    let retryMs = RETRY_MS
    while (!stopped) {
      const begun = Date.now()
      // A break of whatever kind: the connection was lost, Kassa starts again, we were offline.
      const state = await read().catch(() => 'waiting')
      if (stopped) return
      changed(state)
      if (state === 'refused') return
      retryMs = Date.now() - begun > MOST_RETRY_MS ? RETRY_MS : Math.min(retryMs * 2, MOST_RETRY_MS)
      await new Promise(resolve => setTimeout(resolve, retryMs / 2))
    }
  }

  void run()
  return {
    stop: () => {
      stopped = true
      broken.abort()
    },
  }
}
