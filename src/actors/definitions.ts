/** The actors themselves, for the processes that run them; the gateway imports only their contracts. */
import { billingActor } from './billing/actor.ts'
import type { AnyActorDefinition } from './kernel/actor.ts'
import { notificationActor } from './notification/actor.ts'
import type { Mailer } from './notification/mailer.ts'
import { orderActor } from './order/actor.ts'
import { ACTOR_NAMES, type ActorName } from './registry.ts'

/** By name; the notification actor here has no mail server. */
export const DEFINITIONS: Record<ActorName, AnyActorDefinition> = {
  order: orderActor,
  billing: billingActor,
  notification: notificationActor(),
}

/** The actor `name`, its letters going out by `mailer`. */
export const definitionOf = (name: ActorName, mailer: Mailer | undefined): AnyActorDefinition =>
  name === 'notification' ? notificationActor(mailer) : DEFINITIONS[name]

/** The actors that read the log of `name`, in the same cell. */
export const readersOf = (name: ActorName): ActorName[] =>
  ACTOR_NAMES.filter(reader => DEFINITIONS[reader].listensTo.includes(name))
