/** The JSON Schemas of what travels on the bus, by type: the data of events, the bodies of commands and queries, replies. */
import type { z } from 'zod'
import { kernelContract } from '../actors/kernel/kernel-contract.ts'
import { CONTRACTS } from '../actors/registry.ts'
import type { Contract, EventSpec } from '../bus/contract.ts'
import { type JsonSchema, jsonSchemaOf } from '../bus/json-schema.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { refuse } from './refused.ts'

type Spec = { summary: string; body: z.ZodObject; reply: z.ZodType }

/** What one actor says and hears of its own; what it shares with every actor is said once, by the kernel. */
export const OWN_CONTRACTS: readonly Contract[] = [kernelContract, ...Object.values(CONTRACTS).map(ownOf)]

function ownOf(contract: Contract): Contract {
  const own = <T>(all: Record<string, T>, shared: Record<string, unknown>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name, spec]) => shared[name] !== spec))
  return {
    ...contract,
    commands: own(contract.commands, kernelContract.commands),
    queries: own(contract.queries, kernelContract.queries),
    events: own(contract.events, kernelContract.events),
  }
}

/** `CreateOrderReply`: the type of what a yes to `name` looks like. */
export const replyType = (name: string): string => `${name}Reply`

/** The schema of an event's `data`: what is personal stands in it as one text that only its actor can read. */
const dataSchema = ({ summary, data, personal }: EventSpec): JsonSchema => {
  const { properties = {}, required = [], ...schema } = jsonSchemaOf(data, 'output') as DataSchema
  if (!personal) return { description: summary, ...schema, properties, required }

  const names = Object.keys(personal.shape).join(', ')
  const sealed = { type: 'string', description: `ciphertext of ${names}; empty when the person was erased` }
  // Where each of them may be missing, all may.
  const always = personal.safeParse({}).success ? [] : ['sealed']
  return { description: summary, ...schema, properties: { ...properties, sealed }, required: [...required, ...always] }
}

type DataSchema = JsonSchema & { properties?: JsonSchema; required?: string[] }

const schemasOf = ({ commands, queries, events }: Contract): [type: string, schema: JsonSchema][] => [
  ...Object.entries(events).map(([type, spec]): [string, JsonSchema] => [type, dataSchema(spec)]),
  ...Object.entries<Spec>({ ...commands, ...queries }).flatMap(
    ([name, { summary, body, reply }]): [string, JsonSchema][] => [
      [name, { description: summary, ...jsonSchemaOf(body, 'input') }],
      [replyType(name), jsonSchemaOf(reply, 'output')],
    ],
  ),
]

/** Every schema by its type: `OrderCreated`, `CreateOrder`, `CreateOrderReply`. */
export const messageSchemas = (): Record<string, JsonSchema> => {
  const schemas = OWN_CONTRACTS.flatMap(schemasOf)
  const twice = schemas.find(([type], at) => schemas.findIndex(([other]) => other === type) !== at)
  if (twice) throw new Error(`Cannot name the schemas of messages: there are two of ${twice[0]}; rename one`)
  return Object.fromEntries(schemas)
}

/** The handler of `/schemas/{type}.json`; the schemas are made when somebody first asks. */
export const answerSchema = () => {
  let schemas: Record<string, JsonSchema> | undefined
  return (exchange: Exchange): Response => {
    schemas ??= messageSchemas()
    const type = /^(\w+)\.json$/.exec(exchange.req.param('file') ?? '')?.[1] ?? ''
    const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
    if (!schema) throw refuse('not_found', 'There is no such schema; every type stands in /asyncapi.json')
    return sendJson(exchange, 200, JSON.stringify({ $schema: DIALECT, title: type, ...schema }))
  }
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
