/** The simulated gateway: the real one, on a clock and a connection of its own, that can be killed with requests in flight. */
import { pino } from 'pino'
import { createApp } from '../../src/gateway/app.ts'
import type { GatewayPorts } from '../../src/gateway/ports.ts'
import { createMortalClock } from './mortal-clock.ts'
import type { World } from './world.ts'

/** Thrown to a client whose gateway is not there, or is gone before it has answered. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
}

export type SimulatedGateway = {
  /** The name of its connection to the broker, another one after every start. */
  name: () => string
  /** Sends it a request. Throws `ConnectionLost`. */
  fetch: (request: Request) => Promise<Response>
  start: () => void
  /** Ends it as kill -9 does. */
  kill: () => void
}

type Life = { name: string; fetch: (request: Request) => Promise<Response>; end: () => void }

/** A gateway of `world` that does not run yet. */
export const createSimulatedGateway = (world: World, config: GatewayPorts['config']): SimulatedGateway => {
  let starts = 0
  let life: Life | undefined

  return {
    name: () => life?.name ?? 'gateway',
    fetch: request =>
      life ? life.fetch(request) : Promise.reject(new ConnectionLost('Cannot connect: no gateway listens')),
    start: () => {
      if (life) return
      life = begin(world, config, `gateway-${++starts}`)
      world.trace.say(life.name, 'starts')
    },
    kill: () => {
      if (!life) return
      world.trace.say(life.name, 'is killed')
      life.end()
      life = undefined
    },
  }
}

const begin = (world: World, config: GatewayPorts['config'], name: string): Life => {
  const clock = createMortalClock(world.clock)
  const app = createApp({
    bus: world.broker.connect(name),
    clock,
    random: world.chance.gateway,
    config,
    log: logOf(world, name),
  })
  const inFlight = new Set<(lost: ConnectionLost) => void>()
  return {
    name,
    fetch: request =>
      new Promise<Response>((resolve, reject) => {
        inFlight.add(reject)
        Promise.resolve(app.fetch(request))
          .then(resolve, reject)
          .finally(() => inFlight.delete(reject))
      }),
    end: () => {
      clock.die()
      world.broker.kill(name)
      for (const reject of inFlight) reject(new ConnectionLost('The gateway was gone before it had answered'))
    },
  }
}

/** What it says goes to the trace; an error is a defect. */
const logOf = (world: World, name: string): GatewayPorts['log'] =>
  pino(
    { level: 'warn', timestamp: false, base: null },
    {
      write: (line: string) => {
        const { level, msg, ...facts } = JSON.parse(line) as { level: number; msg: string }
        world.trace.say(name, `${msg} ${JSON.stringify(facts)}`)
        if (level >= pino.levels.values.error!) world.violation(`the gateway says: ${msg} ${JSON.stringify(facts)}`)
      },
    },
  )
