/** Following a log stream on NATS: one push consumer in the broker's memory, watched closely. */
import type { Msg } from '@nats-io/transport-node'
import type { Cancel } from '../world/clock.ts'
import type { Running } from './bus.ts'
import type { Entry } from './entry.ts'
import { entryOf } from './entry-message.ts'
import { askApi, isRefused, refusals } from './nats-api.ts'
import { readDelivery } from './nats-delivery.ts'
import { headersOf } from './nats-headers.ts'
import type { NatsLink } from './nats-link.ts'
import { followConfig } from './streams.ts'

// A stream that was deleted is noticed by silence alone: after three of these and a bit.
const HEARTBEAT_MS = 500
const SILENT_HEARTBEATS = 3

export type Following = {
  from: number
  reader: string
  deliver: (entry: Entry) => void
  broken: (reason: string) => void
}

/** Delivers from `from` on until it is stopped or breaks. */
export function follow(link: NatsLink, stream: string, { from, reader, deliver, broken }: Following): Running {
  const user = link.keptFor()
  const owner = ownerOf(reader, user)
  // A user that answers may publish to the reply subjects of its own reader (`toReadQuietly`), which name the consumer.
  const hasOwnName = owner === user
  // Else never the name of an earlier consumer, whose leftovers would make this one fail.
  const name = hasOwnName ? owner : `${owner}-${from}-${link.random.bytes(4).toString('hex')}`
  const inbox = link.inbox()
  let ended = false
  let made = false
  let delivered = 0
  let silent = 0
  let cancelWatch: Cancel = () => {}

  const end = () => {
    ended = true
    cancelWatch()
    forgetConnection()
    forgetClosing()
    subscription.stop().catch(thrown => link.log.warn({ err: thrown }, 'a subscription did not end'))
    if (made) remove()
  }

  const deleteConsumer = () => askApi(link, `CONSUMER.DELETE.${stream}.${name}`)

  const remove = () => {
    // Whatever goes wrong here: left alone, the consumer vanishes by itself a little later.
    if (link.connected()) deleteConsumer().catch(() => {})
  }

  /** One that this reader had before it was killed or cut off, if it is still there. */
  const removeLeftover = async () => {
    try {
      await deleteConsumer()
    } catch (thrown) {
      if (!isRefused(thrown, refusals.consumerNotFound, refusals.streamNotFound)) throw thrown
    }
  }

  const breakOff = (reason: string) => {
    if (ended) return
    end()
    broken(reason)
  }

  const hear = (message: Msg) => {
    if (ended) return
    silent = 0

    const delivery = readDelivery(message.reply)
    if (!delivery) return hearStatus(message)
    if (delivery.delivered !== delivered + 1) {
      return breakOff(`the broker delivered ${delivery.delivered} after ${delivered}`)
    }
    delivered = delivery.delivered
    // A consumer may be made to begin earlier than it was asked to.
    if (delivery.seq < from) return
    deliver(
      entryOf(
        delivery.seq,
        message.subject,
        message.data,
        headersOf(() => message.headers),
      ),
    )
  }

  /** Flow control wants an empty answer; a heartbeat says how much was delivered before it. */
  const hearStatus = (message: Msg) => {
    if (message.headers?.code !== 100) return breakOff(`the broker said ${message.headers?.status ?? 'nothing'}`)

    const goOn = message.reply || message.headers.get('Nats-Consumer-Stalled')
    if (goOn) link.publish(goOn, new Uint8Array())
    const last = message.headers.get('Nats-Last-Consumer')
    if (last !== '' && Number(last) !== delivered) {
      breakOff(`the broker has delivered ${last}, and ${delivered} arrived`)
    }
  }

  // Counts turns of the timer, not time: a process that was busy itself has heard nothing, and that means nothing.
  const watch = () => {
    cancelWatch = link.clock.after(HEARTBEAT_MS, () => {
      if (++silent > SILENT_HEARTBEATS) breakOff(`silence for ${SILENT_HEARTBEATS} heartbeats of ${HEARTBEAT_MS} ms`)
      else watch()
    })
  }

  const make = async () => {
    const question = {
      stream_name: stream,
      config: followConfig({ name, reader, inbox, from, heartbeatMs: HEARTBEAT_MS }),
      action: 'create',
    }
    try {
      if (hasOwnName) await removeLeftover()
      if (ended) return
      await askApi(link, `CONSUMER.CREATE.${stream}.${name}`, question)
      made = true
      if (!ended) watch()
      // By now a consumer of a known name may be the next one's, who removes what was left of this one.
      else if (!hasOwnName) remove()
    } catch (thrown) {
      breakOff(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }

  const subscription = link.subscribe(inbox, hear)
  const forgetConnection = link.onConnection(connected => {
    if (!connected) breakOff('the connection to the broker was lost')
  })
  const forgetClosing = link.onClosing(end)
  make().catch(thrown => link.log.warn({ err: thrown, stream }, 'a break was not handled'))

  return {
    stop: async () => {
      if (!ended) end()
    },
  }
}

/** How its consumers are named: a user's begin with its name, since it may remove no others. */
const ownerOf = (reader: string, user: string | undefined): string => {
  const label = reader.replace(/[^A-Za-z0-9_-]/g, '-')
  return user === undefined || label === user ? label : `${user}-${label}`
}
