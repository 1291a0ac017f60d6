/** The AsyncAPI 3.0 document of the bus, derived from the contracts: every event, command and query with its subject. */

import { CELLS } from '../actors/cells.ts'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { ACTOR_NAMES } from '../actors/registry.ts'
import type { CommandSpec, Contract, EventSpec, QuerySpec } from '../bus/contract.ts'
import { problemDocument } from '../bus/problem.ts'
import { COMMANDS } from '../bus/subjects.ts'
import { productVersion } from '../version.ts'
import { CLOUD_EVENT, HEADER_SCHEMAS } from './asyncapi-components.ts'
import { exampleEvent, exampleReply } from './bus-examples.ts'
import { EXAMPLES } from './examples.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { messageSchemas, OWN_CONTRACTS, replyType } from './message-schemas.ts'
import { COMPONENTS } from './openapi-components.ts'

/** A place of the document by its name there. */
type Named = Record<string, object>

/** The handler of `/asyncapi.json`; the document is made when somebody first asks. */
export const answerAsyncapi = () => {
  let text: string | undefined
  return (exchange: Exchange): Response => {
    text ??= JSON.stringify(asyncapiDocument())
    return sendJson(exchange, 200, text)
  }
}

/** The whole document. */
export const asyncapiDocument = () => {
  const parts = OWN_CONTRACTS.flatMap(partsOf)
  const merged = (of: (part: Part) => Named): Named => Object.assign({}, ...parts.map(of))
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Kassa on the bus',
      version: productVersion,
      description:
        'What the actors publish and what they answer. Events are CloudEvents 1.0 in JSON, kept from the first on. A command may be sent again under the same Idempotency-Key; it is carried out once.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: '127.0.0.1:4222',
        protocol: 'nats',
        description: 'The broker that Kassa starts, unless NATS_URL names another; the start prints its port.',
      },
    },
    channels: merged(({ channels }) => channels),
    operations: merged(({ operations }) => operations),
    components: {
      schemas: { CloudEvent: CLOUD_EVENT, Problem: COMPONENTS.schemas.Problem, ...HEADER_SCHEMAS, ...messageSchemas() },
      messages: { ...merged(({ messages }) => messages), Refusal: REFUSAL },
    },
  }
}

type Part = { channels: Named; operations: Named; messages: Named }

const partsOf = (contract: Contract): Part[] => [
  ...Object.entries(contract.events).map(([type, spec]) => eventPart(contract, type, spec)),
  ...Object.entries(contract.commands)
    .filter(([, { queueOnly }]) => !queueOnly)
    .map(([name, spec]) => askedPart(contract, 'command', name, spec)),
  ...Object.entries(contract.queries).map(([name, spec]) => askedPart(contract, 'query', name, spec)),
  ...Object.entries(contract.commands).map(([name, spec]) => queuedPart(contract, name, spec)),
]

// ---- events

const eventPart = (contract: Contract, type: string, { summary }: EventSpec): Part => {
  const id = `${contract.actor}.event.${type}`
  const { address, parameters } = placeOf(contract, `event.${type}.{user}`)
  const payload = {
    allOf: [ref('schemas/CloudEvent'), { properties: { type: { const: type }, data: ref(`schemas/${type}`) } }],
  }
  return {
    channels: {
      [id]: {
        address,
        title: type,
        summary,
        description: `Carried by the stream of its actor: ${streamsOf(contract)}.`,
        messages: { [type]: ref(`messages/${id}`) },
        parameters: { ...parameters, user: { description: 'Whom it is about; `_` where it is about nobody.' } },
      },
    },
    operations: { [id]: { action: 'send', channel: channel(id), summary, tags: [{ name: contract.actor }] } },
    messages: {
      [id]: {
        name: type,
        title: type,
        summary,
        headers: ref('schemas/EventHeaders'),
        payload,
        ...examplesOf(exampleEvent(type, streamedBy(contract))),
      },
    },
  }
}

// ---- commands and queries

