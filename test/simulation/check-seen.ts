/** Checks of what was shown to those who looked: it happened, and it still stands in the log. */
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import type { FinalState } from './final-state.ts'
import type { Fact } from './history.ts'
import type { Seen } from './reading.ts'

/** What an entry makes visible. */
const shows = ({ actor, type, data }: Fact): string | undefined => {
  if (actor === 'order' && STATUS_AFTER[type]) return `order ${data.order_id} ${STATUS_AFTER[type]}`
  if (actor === 'billing' && data.operation_id) return `operation ${data.operation_id}`
  if (actor === 'notification' && data.message_id) return `letter ${data.message_id}`
  return undefined
}

const STATUS_AFTER: Record<string, string> = {
  OrderCreated: 'Pending',
  OrderConfirmed: 'Confirmed',
  OrderRejected: 'Rejected',
  OrderCancelled: 'Cancelled',
  OrderRefunded: 'Refunded',
}

const wasShown = ({ what, id, status }: Seen): string => (what === 'order' ? `order ${id} ${status}` : `${what} ${id}`)

/** What was shown and is not there, and orders that went back to an earlier state, a line each. */
export const checkSeen = ({ logs, history, seen, disputed }: FinalState): string[] => {
  const there = new Set(ACTOR_NAMES.flatMap(actor => logs[actor].facts.map(shows)))
  const gone = new Set(
    history
      .facts()
      .filter(({ chain }) => history.isDestroyed(chain))
      .map(shows),
  )
  const faults: string[] = []
  const ended = new Map<string, string>()
  for (const one of seen) {
    const shown = wasShown(one)
    if (gone.has(shown) || disputed.has(one.actor)) continue
    if (!there.has(shown)) faults.push(`somebody was shown ${shown}, and it is not in the log of ${one.actor}`)
    if (one.what !== 'order') continue
    const before = ended.get(one.id)
    if (before !== undefined && one.status === 'Pending') faults.push(`order ${one.id} was ${before}, and then Pending`)
    if (one.status !== 'Pending') ended.set(one.id, one.status)
  }
  return faults
}
