/** One line of the gateway's table: this HTTP request is that message. */
import type { ActorName } from '../actors/registry.ts'
import type { CommandSpec, Contract, QuerySpec } from '../bus/contract.ts'
import type { Address as Owner } from '../bus/subjects.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Address = { method: Method; path: string; success: 200 | 201 | 202; actor: ActorName }

/** The field of a command that `If-Match` fills. */
export const VERSION_FIELD = 'if_version'

/** The fields that stand in a path: `order_id` of `/v1/orders/:order_id`. */
export const pathFields = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string)

/**
 * A command that somebody waits for. Fields come from the path, the version from `If-Match`, the others from the body.
 * `cellBy` is the field that tells the cell, without one the key does; `settles` what the reply waits for; `location`
 * where the thing made can be read; `madeIf` a field of the reply that says whether something was made, so that it is
 * 201; `answeredBy` a query with the same body whose reply is ours.
 */
export type CommandRoute = Address & {
  kind: 'command'
  name: string
  spec: CommandSpec
  cellBy?: string
  settles?: 'order' | 'account' | 'cancellation' | 'refund' | 'erasure'
  location?: (reply: Record<string, unknown>) => string
  madeIf?: string
  answeredBy?: { name: string; spec: QuerySpec }
}

/** A question about one thing; its `version` is the `ETag`. */
export type QueryRoute = Address & { kind: 'query'; name: string; spec: QuerySpec; cellBy: string }

/** A question whose pages become one bare array; `csv`: or CSV, for who wishes it. */
export type ListRoute = Address & { kind: 'list'; name: string; spec: QuerySpec; cellBy: string; csv?: true }

/** A question for one page of a list. Without the field that tells the cell, all cells are meant. */
export type PageRoute = Address & { kind: 'page'; name: string; spec: QuerySpec; cellBy?: string }

/** What happened to an order, from every actor's log. */
export type TimelineRoute = Address & { kind: 'timeline'; name: string; spec: QuerySpec }

/** Everything that is held on a person, from all actors. */
export type ExportRoute = Address & { kind: 'export'; name: string; spec: QuerySpec }

/** A command that is accepted as soon as the broker has it on disk. */
export type QueueRoute = Address & { kind: 'queue'; name: string; spec: CommandSpec; cellBy: string }

/** The dead letters of every actor in one list. */
export type DeadLettersRoute = Omit<Address, 'actor'> & { kind: 'dead-letters'; name: string; spec: QuerySpec }

/** A command to the actor whose dead letter it is; the letter's id tells which. */
export type DeadLetterRoute = Omit<Address, 'actor'> & { kind: 'dead-letter'; name: string; spec: CommandSpec }

/** What happens from now on, in every actor's log, for as long as the client listens; `spec.reply` is one event. */
export type EventsRoute = Omit<Address, 'actor'> & { kind: 'events'; name: string; spec: QuerySpec }
/** What every process counts of itself, as text. */
export type MetricsRoute = Omit<Address, 'actor'> & { kind: 'metrics'; name: string; spec: QuerySpec }

/** Something is broken on purpose, by whom `by` names. Each time it is asked, once more: it takes no key. */
export type BreakageRoute = Omit<Address, 'actor'> & { kind: 'breakage'; by: Owner; name: string; spec: CommandSpec }

export type Route =
  | CommandRoute
  | QueryRoute
  | ListRoute
  | PageRoute
  | TimelineRoute
  | ExportRoute
  | QueueRoute
  | DeadLettersRoute
  | DeadLetterRoute
  | EventsRoute
  | MetricsRoute
  | BreakageRoute

/** Whether it is carried out once under an `Idempotency-Key`. */
export const takesKey = ({ method, kind }: Route): boolean => method !== 'GET' && kind !== 'breakage'

/** The fields of a command that its body has: those that neither the path nor `If-Match` tells. */
export const bodyFields = ({ path, spec }: { path: string; spec: CommandSpec }): string[] => {
  const elsewhere = new Set([...pathFields(path), VERSION_FIELD])
  return Object.keys(spec.body.shape).filter(name => !elsewhere.has(name))
}

type Names<Part> = keyof Part & string
type FieldOf<Spec> = Spec extends { body: { shape: infer Shape } } ? keyof Shape & string : never

// What these three give still knows its own path, status and contract: `client.ts` makes the types of a client of it.

/** A command of `contract` by its name; the compiler knows both the name and the fields. */
export const command = <
  C extends Contract,
  Name extends Names<C['commands']>,
  const Path extends string,
  const Success extends Address['success'],
  const Verb extends Exclude<Method, 'GET'> = 'POST',
  Query extends Names<C['queries']> = never,
  const Made extends string = never,
>(
  contract: C,
  name: Name,
  route: Pick<CommandRoute, 'settles' | 'location'> & {
    path: Path
    success: Success
    method?: Verb
    cellBy?: FieldOf<C['commands'][Name]>
    answeredBy?: Query
    madeIf?: Made
  },
) => {
  const { answeredBy, ...rest } = route
  const second = answeredBy && { name: answeredBy, spec: contract.queries[answeredBy] }
  return {
    kind: 'command' as const,
    actor: contract.actor as ActorName,
    name,
    spec: contract.commands[name] as C['commands'][Name],
    ...rest,
    method: (route.method ?? 'POST') as Verb,
    madeIf: route.madeIf as [Made] extends [never] ? undefined : NoInfer<Made>,
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

/** A query of `contract`, for one thing or for a list; of all cells only a page can be asked. */
export const query = <
  Kind extends 'query' | 'list' | 'page',
  C extends Contract,
  Name extends Names<C['queries']>,
  const Path extends string,
>(
  kind: Kind,
  contract: C,
  name: Name,
  route: { path: Path; csv?: true } & (Kind extends 'page'
    ? { cellBy?: FieldOf<C['queries'][Name]> }
    : { cellBy: FieldOf<C['queries'][Name]> }),
) => ({
  kind,
  method: 'GET' as const,
  success: 200 as const,
  actor: contract.actor as ActorName,
  name,
  spec: contract.queries[name] as C['queries'][Name],
  ...route,
})
