/** The bus in memory: one broker, any number of processes, and everything that can go wrong between them. */
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { Bus, Headers } from './bus.ts'
import { createMemoryCore } from './memory-broker.ts'
import { memoryBus } from './memory-bus.ts'
import { createMemoryClient, type InFlight, type MemoryClient } from './memory-client.ts'
import { type Faults, noFaults } from './memory-faults.ts'
import type { MemoryStream, Stored } from './memory-stream.ts'

export type MemoryBroker = {
  /** A process called `name` connects; names may come back, as those of processes do. */
  connect: (name: string) => Bus
  /** May be changed at any time. */
  faults: Faults

  /** What `stream` holds at present; nothing where there is no such stream. */
  messages: (stream: string) => readonly Stored[]
  /** As after a power cut: the last `count` messages of `stream` were never there. */
  forgetTail: (stream: string, count: number) => void
  /** Removes a stream behind everybody's back. */
  deleteStream: (stream: string) => void
  /** Removes all messages of a stream; its numbers go on. */
  purge: (stream: string) => void
  /** Removes the `count` oldest messages. */
  trimHead: (stream: string, count: number) => void
  /** Removes one message. */
  remove: (stream: string, seq: number) => void
  /** Somebody else publishes, with whatever headers. */
  publishForeign: (subject: string, body: Uint8Array, headers?: Headers) => void
  /** Every stream is gone, as when the broker comes back with an empty disk. */
  loseEverything: () => void

  /** Takes the connection from the processes called `name`. What of theirs is on the way is drawn, or as `inFlight` says. */
  cut: (name: string, inFlight?: InFlight) => void
  /** Gives it back. */
  restore: (name: string) => void
  /** Kills the processes called `name`: nothing of theirs is ever called or settled again; what is on the way may arrive. */
  kill: (name: string, inFlight?: InFlight) => void
  /** Stops the broker. What it has stored stays. */
  goDown: () => void
  /** Starts it again; its clients come back one after the other. */
  comeUp: () => void
}

/** Everything is driven by `clock` and drawn from `random`: the same seed, the same run. */
export function createMemoryBroker(options: { clock: Clock; random: Random; faults?: Partial<Faults> }): MemoryBroker {
  const { clock, random } = options
  const faults: Faults = { ...noFaults, ...options.faults }
  const core = createMemoryCore(clock, random, faults)
  const clients: MemoryClient[] = []
  let up = true
  const world = { clock, random, faults, core, up: () => up }

  const called = (name: string) => clients.filter(client => client.name === name && !client.over())
  const change = (name: string, run: (stream: MemoryStream) => void) => {
    const stream = core.stream(name)
    if (!stream) throw new Error(`Cannot change stream ${name}: there are ${core.streamNames().join(', ') || 'none'}`)
    run(stream)
  }

  return {
    faults,
    connect: name => {
      const client = createMemoryClient(name, world)
      clients.push(client)
      return memoryBus(client)
    },

    messages: name => core.stream(name)?.from(1, Number.POSITIVE_INFINITY) ?? [],
    forgetTail: (name, count) =>
      change(name, stream => {
        stream.forgetTail(count)
        core.endConsumers(stream)
      }),
    deleteStream: core.deleteStream,
    purge: name => change(name, stream => stream.purge()),
    trimHead: (name, count) => change(name, stream => stream.trimHead(count)),
    remove: (name, seq) => change(name, stream => stream.remove(seq)),
    publishForeign: (subject, body, headers = {}) => core.publish({ subject, body, headers }),
    loseEverything: () => {
      for (const name of core.streamNames()) core.deleteStream(name)
    },

    cut: (name, inFlight) => {
      for (const client of called(name)) client.cut(inFlight)
    },
    restore: name => {
      for (const client of called(name)) client.restore()
    },
    kill: (name, inFlight) => {
      for (const client of called(name)) client.kill(inFlight)
    },
    goDown: () => {
      up = false
      for (const client of clients) client.breakConnection()
    },
    comeUp: () => {
      up = true
      for (const client of clients) client.reconnect()
    },
  }
}
