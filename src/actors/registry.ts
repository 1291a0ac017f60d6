/** Every actor there is: a new one is a folder and a line here. */
import { billingContract } from './billing/contract.ts'
import { CELLS } from './cells.ts'
import { notificationContract } from './notification/contract.ts'
import { orderContract } from './order/contract.ts'
import { webhookContract } from './webhook/contract.ts'

/** The contracts, by actor. */
export const CONTRACTS = {
  order: orderContract,
  billing: billingContract,
  notification: notificationContract,
  webhook: webhookContract,
} as const

export type ActorName = keyof typeof CONTRACTS

/** The names of all actors. */
export const ACTOR_NAMES = Object.keys(CONTRACTS) as ActorName[]

/** Every actor of every cell, by cell. */
export const ADDRESSES = CELLS.flatMap(cell => ACTOR_NAMES.map(actor => ({ actor, cell })))

/** Whether there is an actor of this name. */
export const isActorName = (name: string): name is ActorName => Object.hasOwn(CONTRACTS, name)
