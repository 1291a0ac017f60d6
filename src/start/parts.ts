/** The parts that are processes of Kassa: the actors and the gateway, or all of them in one. */
import { restartsVariable } from '../metrics/process-figures.ts'
import { launchProcess } from '../processes/launch.ts'
import { commandFor } from '../processes/runtime.ts'
import { withOneArena } from '../processes/small-heap.ts'
import type { Part } from '../processes/supervisor.ts'
import type { PortChoice } from './port-choice.ts'
import { stages } from './stages.ts'

/** The name of the gateway's. */
const GATEWAY_PART = 'gateway'

/** What the one process is called. */
export const ONE_PROCESS = 'gateway and actors'

/** Those that listen for HTTP. */
export const DOORS = [GATEWAY_PART, ONE_PROCESS]

/** An actor in its own process. */
export function actorPart(name: string, env: NodeJS.ProcessEnv): Part {
  const environment = counted(env)
  return {
    name,
    stage: stages.actor,
    launch: () => launchProcess({ ...commandFor(['actor', name]), env: environment() }),
  }
}

/** The gateway in its own process, on the port that is chosen. */
export function gatewayPart(env: NodeJS.ProcessEnv, choice: PortChoice): Part {
  return { name: GATEWAY_PART, stage: stages.gateway, launch: launchOnPort('gateway', env, choice) }
}

/** The gateway and all actors in one process. It drains them one after the other, which takes both their times. */
export function onePart(env: NodeJS.ProcessEnv, choice: PortChoice): Part {
  return { name: ONE_PROCESS, stage: stages.gateway, drains: 2, launch: launchOnPort('all', env, choice) }
}

function launchOnPort(subcommand: string, env: NodeJS.ProcessEnv, choice: PortChoice): Part['launch'] {
  const environment = counted(env)
  return async () => {
    const port = String(await choice.next())
    return launchProcess({ ...commandFor([subcommand]), env: { ...environment(), KASSA_PORT: port } })
  }
}

// A process tells how often it was started again; it alone can't know.
function counted(env: NodeJS.ProcessEnv): () => NodeJS.ProcessEnv {
  let launches = 0
  return () => ({ ...withOneArena(env), [restartsVariable]: String(launches++) })
}
