/** Asking an actor how it is: no client's question, so nobody is named as the one who asks. */
import type { z } from 'zod'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { ANYBODY, COMMAND_HEADERS } from '../bus/command-id.ts'
import { type Address, querySubject } from '../bus/subjects.ts'
import { askOnce } from './ask.ts'
import type { GatewayPorts } from './ports.ts'

/** An open actor answers in a few milliseconds. */
const HEALTH_MS = 500

const { reply } = kernelContract.queries.Health

/** What the actor at `owner` says of itself. Throws what `askOnce` throws. */
export const askHealth = async (ports: Pick<GatewayPorts, 'bus'>, owner: Address): Promise<z.output<typeof reply>> => {
  const question = {
    subject: querySubject(owner, 'Health'),
    body: {},
    headers: { [COMMAND_HEADERS.caller]: ANYBODY },
  }
  return reply.parse((await askOnce(ports, question, HEALTH_MS)).value)
}
