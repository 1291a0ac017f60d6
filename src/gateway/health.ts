/** Whether the gateway lives, and whether every part behind it is open. */
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { ANYBODY, COMMAND_HEADERS } from '../bus/command-id.ts'
import { problemDocument } from '../bus/problem.ts'
import { type Address, querySubject, sourceOf } from '../bus/subjects.ts'
import { productVersion } from '../version.ts'
import { askOnce } from './ask.ts'
import { type Exchange, sendJson } from './exchange.ts'
import type { GatewayPorts } from './ports.ts'

/** An open actor answers in a few milliseconds; one that does not by then is not ready. */
const HEALTH_MS = 500

/** How a part is: `open`, the step of its start, or `silent`; and what a person should see to. */
type Part = { part: string; phase: string; waits_for: string | null; warning?: string }

/** `/livez`: this process answers. */
export const answerLive = (exchange: Exchange): Response => sendJson(exchange, 200, '{"status":"ok"}')

/** `/version`: what runs here, and the currency that all its amounts are in: the documented replies have no room for it. */
export const answerVersion =
  ({ config: { currency } }: GatewayPorts) =>
  (exchange: Exchange): Response =>
    sendJson(exchange, 200, JSON.stringify({ name: 'kassa', version: productVersion, node: process.version, currency }))

/**
 * `/readyz`: 200 when all actors are open (`degraded` where one has a warning, which keeps it from no work), else 503
 * with each part, its step and whom it waits for.
 */
export const answerReady =
  (ports: GatewayPorts) =>
  async (exchange: Exchange): Promise<Response> => {
    const parts = await Promise.all(ADDRESSES.map(owner => partOf(ports, owner)))
    const closed = parts.filter(({ phase }) => phase !== 'open')
    const status = parts.some(({ warning }) => warning !== undefined) ? 'degraded' : 'ready'
    if (closed.length === 0) return sendJson(exchange, 200, JSON.stringify({ status, parts }))

    const detail = `Not open yet: ${closed.map(({ part, phase }) => `${part} (${phase})`).join(', ')}`
    const problem = problemDocument({ code: 'unavailable', detail }, exchange.get('requestId'))
    return sendJson(exchange, 503, JSON.stringify({ ...problem, parts }), {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Retry-After': '1',
    })
  }

const partOf = async (ports: GatewayPorts, owner: Address): Promise<Part> => {
  const subject = querySubject(owner, 'Health')
  const part = sourceOf(owner)
  try {
    const { value } = await askOnce(
      ports,
      { subject, body: {}, headers: { [COMMAND_HEADERS.caller]: ANYBODY } },
      HEALTH_MS,
    )
    const { phase, waits_for, warning } = kernelContract.queries.Health.reply.parse(value)
    return { part, phase, waits_for, ...(warning === null ? {} : { warning }) }
  } catch (fault) {
    // Whatever it is, this part does not say that it is open, and that is the answer.
    ports.log.debug({ part, fault: fault instanceof Error ? fault.name : typeof fault }, 'no health')
    return { part, phase: 'silent', waits_for: null }
  }
}
