/** What an actor is: its contract, and how it decides, applies, answers and reacts. */
import type { z } from 'zod'
import type { Bus } from '../../bus/bus.ts'
import type { CommandBody, Contract, QueryBody } from '../../bus/contract.ts'
import type { Refusal } from '../../bus/problem.ts'
import type { Address } from '../../bus/subjects.ts'
import type { Figure } from '../../metrics/figure.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import type { Decision } from './decision.ts'
import type { AppliedEvent } from './event.ts'
import type { kernelContract } from './kernel-contract.ts'
import type { Store } from './store.ts'
import type { Vault } from './vault.ts'

/**
 * Facts that a decision may rest on and that are not in the tables. `now` is ms, never before the last entry's time;
 * `taken` the number of the last event of another log (`order/0`) that was taken in.
 */
export type Facts = { now: number; taken: (source: string) => number }

/** What is set from outside and enters into decisions. Money in minor units, times in ms. */
export type Settings = {
  /** Whether webhooks may go to programs of this machine: only while nobody else can ask for them. */
  webhooksToLoopback: boolean
  defaultPriceMinor: number | undefined
  letterPending: boolean
  firstUserId: number
  firstOrderId: number
  firstOperationId: number
  firstMessageId: number
  parkMs: number
  idempotencyHours: number
  /** The catalogue for a first start. */
  catalog: readonly { product_id: string; name: string; priceMinor: number }[]
}

type OwnCommand<C extends Contract> = Exclude<keyof C['commands'], keyof (typeof kernelContract)['commands']>
type OwnQuery<C extends Contract> = Exclude<keyof C['queries'], keyof (typeof kernelContract)['queries']>
type OwnEvent<C extends Contract> = Exclude<keyof C['events'], keyof (typeof kernelContract)['events']>

/** A query's answer: the reply, with its JSON where that was written already, or a no. */
export type Answer<T = unknown> = { reply: T; text?: string } | { refusal: Refusal }

/** What an effect tells its own actor: a command of `Behaviour.own`. `after` is called when its turn is committed. */
export type Told = { name: string; body: Record<string, unknown>; after?: () => void }

/** What an effect may use. `traceAfter`: the `traceparent` of what follows from an entry of the actor's log. */
export type EffectPorts = {
  bus: Bus
  clock: Clock
  random: Random
  traceAfter: (seq: number) => string | undefined
}

/** Something outside that rows of the tables ask for; carried out after the commit, and again until it succeeds. */
export type Effect = {
  name: string
  /** What the rows ask for by `now` (ms), one key each, the oldest first, and when the next one falls due. */
  due: (now: number) => { keys: string[]; nextAt?: number | undefined }
  /** The most keys at work at once. */
  atOnce: number
  /** Does it, and may tell what came of it. Must bear being done twice; throws to be tried again soon. */
  carryOut: (key: string, ports: EffectPorts) => Promise<Told | undefined>
  /** Whether everything is to be done again once the actor's stream was made anew. */
  againWithStream: boolean
}

/** An actor's rules over its own tables. Everything here is synchronous and touches nothing but the store. */
export type Behaviour<C extends Contract = Contract> = {
  /** Commands: what to make of a wish. */
  decide: { [Name in OwnCommand<C>]: (body: CommandBody<C, Name>, facts: Facts) => Decision }
  /** What its own effects tell it, by name; nobody else can. Total. */
  own?: Record<string, (body: Record<string, unknown>, facts: Facts) => Decision>
  /** Events: the only writers of the tables. */
  apply: { [Type in OwnEvent<C>]: (event: AppliedEvent) => void } & { PersonErased?: (event: AppliedEvent) => void }
  /** Queries. */
  answer: {
    [Name in OwnQuery<C>]: (
      body: QueryBody<C, Name>,
      bus: Bus,
    ) => Answer<z.input<C['queries'][Name]['reply']>> | Promise<Answer<z.input<C['queries'][Name]['reply']>>>
  }
  /** What events of other actors mean here, by actor and type. Total: there is nobody to tell a no. */
  react: Record<string, Record<string, (event: AppliedEvent, facts: Facts) => Decision>>
  /**
   * Whether any event of other actors is wished for at present; without it, always. While none is they are passed over,
   * some seconds at a time: events of the last seconds before a wish may therefore still come in.
   */
  wantsEvents?: () => boolean
  /** What an event is a step of, an order for one; its steps are found again by this name, across the actors. */
  thread?: (event: AppliedEvent) => string | undefined
  /** The keys (`waitsFor`) whose waiting an event ends. */
  wakes: (event: AppliedEvent) => string[]
  /** What is to be decided at every opening, before anything else; empty when it is done already. */
  atOpen: () => Decision[]
  effects: readonly Effect[]
  /** The next id of every kind that it allots, by kind; the tables ask `openIdFloors` by the same names. */
  nextIds?: () => Record<string, number>
  /**
   * What an operator should see of it besides what every actor tells; asked for every few seconds, so let it read no more
   * than an index. `committed`: how many entries of a type were committed since the process started.
   */
  figures?: (committed: (type: string) => number) => Figure[]
  /** What is wrong with the books, a line each; empty when all is well. */
  audit: () => string[]
}

/** An actor's definition; `open` gives its behaviour over the tables in `store`. */
export type ActorDefinition<C extends Contract = Contract> = {
  contract: C
  /** Its own tables, all of which follow from the log. */
  tables: readonly string[]
  /** Other actors whose events it takes in; the same cell of each. */
  listensTo: readonly string[]
  /** Queries of other actors that it puts itself, besides those that every reader does, by actor. */
  asks?: Readonly<Record<string, readonly string[]>>
  /** Whether it makes durable consumers on its log for whoever asks. */
  offersConsumers?: true
  open: (store: Store, vault: Vault, settings: Settings, address: Address) => Behaviour<C>
}

/** Any actor's definition, for the kernel, which knows none of them. */
// biome-ignore lint/suspicious/noExplicitAny: a behaviour is contravariant in its contract; the kernel calls it by name
export type AnyActorDefinition = ActorDefinition<any>
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyBehaviour = Behaviour<any>
