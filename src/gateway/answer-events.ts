/** Server-sent events of everything that happens, for as long as somebody watches. */
import { OPEN } from '../access/access.ts'
import type { TimelineStep } from '../actors/kernel/shown-shapes.ts'
import type { Cancel } from '../world/clock.ts'
import type { Exchange } from './exchange.ts'
import { faultName } from './fault-name.ts'
import { beginningAt, type Feed, followAll, SOURCES } from './feed.ts'
import { type Place, placeText, readPlace } from './feed-place.ts'
import { isOperator } from './let-in.ts'
import { refuseParameters } from './parameters.ts'
import type { GatewayPorts } from './ports.ts'
import { refuse } from './refused.ts'

/** Each has a reader of every stream at the broker. */
const WATCHERS_MOST = 16

/** Whoever has heard nothing for three of these may take the connection for dead. */
const HEARTBEAT_MS = 15_000

/** A key that was revoked reads no further than this and what it takes to hear of it: a second together. */
const LOOK_AT_KEY_MS = 500

/** What waits for a watcher, in characters; beyond it the streams are let go until it has taken some. */
const WAITING_MOST = 256 * 1024

/** A watcher who takes nothing of what waits for so many heartbeats is dropped; it comes back with its last id. */
const SLOW_HEARTBEATS = 2

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // A proxy that gathers the answer before it passes it on would hold every event back.
  'X-Accel-Buffering': 'no',
}

/**
 * The handler of the feed. `Last-Event-ID` says after which entries to go on; without one it begins now. The first event,
 * `place`, says where it begins. Refuses when too many watch, or, as `Unavailable`, when no log can be found.
 */
export const answerEvents = (ports: GatewayPorts) => {
  let watchers = 0

  return async (exchange: Exchange): Promise<Response> => {
    refuseParameters(exchange)
    const seen = readSeen(exchange.req.header('last-event-id'))
    // Hono answers HEAD with the headers of GET, and would leave a stream behind that nobody reads.
    if (exchange.req.method === 'HEAD') return exchange.body(null, 200, HEADERS)
    if (watchers >= WATCHERS_MOST)
      throw refuse('overloaded', `There are ${WATCHERS_MOST} watchers already; close one, or come again later`)
    watchers++
    const leave = () => {
      watchers--
    }
    try {
      const place = await beginningAt(ports, seen)
      const mayGoOn = () => isOperator(ports.access ?? OPEN, exchange)
      const cut = () => exchange.env?.incoming?.destroy()
      return exchange.body(watch(ports, place, { mayGoOn, cut, leave }), 200, HEADERS)
    } catch (fault) {
      leave()
      throw fault
    }
  }
}

const readSeen = (text: string | undefined): Place =>
  text === undefined || text === '' ? {} : readPlace(text, SOURCES)

/** `cut` ends a connection whose other end takes nothing any more; `leave` is called once, at the end. */
type Watcher = { mayGoOn: () => Promise<boolean>; cut: () => void; leave: () => void }

const watch = (ports: GatewayPorts, place: Place, { mayGoOn, cut, leave }: Watcher): ReadableStream<Uint8Array> => {
  const { clock, ending, log } = ports
  const encoder = new TextEncoder()
  let waiting = ''
  let untaken = 0
  let feed: Feed | undefined
  let wake: (() => void) | undefined
  let cancelBeat: Cancel = () => {}
  let cancelLook: Cancel = () => {}
  let over = false

  const put = (text: string) => {
    waiting += text
    if (waiting.length > WAITING_MOST) feed?.rest()
    wake?.()
  }
  const tell = (source: string, step: TimelineStep) => {
    place[source] = step.sequence
    put(`id: ${placeText(place)}\ndata: ${JSON.stringify(step)}\n\n`)
  }
  const end = () => {
    if (over) return
    over = true
    cancelBeat()
    cancelLook()
    ending?.removeEventListener('abort', end)
    feed?.rest()
    leave()
    wake?.()
  }
  const beat = () => {
    untaken = waiting === '' ? 0 : untaken + 1
    if (untaken > SLOW_HEARTBEATS) {
      log.info({}, 'a watcher of the events was too slow and is dropped')
      waiting = ''
      end()
      return cut()
    }
    if (waiting === '') put(':\n\n')
    beatLater()
  }
  const beatLater = () => {
    cancelBeat = clock.after(HEARTBEAT_MS, beat)
  }
  const look = async () => {
    if (await mayGoOn()) return lookLater()
    waiting = ''
    end()
  }
  const lookLater = () => {
    if (over) return
    cancelLook = clock.after(LOOK_AT_KEY_MS, () => {
      look().catch(fault => {
        log.info({ fault: faultName(fault) }, 'a watcher of the events is let go')
        end()
      })
    })
  }

  put(`retry: 1000\nid: ${placeText(place)}\nevent: place\ndata: ${JSON.stringify(place)}\n\n`)
  feed = followAll(ports, place, tell)
  beatLater()
  lookLater()
  ending?.addEventListener('abort', end)
  if (ending?.aborted) end()

  return new ReadableStream<Uint8Array>(
    {
      pull: async controller => {
        while (waiting === '' && !over)
          await new Promise<void>(resolve => {
            wake = resolve
          })
        wake = undefined
        if (waiting === '') return controller.close()
        controller.enqueue(encoder.encode(waiting))
        waiting = ''
        untaken = 0
        if (!over) feed.goOn()
      },
      cancel: end,
    },
    // Nothing is taken before it is read: what waits is counted here.
    { highWaterMark: 0 },
  )
}
