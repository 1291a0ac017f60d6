/** One process's connection to the broker in memory: it can be slow, break, come back and die. */
import type { Cancel, Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { Message, Running } from './bus.ts'
import type { MemoryCore, Reply, Subscription } from './memory-broker.ts'
import { type Faults, strikes } from './memory-faults.ts'
import { createPipe, type Pipe } from './memory-pipe.ts'
import { Unavailable } from './unavailable.ts'

const CALL_TIMEOUT_MS = 5_000
const RECONNECT_MS = 100

/** What all clients of one broker share. `up` says whether the broker runs. */
export type World = { clock: Clock; random: Random; faults: Faults; core: MemoryCore; up: () => boolean }

/** How often the question and its answer get lost. */
export type Losses = { question: number; answer: number }

/** A connection from its making to its break. */
type Connection = { open: boolean; toBroker: Pipe; toClient: Pipe; atBreak: Set<() => void> }

/** `forget` ends it at the broker, once it got there. */
type ClientSubscription = Subscription & { forget?: () => void }

/** What is on the way to the broker when a connection breaks; both are drawn where they are not given. */
export type InFlight = { arriving?: number; afterMs?: number }

export type MemoryClient = ReturnType<typeof createMemoryClient>

/** Connects at once when the broker runs, else as soon as it does. */
export function createMemoryClient(name: string, world: World) {
  const { clock, random, faults, core } = world
  const listeners = new Set<(connected: boolean) => void>()
  const subscribed = new Set<ClientSubscription>()
  const waiting = new Set<(why: string) => void>()
  let connection: Connection | undefined
  let held = false
  let ended: 'closed' | 'killed' | undefined

  const delayMs = () => (strikes(random, faults.delay) ? random.fraction() * faults.delayMaxMs : 0)

  const connect = () => {
    if (connection || held || ended || !world.up()) return
    connection = {
      open: true,
      toBroker: createPipe(clock, delayMs),
      toClient: createPipe(clock, delayMs),
      atBreak: new Set(),
    }
    for (const subscription of subscribed) announce(subscription)
    for (const changed of [...listeners]) changed(true)
  }

  const reconnect = () => void clock.after(RECONNECT_MS * (1 + random.fraction()), connect)

  /** What was on the way to the client is lost; of what was on the way to the broker a part arrives, perhaps late. */
  const breakConnection = ({ arriving, afterMs }: InFlight = {}) => {
    const broken = connection
    if (!broken) return
    connection = undefined
    broken.open = false
    const { toBroker, atBreak } = broken
    toBroker.cut(
      arriving ?? Math.floor(random.fraction() * (toBroker.inFlight() + 1)),
      afterMs ?? random.fraction() * faults.lateMaxMs,
    )
    for (const run of atBreak) run()
    if (ended) return
    for (const fail of [...waiting]) fail('the connection to the broker was lost')
    for (const changed of [...listeners]) changed(false)
  }

  /** Runs `arrive` at the broker; `connection` tells the answer the way back. */
  const send = (arrive: (connection: Connection) => void) => {
    const way = connection
    if (!way) return
    way.toBroker.send(() => {
      if (world.up()) arrive(way)
    })
    if (strikes(random, faults.disconnect)) {
      clock.soon(() => {
        if (connection !== way) return
        breakConnection()
        reconnect()
      })
    }
  }

  /** Runs `arrive` at the client, if this connection still stands then. */
  const sendBack = (way: Connection, arrive: () => void) => {
    if (!way.open) return
    way.toClient.send(() => {
      if (way.open) arrive()
    })
  }

  const ask = <T>(what: string, timeoutMs: number, losses: Losses, atBroker: (answer: (value: T) => void) => void) =>
    new Promise<T>((resolve, reject) => {
      // The promises of a process that was killed are never heard of again.
      if (ended === 'killed') return
      if (!connection) throw new Unavailable(`Cannot ask ${what}: there is no connection to the broker`)

      let cancel: Cancel = () => {}
      const done = () => {
        waiting.delete(fail)
        cancel()
      }
      const fail = (why: string) => {
        done()
        if (ended !== 'killed') reject(new Unavailable(`No answer from ${what}: ${why}`))
      }
      waiting.add(fail)
      cancel = clock.after(timeoutMs, () => fail(`nothing came within ${timeoutMs} ms`))
      if (strikes(random, losses.question)) return
      send(way =>
        atBroker(value => {
          if (strikes(random, losses.answer)) return
          sendBack(way, () => {
            if (!waiting.has(fail)) return
            done()
            resolve(value)
          })
        }),
      )
    })

  const announce = (subscription: ClientSubscription) =>
    send(way => {
      if (!way.open || !subscribed.has(subscription)) return
      subscription.forget = core.subscribe({
        pattern: subscription.pattern,
        hear: (message, reply) =>
          sendBack(way, () => {
            if (subscribed.has(subscription)) subscription.hear(message, reply)
          }),
      })
      way.atBreak.add(subscription.forget)
    })

  const client = {
    name,
    clock,
    faults,
    core,
    connected: () => connection !== undefined,
    /** Closed or killed: none of its callbacks is called any more. */
    over: () => ended !== undefined,
    send,
    sendBack,

    publish: (message: Message, reply?: Reply) => send(() => core.publish(message, reply)),

    /** Publishes and waits for the first answer; `undefined` when nobody listens. */
    ask: (message: Message, timeoutMs: number, losses: Losses) =>
      ask<Message | undefined>(message.subject, timeoutMs, losses, answer => core.publish(message, answer)),

    /** Has the broker do something, and waits for what comes of it. */
    call: <T>(what: string, atBroker: () => T): Promise<T> =>
      ask<T>(what, CALL_TIMEOUT_MS, { question: faults.loseRequest, answer: faults.loseReply }, answer =>
        answer(atBroker()),
      ),

    subscribe: (pattern: string, hear: (message: Message, reply: Reply | undefined) => void): Running => {
      const subscription: ClientSubscription = { pattern, hear }
      subscribed.add(subscription)
      announce(subscription)
      return {
        stop: async () => {
          subscribed.delete(subscription)
          send(() => subscription.forget?.())
        },
      }
    },

    onConnection: (changed: (connected: boolean) => void) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },

    reconnect,
    breakConnection,

    /** Breaks the connection and keeps it so until `restore`. */
    cut: (inFlight?: InFlight) => {
      held = true
      breakConnection(inFlight)
    },
    restore: () => {
      held = false
      connect()
    },

    /** The process is gone, with everything that it would still have done. */
    kill: (inFlight?: InFlight) => {
      ended = 'killed'
      breakConnection(inFlight)
    },

    close: async () => {
      if (ended) return
      listeners.clear()
      // What was sent before this has then arrived.
      if (connection)
        await ask('the broker', CALL_TIMEOUT_MS, { question: 0, answer: 0 }, answer => answer(true)).catch(() => {})
      for (const fail of [...waiting]) fail('the bus was closed')
      ended = 'closed'
      breakConnection({ arriving: 0 })
    },
  }
  connect()
  return client
}
