/** The parts that are processes of Kassa: the actors and the gateway. */
import { launchProcess } from '../processes/launch.ts'
import { commandFor } from '../processes/runtime.ts'
import type { Part } from '../processes/supervisor.ts'
import type { PortChoice } from './port-choice.ts'
import { stages } from './stages.ts'

/** The name of the gateway's. */
export const GATEWAY_PART = 'gateway'

/** An actor in its own process. */
export function actorPart(name: string, env: NodeJS.ProcessEnv): Part {
  return { name, stage: stages.actor, launch: () => launchProcess({ ...commandFor(['actor', name]), env }) }
}

/** The gateway in its own process, on the port that is chosen. */
export function gatewayPart(env: NodeJS.ProcessEnv, choice: PortChoice): Part {
  return {
    name: GATEWAY_PART,
    stage: stages.gateway,
    async launch() {
      const port = String(await choice.next())
      return launchProcess({ ...commandFor(['gateway']), env: { ...env, KASSA_PORT: port } })
    },
  }
}
