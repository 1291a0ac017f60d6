/** One process's connection to the broker: requests, publishes and subscriptions that outlive a broker's restart. */
import { type Msg, PermissionViolationError } from '@nats-io/transport-node'
import type { Cancel, Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { Running } from './bus.ts'
import type { BusLog } from './bus-log.ts'
import { connectFirst, type LinkOptions } from './nats-connect.ts'
import type { WrittenHeaders } from './nats-headers.ts'
import { createOutgoing } from './nats-outgoing.ts'
import { MayNotAsk, Unavailable } from './unavailable.ts'

// What is buffered is sent in this time, or never.
const CLOSE_MS = 2_000

/** Thrown by `ask` when the broker says that nobody is subscribed to the subject: nothing was delivered. */
export class NobodyListens extends Unavailable {
  override name = 'NobodyListens'
}

type Waiting = {
  subject: string
  answer: (message: Msg) => void
  fail: (why: string, how?: typeof Unavailable) => void
}

type Ask = { headers?: WrittenHeaders | undefined; timeoutMs: number }

/** What the parts of the NATS bus share. */
export type NatsLink = {
  clock: Clock
  random: Random
  log: BusLog
  /** Whether something can be sent now. */
  connected: () => boolean
  /** Fire and forget; throws only for what can never be sent (a subject with blanks, a body beyond the broker's limit). */
  publish: (subject: string, body: Uint8Array, reply?: string, headers?: WrittenHeaders) => void
  /** Sends what was published, in place of a turn of the event loop later. */
  flush: () => void
  /** The first answer. Throws `NobodyListens`, `MayNotAsk`, or `Unavailable` when disconnected, timed out or cut off. */
  ask: (subject: string, body: Uint8Array, options: Ask) => Promise<Msg>
  /** `hear` gets every message, again after a reconnect; what it throws goes to the log. */
  subscribe: (subject: string, hear: (message: Msg) => void) => Running
  /** A subject that only this process hears. */
  inbox: () => string
  onConnection: (changed: (connected: boolean) => void) => () => void
  /** Calls `end` when this process closes its link, before anything is ended. */
  onClosing: (end: () => void) => () => void
  /** The user for whom the keeper asks; `undefined` where this process asks for everything itself. */
  keptFor: () => string | undefined
  /** Whether the server belongs to a cluster. */
  clustered: () => boolean
  close: () => Promise<void>
}

/** Connects, again and again until it works or `connectTimeoutMs` is over. */
export async function openLink(options: LinkOptions): Promise<NatsLink> {
  const { name, clock, random, log } = options
  // Permissions of a process are given on this prefix (permissions.ts), so its characters are those of a subject token.
  const inboxPrefix = `_INBOX_${name.replace(/[^A-Za-z0-9_-]/g, '-')}`
  const connection = await connectFirst(options, inboxPrefix)
  const listeners = new Set<(connected: boolean) => void>()
  const endings = new Set<() => void>()
  const waiting = new Map<string, Waiting>()
  let connected = true
  let closing = false
  let asked = 0

  const guarded = (subject: string, hear: (message: Msg) => void) => (error: Error | null, message: Msg) => {
    // The client's reader stops for good at an exception in a callback, so none may leave here.
    try {
      if (error) log.warn({ subject, reason: error.message }, 'the broker ended a subscription')
      else hear(message)
    } catch (thrown) {
      log.warn({ subject, err: thrown }, 'a message was not handled')
    }
  }

  const setConnected = (now: boolean) => {
    if (connected === now) return
    connected = now
    if (!closing) log.info({ connected }, now ? 'connected to the broker again' : 'lost the connection to the broker')
    if (!now) for (const { fail } of [...waiting.values()]) fail('the connection to the broker was lost')
    for (const changed of [...listeners]) {
      try {
        changed(now)
      } catch (thrown) {
        log.warn({ err: thrown }, 'a change of the connection was not handled')
      }
    }
  }

  const replies = `${inboxPrefix}.${random.uuid()}`
  connection.subscribe(`${replies}.*`, {
    callback: guarded(replies, message => {
      waiting.get(message.subject)?.answer(message)
    }),
  })

  const hearError = (error: Error) => {
    log.warn({ reason: error.message }, 'the broker refused something')
    if (!(error instanceof PermissionViolationError) || error.operation !== 'publish') return
    for (const { subject, fail } of [...waiting.values()])
      if (subject === error.subject) fail('the broker does not let this user ask it', MayNotAsk)
  }

  const watch = async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') setConnected(false)
      else if (status.type === 'reconnect') setConnected(true)
      else if (status.type === 'error') hearError(status.error)
    }
  }
  watch().catch(thrown => log.warn({ err: thrown }, 'the connection can no longer be watched'))
  connection
    .closed()
    .then(reason => {
      setConnected(false)
      if (!closing) log.warn({ err: reason }, 'the connection to the broker is closed for good')
    })
    .catch(thrown => log.warn({ err: thrown }, 'the connection ended badly'))

  const outgoing = createOutgoing(connection, clock, () => connected, log)
  const publish: NatsLink['publish'] = (subject, body, reply, headers) => {
    outgoing.publish({ subject, body, reply, headers })
    // A drain may be over before the next turn of the event loop, and whoever has asked would wait in vain.
    if (closing) outgoing.flush()
  }

  const ask: NatsLink['ask'] = (subject, body, { headers, timeoutMs }) =>
    new Promise((resolve, reject) => {
      if (!connected || closing) throw new Unavailable(`Cannot ask ${subject}: there is no connection to the broker`)

      const reply = `${replies}.${(++asked).toString(36)}`
      publish(subject, body, reply, headers)

      const done = () => {
        waiting.delete(reply)
        cancel()
      }
      const fail: Waiting['fail'] = (why, how = Unavailable) => {
        done()
        reject(new how(`No answer from ${subject}: ${why}`))
      }
      const cancel = clock.after(timeoutMs, () => fail(`nothing came within ${timeoutMs} ms`))
      const answer = (message: Msg) => {
        done()
        if (message.data.length === 0 && message.headers?.code === 503) {
          reject(new NobodyListens(`No answer from ${subject}: nobody listens there`))
        } else resolve(message)
      }
      waiting.set(reply, { subject, answer, fail })
    })

  const withinTime = async (drained: Promise<void>) => {
    let cancel: Cancel = () => {}
    const overdue = new Promise<void>(resolve => {
      cancel = clock.after(CLOSE_MS, resolve)
    })
    // A connection that breaks meanwhile has nothing more to send.
    await Promise.race([drained.catch(() => {}), overdue])
    cancel()
  }

  return {
    clock,
    random,
    log,
    connected: () => connected && !closing,
    publish,
    flush: outgoing.flush,
    ask,
    subscribe: (subject, hear) => {
      const subscription = connection.subscribe(subject, { callback: guarded(subject, hear) })
      return { stop: async () => subscription.unsubscribe() }
    },
    inbox: () => `${inboxPrefix}.${random.uuid()}`,
    onConnection: changed => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    onClosing: end => {
      endings.add(end)
      return () => endings.delete(end)
    },
    // A broker that asks nobody who he is has no lists either.
    keptFor: () => (connection.info?.auth_required ? options.keptFor : undefined),
    clustered: () => connection.info?.cluster !== undefined,
    close: async () => {
      if (closing) return
      for (const end of [...endings]) end()
      closing = true
      outgoing.flush()
      // Without a broker there is nobody to drain to.
      if (connected) await withinTime(connection.drain())
      await connection.close()
    },
  }
}
