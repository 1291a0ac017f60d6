/** The actors themselves, for the processes that run them; the gateway imports only their contracts. */
import type { Random } from '../world/random.ts'
import { systemRandom } from '../world/random.ts'
import { billingActor } from './billing/actor.ts'
import type { AnyActorDefinition } from './kernel/actor.ts'
import { notificationActor } from './notification/actor.ts'
import type { CaughtLetters, Mailer } from './notification/mailer.ts'
import { orderActor } from './order/actor.ts'
import { ACTOR_NAMES, type ActorName, CONTRACTS } from './registry.ts'
import { webhookActor } from './webhook/actor.ts'
import type { Poster } from './webhook/poster.ts'

/** By what actors reach the world outside. */
export type Outside = {
  mailer?: Mailer | undefined
  caught?: CaughtLetters | undefined
  poster?: Poster | undefined
  random?: Random
}

/** Where nothing goes out. */
const NO_WAY_OUT: Poster = { post: async () => ({ outcome: 'failed', error: 'no way out' }), close: () => {} }

/** The actor `name`. Without a mailer letters count as sent; without a poster no webhook arrives. */
export const definitionOf = (name: ActorName, { mailer, caught, poster, random }: Outside = {}): AnyActorDefinition => {
  switch (name) {
    case 'order':
      return orderActor
    case 'billing':
      return billingActor
    case 'notification':
      return notificationActor(mailer, caught)
    case 'webhook':
      return webhookActor({
        poster: poster ?? NO_WAY_OUT,
        randomBytes: (random ?? systemRandom).bytes,
        sources: ACTOR_NAMES.filter(other => other !== 'webhook').map(other => CONTRACTS[other]),
      })
  }
}

/** By name, with nothing that leads outside. */
export const DEFINITIONS = Object.fromEntries(ACTOR_NAMES.map(name => [name, definitionOf(name)])) as Record<
  ActorName,
  AnyActorDefinition
>

/** The actors that read the log of `name`, in the same cell. */
export const readersOf = (name: ActorName): ActorName[] =>
  ACTOR_NAMES.filter(reader => DEFINITIONS[reader].listensTo.includes(name))
