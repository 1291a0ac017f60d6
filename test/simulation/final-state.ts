/** What there is at the end of a run, for the checks: the logs as they are then, read. */
import type { AnyActorDefinition } from '../../src/actors/kernel/actor.ts'
import type { Store } from '../../src/actors/kernel/store.ts'
import { ACTOR_NAMES, type ActorName } from '../../src/actors/registry.ts'
import type { Entry } from '../../src/bus/entry.ts'
import { streamOf } from '../../src/bus/subjects.ts'
import type { Promised } from './clients.ts'
import { type Fact, type History, readFact } from './history.ts'
import type { Receipt } from './mail-server.ts'
import type { Sent } from './queue-senders.ts'
import type { Seen } from './reading.ts'
import { lookAt } from './simulated-process.ts'
import type { World } from './world.ts'

export type FinalLog = { store: Store; keys: Store; facts: Fact[]; streamChains: (string | undefined)[] }

export type FinalState = {
  logs: Record<ActorName, FinalLog>
  history: History
  promised: readonly Promised[]
  carriedOutAnew: readonly Promised[]
  sent: readonly Sent[]
  seen: readonly Seen[]
  settings: World['settings']
  /** What the mail server has taken. */
  receipts: readonly Receipt[]
  delivered: World['delivered']
  /** Somebody was told that histories differ: then not everything comes to its end by itself. */
  loud: boolean
  /** Somebody has decided then: the shop is whole again, without what was given up. */
  decided: boolean
  /** Nothing went wrong at all. */
  calm: boolean
  /** Whose history it is that differs. */
  disputed: Set<ActorName>
  definitions: Record<ActorName, AnyActorDefinition>
  /** Who had a second process on a copy of its store. */
  twoOwners: Set<ActorName>
  /** Who had two owners, one of which said that it lacks keys. */
  lackedKeys: Set<ActorName>
}

/** What those who used the shop remember. */
export type Memories = Pick<FinalState, 'promised' | 'carriedOutAnew' | 'sent' | 'seen' | 'loud' | 'decided' | 'calm'>

/** Reads the end of `world`. The stores must be closed by the caller. */
export const readFinalState = (world: World, memories: Memories): FinalState => {
  const logs = Object.fromEntries(
    ACTOR_NAMES.map(actor => {
      const { store, keys } = lookAt(world.sites[actor])
      const entries = store.prepare<[], Entry>('SELECT seq, chain, subject, headers, body FROM log ORDER BY seq').all()
      const messages = world.broker.messages(streamOf({ actor, cell: 0 }))
      const log: FinalLog = {
        store,
        keys,
        facts: entries.map(entry => world.history.factOf(entry.chain) ?? readFact(actor, entry)),
        streamChains: messages.map(({ headers }) => headers['Nats-Msg-Id']),
      }
      return [actor, log]
    }),
  ) as Record<ActorName, FinalLog>
  return {
    logs,
    history: world.history,
    settings: world.settings,
    receipts: world.mail.receipts,
    delivered: world.delivered,
    definitions: Object.fromEntries(ACTOR_NAMES.map(actor => [actor, world.sites[actor].definition])) as Record<
      ActorName,
      AnyActorDefinition
    >,
    ...memories,
    disputed: new Set(world.alarms.map(({ source }) => source)),
    twoOwners: new Set(ACTOR_NAMES.filter(actor => world.sites[actor].hadTwoOwners)),
    lackedKeys: new Set(ACTOR_NAMES.filter(actor => world.sites[actor].lackedKeys)),
  }
}
