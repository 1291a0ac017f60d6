/** The breaker of a demo (`KASSA_DEMO=1`): ends a process of ours as a crash would, deletes a stream behind its owner's back. */
import { OPERATOR } from '../actors/broker-users.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { accessOf } from '../bus/broker-access.ts'
import type { Bus } from '../bus/bus.ts'
import { connectNats } from '../bus/nats.ts'
import { type Breakage, serveBreakage } from '../bus/serve-breakage.ts'
import { type Address, SUPERVISOR, streamOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'

const CONNECT_MS = 10_000

type BreakerLog = Pick<Log, 'warn' | 'error'>

/** What it needs of the start: whether all parts are one process, and how a part is ended. */
export type BreakerPorts = Pick<Config, 'processes'> & {
  /** The pid of the part that was ended; `undefined` where it did not run. */
  kill: (part: string) => number | undefined
  log: BreakerLog
}

/**
 * Connects to the broker as the operator, who alone may delete any stream, and answers once it is there, until it is
 * stopped; tells the log while it can't.
 */
export const startBreaker = (
  config: Config,
  natsUrl: string,
  ports: BreakerPorts,
  connectTimeoutMs = CONNECT_MS,
): { stop: () => Promise<void> } => {
  const { log } = ports
  const quiet = { info: () => {}, warn: (facts: object, text: string) => log.warn(facts, text) }
  const access = accessOf(config, natsUrl, OPERATOR)
  let stopped = false
  let open: Bus | undefined
  const connect = async () => {
    while (!stopped && !open) {
      try {
        open = await connectNats({ url: natsUrl, name: OPERATOR, access, connectTimeoutMs, log: quiet })
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        if (!stopped) log.warn({ reason: error.message }, 'nothing can be broken yet')
      }
    }
    if (stopped) await open?.close()
    else if (open) serveBreakages(open, ports)
  }
  connect().catch(error => log.error({ err: error }, 'nothing can be broken in this demo'))

  return {
    // One that still looks for its broker is not waited for.
    stop: async () => {
      stopped = true
      await open?.close()
    },
  }
}

/** Answers on `bus` to every breakage that is the supervisor's. */
export const serveBreakages = (bus: Bus, { processes, kill, log }: BreakerPorts): void => {
  const killActor: Breakage = body => {
    const { actor } = addressIn(body)
    if (processes === 'one') return unavailable(`${actor} has no process of its own (KASSA_PROCESSES=one)`)
    const pid = kill(actor)
    if (pid === undefined) return unavailable(`${actor} does not run at this moment; it is started again`)
    log.warn({ part: actor, partPid: pid }, 'killed on purpose, in a demo')
    return { reply: { actor, pid } }
  }
  const deleteStream: Breakage = async body => {
    const address = addressIn(body)
    const name = streamOf(address)
    const stream = bus.logStream(address)
    const look = await stream.look()
    if (!look) return unavailable(`there is no stream ${name} at this moment; it is made again`)
    await stream.delete()
    const messages = look.lastSeq === 0 ? 0 : look.lastSeq - look.firstSeq + 1
    log.warn({ stream: name, messages }, 'deleted on purpose, in a demo')
    return { reply: { stream: name, messages } }
  }

  for (const [name, breakage] of Object.entries({ KillActor: killActor, DeleteStream: deleteStream }))
    serveBreakage(bus, SUPERVISOR, name, breakage, error =>
      log.error({ err: error, what: name }, 'a breakage has failed'),
    )
}

const unavailable = (detail: string) => ({ refusal: { code: 'demo_unavailable' as const, detail } })

const addressIn = ({ actor }: Record<string, unknown>): Address => {
  const address = ADDRESSES.find(one => one.actor === actor)
  if (!address) throw new Error(`Cannot break ${actor}: there is no such actor`)
  return address
}
