/** Whether the gateway lives, and whether every part behind it is open. */
import { OPEN } from '../access/access.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { problemDocument } from '../bus/problem.ts'
import { type Address, sourceOf } from '../bus/subjects.ts'
import { productVersion } from '../version.ts'
import { askHealth } from './ask-health.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { faultName } from './fault-name.ts'
import { isOperator } from './let-in.ts'
import type { GatewayPorts } from './ports.ts'

/**
 * How a part is: `open`, the step of its start, or `silent`; where its log ends, how much of that its stream does not
 * have yet, and where it stands in the logs that it reads; and what a person should see to.
 */
type Part = {
  part: string
  phase: string
  waits_for: string | null
  head?: number
  unpublished?: number
  cursors?: Record<string, number>
  warning?: string
}

/** `unread`: by source, how many of its entries were not taken in yet; null where the source is silent. */
type ShownPart = Omit<Part, 'cursors'> & { unread?: Record<string, number | null> }

/** `/livez`: this process answers. */
export const answerLive = (exchange: Exchange): Response => sendJson(exchange, 200, '{"status":"ok"}')

/**
 * `/version`: what runs here, and the currency that all its amounts are in: the documented replies have no room for it.
 * Where it may be broken on purpose, that too.
 */
export const answerVersion =
  ({ config: { currency, demo } }: GatewayPorts) =>
  (exchange: Exchange): Response => {
    const known = { name: 'kassa', version: productVersion, node: process.version, currency }
    return sendJson(exchange, 200, JSON.stringify({ ...known, ...(demo ? { demo } : {}) }))
  }

/** How far the logs have come tells how much business is done: where keys are needed, that is the operator's to know. */
const withoutNumbers = ({ part, phase, waits_for, warning }: ShownPart): ShownPart => ({
  part,
  phase,
  waits_for,
  ...(warning === undefined ? {} : { warning }),
})

/**
 * `/readyz`: 200 when all actors are open (`degraded` where one has a warning, which keeps it from no work), else 503
 * with each part, its step and whom it waits for.
 */
export const answerReady = (ports: GatewayPorts) => {
  // Nobody needs a key for it: however many ask at once, the actors are asked once.
  let asking: Promise<ShownPart[]> | undefined
  const lookOnce = (): Promise<ShownPart[]> => {
    asking ??= Promise.all(ADDRESSES.map(owner => partOf(ports, owner)))
      .then(withUnread)
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  return async (exchange: Exchange): Promise<Response> => {
    const known = await lookOnce()
    const parts = (await isOperator(ports.access ?? OPEN, exchange)) ? known : known.map(withoutNumbers)
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
}

const partOf = async (ports: GatewayPorts, owner: Address): Promise<Part> => {
  const part = sourceOf(owner)
  try {
    const { phase, waits_for, warning, head, stream, cursors } = await askHealth(ports, owner)
    const standing = { head, unpublished: Math.max(0, head - (stream ?? 0)), cursors }
    return { part, phase, waits_for, ...standing, ...(warning === null ? {} : { warning }) }
  } catch (fault) {
    // Whatever it is, this part does not say that it is open, and that is the answer.
    ports.log.debug({ part, fault: faultName(fault) }, 'no health')
    return { part, phase: 'silent', waits_for: null }
  }
}

/** How many entries of each source a part has not taken in yet; the parts were asked at the same time, or nearly. */
const withUnread = (parts: Part[]): ShownPart[] =>
  parts.map(({ cursors, ...part }) => {
    if (!cursors) return part
    const unread = Object.entries(cursors).map(([source, cursor]) => {
      const head = parts.find(({ part }) => part === source)?.head
      return [source, head === undefined ? null : Math.max(0, head - cursor)]
    })
    return { ...part, unread: Object.fromEntries(unread) as Record<string, number | null> }
  })
