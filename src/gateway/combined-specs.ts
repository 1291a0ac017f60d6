/** Questions that no single actor can answer: the gateway asks all of them. */
import { z } from 'zod'
import { shownOperation } from '../actors/billing/contract.ts'
import { pageOf } from '../actors/kernel/kernel-contract.ts'
import { heldCommand, timelineStep } from '../actors/kernel/shown-shapes.ts'
import { letterInFull } from '../actors/notification/contract.ts'
import { shownOrder, shownUser } from '../actors/order/contract.ts'
import { id, shownBalance, shownMoment } from '../actors/values.ts'
import type { QuerySpec } from '../bus/contract.ts'

/** What happened to an order. */
export const ORDER_TIMELINE: QuerySpec = {
  summary: 'what happened to an order, across the actors, each step with its place in the logs',
  body: z.strictObject({ order_id: id }),
  reply: pageOf(timelineStep),
  refusals: ['order_not_found'],
}

/** What happens, event by event. */
export const EVENTS: QuerySpec = {
  summary: 'what happens, across the actors, as it happens: server-sent events, which go on from `Last-Event-ID`',
  body: z.strictObject({}),
  reply: timelineStep,
  refusals: [],
}

/** What is held on a person. */
export const USER_EXPORT: QuerySpec = {
  summary: 'everything that is held on a person',
  body: z.strictObject({ user_id: id }),
  reply: z.object({
    exported_at: shownMoment,
    user: shownUser,
    balance: shownBalance,
    orders: z.array(shownOrder),
    operations: z.array(shownOperation),
    letters: z.array(letterInFull),
    commands: z.array(heldCommand).describe('Queued commands that wait or lie among the dead letters.'),
  }),
  refusals: ['user_not_found'],
}

/** What every process counts of itself. */
export const METRICS: QuerySpec = {
  summary: 'figures of every process, as Prometheus reads them (text format 0.0.4)',
  body: z.strictObject({}),
  reply: z.string(),
  refusals: [],
}
