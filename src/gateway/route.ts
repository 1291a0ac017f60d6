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

/** A command of `contract` by its name; the compiler knows both the name and the fields. */
export const command = <C extends Contract, Name extends Names<C['commands']>, Query extends Names<C['queries']>>(
  contract: C,
  name: Name,
  route: Pick<CommandRoute, 'path' | 'success' | 'settles' | 'location'> & {
    cellBy?: FieldOf<C['commands'][Name]>
    answeredBy?: Query
  },
): CommandRoute => {
  const { answeredBy, ...rest } = route
  const second = answeredBy && { name: answeredBy, spec: contract.queries[answeredBy] as QuerySpec }
  return {
    kind: 'command',
    method: 'POST',
    actor: contract.actor as ActorName,
    name,
    spec: contract.commands[name] as CommandSpec,
    ...rest,
    ...(second ? { answeredBy: second } : {}),
  }
}

/** A command of `contract` that goes through the queue. */
export const queued = <C extends Contract, Name extends Names<C['commands']>>(
  contract: C,
  name: Name,
  route: { path: string; cellBy: FieldOf<C['commands'][Name]> },
): QueueRoute => ({
  kind: 'queue',
  method: 'POST',
  success: 202,
  actor: contract.actor as ActorName,
  name,
  spec: contract.commands[name] as CommandSpec,
  ...route,
})

/** A query of `contract`, for one thing or for a list. */
export const query = <Kind extends 'query' | 'list', C extends Contract, Name extends Names<C['queries']>>(
  kind: Kind,
  contract: C,
  name: Name,
  route: { path: string; cellBy: FieldOf<C['queries'][Name]> },
) => ({
  kind,
  method: 'GET' as const,
  success: 200 as const,
  actor: contract.actor as ActorName,
  name,
  spec: contract.queries[name] as QuerySpec,
  ...route,
})
