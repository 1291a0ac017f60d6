/** A contract: the commands and queries an actor answers and the events it publishes, said once. */
import { z } from 'zod'
import type { FieldFault, ProblemCode, Refusal } from './problem.ts'

/** A wish. `body` are its bare fields, `reply` what a yes looks like, `refusals` the ways its rules say no. */
export type CommandSpec = {
  summary: string
  body: z.ZodObject
  reply: z.ZodType
  refusals: readonly ProblemCode[]
  /** Taken only from the queue: nobody waits for it, and what can't be carried out becomes a dead letter. */
  queueOnly?: true
}

/** A question; changes nothing. */
export type QuerySpec = { summary: string; body: z.ZodObject; reply: z.ZodType; refusals: readonly ProblemCode[] }

/** A fact. `personal` are fields that stand in the entry as ciphertext (`sealed`) under the key of the event's user. */
export type EventSpec = { summary: string; data: z.ZodObject; personal?: z.ZodObject }

export type Contract = {
  actor: string
  summary: string
  commands: Record<string, CommandSpec>
  queries: Record<string, QuerySpec>
  events: Record<string, EventSpec>
}

/** The command called `name`, or `undefined`: a name that every object has (`constructor`) is none. */
export const commandOf = ({ commands }: Contract, name: string): CommandSpec | undefined =>
  Object.hasOwn(commands, name) ? commands[name] : undefined

/** The query called `name`, likewise. */
export const queryOf = ({ queries }: Contract, name: string): QuerySpec | undefined =>
  Object.hasOwn(queries, name) ? queries[name] : undefined

/**
 * The largest body of a command, as the gateway takes it and the actors do. An entry that holds one, sealed, stays far
 * below the broker's payload limit of 1 MB: an entry that no stream could take would stop its actor for good.
 */
export const MOST_BODY_BYTES = 65_536

/** Says a contract; its exact type is kept. */
export const defineContract = <const C extends Contract>(contract: C): C => contract

/** The body of a command as rules see it. */
export type CommandBody<C extends Contract, Name extends keyof C['commands']> = z.output<C['commands'][Name]['body']>

/** The body of a query as it is answered. */
export type QueryBody<C extends Contract, Name extends keyof C['queries']> = z.output<C['queries'][Name]['body']>

/** Thrown at the boundary when a body does not fit the contract. */
export class Malformed extends Error {
  override name = 'Malformed'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.detail)
    this.refusal = refusal
  }
}

/** Reads parsed JSON by a schema of a contract; throws `Malformed` with every fault. */
export const readBody = <S extends z.ZodObject>(schema: S, raw: unknown): z.output<S> => {
  const result = schema.safeParse(raw)
  if (result.success) return result.data
  throw new Malformed(refusalOf(schema, raw, result.error.issues))
}

/** Reads query parameters by a schema: the same faults, an unknown one being `unknown_parameter`. */
export const readParameters = <S extends z.ZodObject>(schema: S, raw: Record<string, string>): z.output<S> => {
  const result = schema.safeParse(raw)
  if (result.success) return result.data
  const refusal = refusalOf(schema, raw, result.error.issues)
  throw new Malformed(refusal.code === 'unknown_field' ? { ...refusal, code: 'unknown_parameter' } : refusal)
}

type Fault = FieldFault & { code: ProblemCode }

const refusalOf = (schema: z.ZodObject, raw: unknown, issues: readonly z.core.$ZodIssue[]): Refusal => {
  const faults = issues.flatMap(issue => faultsOf(schema, raw, issue))
  const first = faults[0]
  if (!first) throw new Error('Cannot tell a fault: the schema refused without an issue')
  return {
    code: first.code,
    detail: faults.map(fault => `${fault.pointer}: ${fault.detail}`).join('; '),
    errors: faults.map(({ pointer, detail }) => ({ pointer, detail })),
  }
}

const faultsOf = (schema: z.ZodObject, raw: unknown, issue: z.core.$ZodIssue): Fault[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({
      code: 'unknown_field',
      pointer: pointerOf([...issue.path, key]),
      detail: `is not a field here; leave it out`,
    }))
  if (issue.path.length === 0) return [{ code: 'malformed_json', pointer: '#', detail: 'should be a JSON object' }]
  const pointer = pointerOf(issue.path)
  if (valueAt(raw, issue.path) === undefined) return [{ code: 'missing_field', pointer, detail: 'is missing' }]
  return [{ code: codeAt(schema, issue.path), pointer, detail: issue.message }]
}

// RFC 6901 in its URI fragment form. A hostile key may be long: what is shown of it is not.
const pointerOf = (path: readonly PropertyKey[]): string =>
  `#/${path.map(key => String(key).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown => {
  let value = raw
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

const codeAt = (schema: z.ZodType, path: readonly PropertyKey[]): ProblemCode => {
  let at: z.ZodType | undefined = schema
  for (const key of path) {
    while (at instanceof z.ZodOptional) at = at.unwrap() as z.ZodType
    at = at instanceof z.ZodObject ? (at.shape[String(key)] as z.ZodType | undefined) : undefined
  }
  while (at instanceof z.ZodOptional) at = at.unwrap() as z.ZodType
  return (at?.meta()?.problem as ProblemCode | undefined) ?? 'invalid_field'
}
