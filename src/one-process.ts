/** The gateway and all actors in one process: each with its own store, log and user at the broker, and asks by memory. */
import { startActor } from './actors/process.ts'
import { ACTOR_NAMES } from './actors/registry.ts'
import { createNeighbours } from './bus/neighbours.ts'
import type { Config } from './config.ts'
import { startGateway } from './gateway/process.ts'
import { createLog } from './log.ts'
import { systemClock } from './world/clock.ts'

/** Starts them all. `failed` resolves when one can't go on: then the process should end, and all start over. */
export const startAll = async (
  config: Config & { natsUrl: string },
): Promise<{ readAgain(): void; stop(): Promise<void>; opened: Promise<unknown>; failed: Promise<Error> }> => {
  const join = createNeighbours(systemClock)
  const logOf = (part: string) => createLog(config.logLevel, part)
  const starting = ACTOR_NAMES.map(name => startActor(name, config, logOf(name), join))
  const [gateway, ...actors] = await Promise.all([startGateway(config, logOf('gateway'), join), ...starting])

  return {
    readAgain: gateway.readAgain,
    stop: async () => {
      await gateway.stop()
      await Promise.all(actors.map(actor => actor.stop()))
    },
    opened: Promise.all(actors.map(({ opened }) => opened)),
    failed: Promise.race(actors.map(({ failed }) => failed)),
  }
}