const askedPart = (
  contract: Contract,
  kind: 'command' | 'query',
  name: string,
  { summary, refusals }: CommandSpec | QuerySpec,
): Part => {
  const id = `${contract.actor}.${kind}.${name}`
  const reply = replyType(name)
  const refused = refusals.length > 0 ? `Its rules refuse with ${refusals.map(code => `\`${code}\``).join(', ')}.` : ''
  return {
    channels: {
      [id]: {
        ...placeOf(contract, `${kind}.${name}`),
        title: name,
        summary,
        messages: { [name]: ref(`messages/${id}`) },
      },
      [`${id}.reply`]: {
        address: null,
        title: reply,
        description: 'The inbox that the request names.',
        messages: { [reply]: ref(`messages/${id}.reply`), Refusal: ref('messages/Refusal') },
      },
    },
    operations: {
      [id]: {
        action: 'receive',
        channel: channel(id),
        summary,
        ...(refused ? { description: refused } : {}),
        tags: [{ name: contract.actor }],
        reply: {
          channel: channel(`${id}.reply`),
          messages: [reply, 'Refusal'].map(message => ({ $ref: `#/channels/${id}.reply/messages/${message}` })),
        },
      },
    },
    messages: {
      [id]: requestMessage(name, summary, kind === 'command' ? 'CommandHeaders' : 'QueryHeaders'),
      [`${id}.reply`]: {
        name: reply,
        title: reply,
        headers: ref('schemas/ReplyHeaders'),
        payload: ref(`schemas/${reply}`),
        ...examplesOf(exampleReply(name)),
      },
    },
  }
}

const queuedPart = (contract: Contract, name: string, { summary, queueOnly }: CommandSpec): Part => {
  const id = `${contract.actor}.queue.${name}`
  const whatNot = 'What can not be carried out becomes a dead letter with its reason.'
  return {
    channels: {
      [id]: {
        ...placeOf(contract, `queue.${name}`),
        title: name,
        summary,
        description: `Kept in the stream ${COMMANDS} until it is carried out.${queueOnly ? ' Taken from there only.' : ''}`,
        messages: { [name]: ref(`messages/${id}`) },
      },
    },
    operations: {
      [id]: {
        action: 'receive',
        channel: channel(id),
        summary,
        description: whatNot,
        tags: [{ name: contract.actor }],
      },
    },
    messages: { [id]: requestMessage(name, summary, 'QueueHeaders') },
  }
}

const requestMessage = (name: string, summary: string, headers: keyof typeof HEADER_SCHEMAS) => {
  return {
    name,
    title: name,
    summary,
    headers: ref(`schemas/${headers}`),
    payload: ref(`schemas/${name}`),
    ...examplesOf(EXAMPLES[name]?.request),
  }
}

const REFUSAL = {
  name: 'Refusal',
  title: 'Refusal',
  summary: 'A no: its headers tell it from a yes, its body is the problem document (RFC 9457).',
  headers: ref('schemas/RefusalHeaders'),
  payload: ref('schemas/Problem'),
  ...examplesOf(problemDocument({ code: 'order_not_found', detail: 'there is no order 54321' }, 'by-hand-1')),
}

// ---- where they stand

/** What every actor has stands at `{actor}`. */
const placeOf = ({ actor }: Contract, rest: string) => {
  const shared = actor === kernelContract.actor
  return {
    address: `${shared ? '{actor}' : actor}.{cell}.${rest}`,
    parameters: {
      ...(shared ? { actor: { enum: [...ACTOR_NAMES] } } : {}),
      cell: { description: 'The cell that holds the user.', enum: CELLS.map(String) },
    },
  }
}

const streamsOf = ({ actor }: Contract): string =>
  `\`${actor === kernelContract.actor ? '{ACTOR}' : actor.toUpperCase()}_{cell}\``

/** Whose log an example is from: what every actor has is shown as the order actor’s. */
const streamedBy = ({ actor }: Contract): string => (actor === kernelContract.actor ? 'order' : actor)

function examplesOf(payload: unknown) {
  return payload === undefined ? {} : { examples: [{ payload }] }
}

function ref(component: string) {
  return { $ref: `#/components/${component}` }
}

const channel = (id: string) => ({ $ref: `#/channels/${id}` })
