/** A request that becomes a queued command: accepted as soon as the broker has it on disk. */
import { cellOf } from '../actors/cells.ts'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { commandId, fingerprintOf } from '../bus/command-id.ts'
import { readBody } from '../bus/contract.ts'
import { MESSAGE_ID } from '../bus/entry-message.ts'
import { readJson } from '../bus/json.ts'
import { type Address, querySubject, queueSubject } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import { ask, askOnce, REPLAYED } from './ask.ts'
import { askerHeaders, type CommandKey, callerNameOf, commandHeaders, commandKeyOf } from './command-key.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { refuseParameters } from './parameters.ts'
import { patiently } from './patience.ts'
import type { GatewayPorts } from './ports.ts'
import { refuse } from './refused.ts'
import { readRequestBody } from './request-body.ts'
import type { QueueRoute } from './route.ts'

/** The owner is asked this long whether it knows the key; the queue takes commands while their owner is down. */
const OWNER_MS = 500

type Queued = { owner: Address; id: string; raw: unknown; fingerprint: string; exchange: Exchange; deadline: Deadline }

/** The handler of a queued command. */
export const answerQueue =
  (ports: GatewayPorts, route: QueueRoute) =>
  async (exchange: Exchange): Promise<Response> => {
    const deadline = deadlineOf(ports, exchange)
    refuseParameters(exchange)
    const key = commandKeyOf(exchange, ports)
    const raw = await readRequestBody(exchange)
    const body = readBody(route.spec.body, raw)

    const owner = { actor: route.actor, cell: cellOf(String(body[route.cellBy])) }
    const id = commandId(callerNameOf(exchange), route.name, key.text)
    const queued = { owner, id, raw, fingerprint: fingerprintOf(body), exchange, deadline }
    exchange.set('handle', key.text)

    const replayed = key.given && ((await isKnown(ports, queued)) || (await isDuplicate(ports, route, queued, key)))
    if (!key.given) await send(ports, route, queued, key)
    const receipt = JSON.stringify({ accepted: true, id: key.text })
    return sendJson(exchange, route.success, receipt, replayed ? REPLAYED : {})
  }

// Whether the owner has handled this key already; with another body that throws.
const isKnown = async (ports: GatewayPorts, queued: Queued): Promise<boolean> => {
  try {
    const timeoutMs = Math.min(OWNER_MS, queued.deadline.leftMs())
    return isSame((await askOnce(ports, findReply(queued), timeoutMs)).value)
  } catch (fault) {
    // Then its inbox will tell: the same content is harmless, other content becomes a dead letter.
    if (fault instanceof Unavailable) return false
    throw fault
  }
}

// Puts the command into the queue. Whether it lay there, or was handled, before; with another body that throws.
const isDuplicate = async (
  ports: GatewayPorts,
  route: QueueRoute,
  queued: Queued,
  key: CommandKey,
): Promise<boolean> => {
  const { seq, duplicate } = await send(ports, route, queued, key)
  if (!duplicate) return false

  const waiting = await patiently(ports, queued.deadline, () => ports.bus.queue.get(seq))
  // A queue that was made again meanwhile may have another command under that number.
  if (waiting?.headers[MESSAGE_ID] === queued.id) {
    const fingerprint = fingerprintOf(readBody(route.spec.body, readJson(textOf(waiting.body))))
    return isSame({ found: true, same: fingerprint === queued.fingerprint })
  }
  // Worked off in the meantime, so its owner knows what it was.
  isSame((await ask(ports, findReply(queued), queued.deadline)).value)
  return true
}

const send = (
  ports: GatewayPorts,
  route: QueueRoute,
  { owner, id, raw, exchange, deadline }: Queued,
  key: CommandKey,
) => {
  const bytes = new TextEncoder().encode(JSON.stringify(raw))
  const headers = commandHeaders(exchange, key)
  return patiently(ports, deadline, () => ports.bus.queue.send(queueSubject(owner, route.name), bytes, { id, headers }))
}

const findReply = ({ owner, id, fingerprint, exchange }: Queued) => ({
  subject: querySubject(owner, 'FindReply'),
  body: { command_id: id, fingerprint },
  headers: askerHeaders(exchange),
})

// Whether `reply` tells of an earlier command of this id; throws when that had another body.
const isSame = (reply: unknown): boolean => {
  const earlier = kernelContract.queries.FindReply.reply.parse(reply)
  if (!earlier.found) return false
  if (earlier.same !== false) return true
  throw refuse(
    'idempotency_key_reused',
    'The Idempotency-Key was used with another body; a new request needs a new key',
  )
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
