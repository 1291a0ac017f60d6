/** One line of the gateway's table: this HTTP request is that message. */
import type { ActorName } from '../actors/registry.ts'
import type { CommandSpec, Contract, QuerySpec } from '../bus/contract.ts'

type Address = { method: 'GET' | 'POST'; path: string; success: 200 | 201 | 202; actor: ActorName }

/**
 * A command that somebody waits for. `cellBy` is the field that tells the cell, without one the key does; `settles` what
 * the reply waits for; `location` where the thing made can be read; `answeredBy` a query with the same body whose reply is ours.
 */
export type CommandRoute = Address & {
  kind: 'command'
  name: string
  spec: CommandSpec
  cellBy?: string
  settles?: 'order' | 'account'
  location?: (reply: Record<string, unknown>) => string
  answeredBy?: { name: string; spec: QuerySpec }
}

/** A question about one thing; its `version` is the `ETag`. */
export type QueryRoute = Address & { kind: 'query'; name: string; spec: QuerySpec; cellBy: string }

/** A question whose pages become one bare array. */
export type ListRoute = Address & { kind: 'list'; name: string; spec: QuerySpec; cellBy: string }

/** A command that is accepted as soon as the broker has it on disk. */
export type QueueRoute = Address & { kind: 'queue'; name: string; spec: CommandSpec; cellBy: string }

/** The dead letters of every actor in one list. */
export type DeadLettersRoute = Omit<Address, 'actor'> & { kind: 'dead-letters'; name: string; spec: QuerySpec }

/** A command to the actor whose dead letter it is; the letter's id tells which. */
export type DeadLetterRoute = Omit<Address, 'actor'> & { kind: 'dead-letter'; name: string; spec: CommandSpec }

export type Route = CommandRoute | QueryRoute | ListRoute | QueueRoute | DeadLettersRoute | DeadLetterRoute

type Names<Part> = keyof Part & string
type FieldOf<Spec> = Spec extends { body: { shape: infer Shape } } ? keyof Shape & string : never

// What these three give still knows its own path, status and contract: `client.ts` makes the types of a client of it.

/** A command of `contract` by its name; the compiler knows both the name and the fields. */
export const command = <
  C extends Contract,
  Name extends Names<C['commands']>,
  const Path extends string,
  const Success extends Address['success'],
  Query extends Names<C['queries']> = never,
>(
  contract: C,
  name: Name,
  route: Pick<CommandRoute, 'settles' | 'location'> & {
    path: Path
    success: Success
    cellBy?: FieldOf<C['commands'][Name]>
    answeredBy?: Query
  },
) => {
  const { answeredBy, ...rest } = route
  const second = answeredBy && { name: answeredBy, spec: contract.queries[answeredBy] }
  return {
    kind: 'command' as const,
    method: 'POST' as const,
    actor: contract.actor as ActorName,
    name,
    spec: contract.commands[name] as C['commands'][Name],
    ...rest,
    answeredBy: second as [Query] extends [never] ? undefined : { name: string; spec: C['queries'][Query] },
  }
}

/** A command of `contract` that goes through the queue. */
export const queued = <C extends Contract, Name extends Names<C['commands']>, const Path extends string>(
  contract: C,
  name: Name,
  route: { path: Path; cellBy: FieldOf<C['commands'][Name]> },
) => ({
  kind: 'queue' as const,
  method: 'POST' as const,
  success: 202 as const,
  actor: contract.actor as ActorName,
  name,
  spec: contract.commands[name] as C['commands'][Name],
  ...route,
})

/** A query of `contract`, for one thing or for a list. */
export const query = <
  Kind extends 'query' | 'list',
  C extends Contract,
  Name extends Names<C['queries']>,
  const Path extends string,
>(
  kind: Kind,
  contract: C,
  name: Name,
  route: { path: Path; cellBy: FieldOf<C['queries'][Name]> },
) => ({
  kind,
  method: 'GET' as const,
  success: 200 as const,
  actor: contract.actor as ActorName,
  name,
  spec: contract.queries[name] as C['queries'][Name],
  ...route,
})
