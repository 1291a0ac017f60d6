/** Checks of the orders: each comes to one end, with the one charge and the letters that belong to that end. */
import { doubled, type Evidence, type Violation, wrong } from './evidence.ts'
import type { LogEntry, Row } from './store-copy.ts'

const ENDS: Record<string, string> = {
  OrderConfirmed: 'Confirmed',
  OrderRejected: 'Rejected',
  OrderCancelled: 'Cancelled',
}
const LETTERS = new Set(['LetterSent', 'LetterQueued', 'LetterSuppressed'])

const byOrder = (log: LogEntry[], types: readonly string[]): Map<string, LogEntry[]> =>
  Map.groupBy(
    log.filter(({ type }) => types.includes(type)),
    ({ data }) => String(data.order_id),
  )

export const checkOrders = (evidence: Evidence): Violation[] => {
  const { order, billing, notification } = evidence.stores
  const created = byOrder(order.log, ['OrderCreated'])
  const ends = byOrder(order.log, Object.keys(ENDS))
  const refunds = byOrder(order.log, ['OrderRefunded'])
  const charges = byOrder(billing.log, ['MoneyWithdrawn'])
  const refusals = byOrder(billing.log, ['WithdrawalRejected'])
  const given = byOrder(billing.log, ['MoneyRefunded'])
  const letters = Map.groupBy(
    notification.rows('SELECT order_id, notification_type, status FROM letters WHERE order_id IS NOT NULL'),
    row => String(row.order_id),
  )
  const rows = new Map(order.rows('SELECT order_id, status FROM orders').map(row => [String(row.order_id), row.status]))
  const found: Violation[] = []

  for (const [id, [first, ...more]] of created) {
    if (more.length > 0) found.push(doubled(`order ${id} was created ${more.length + 1} times`))
    const ended = ends.get(id) ?? []
    const end = ENDS[ended[0]?.type as string]
    const charged = charges.get(id) ?? []
    const refunded = refunds.get(id) ?? []
    const back = given.get(id) ?? []
    const types = (letters.get(id) ?? []).map(row => String(row.notification_type))
    const letterOf = (type: string) => types.filter(one => one === type).length

    if (ended.length > 1) found.push(doubled(`order ${id} ended ${ended.length} times`))
    if (charged.length > 1) found.push(doubled(`order ${id} was charged ${charged.length} times`))
    if (refunded.length > 1 || back.length > 1) found.push(doubled(`order ${id} was given back more than once`))
    if (new Set(types).size < types.length) found.push(doubled(`order ${id} has a letter twice: ${types.join(', ')}`))
    if (!end) {
      found.push(wrong(`order ${id} never came to an end`))
      continue
    }
    const status = refunded.length > 0 ? 'Refunded' : end
    if (rows.get(id) !== status) found.push(wrong(`order ${id} is ${status} by the log, ${rows.get(id)} in the table`))
    if (letterOf(`order_${end.toLowerCase()}`) !== 1) found.push(wrong(`order ${id} is ${end} and has no letter of it`))
    for (const other of ['confirmed', 'rejected', 'cancelled'].filter(other => other !== end.toLowerCase()))
      if (letterOf(`order_${other}`) > 0)
        found.push(wrong(`order ${id} is ${end} and has a letter that it is ${other}`))
    if (letterOf('order_refunded') !== refunded.length)
      found.push(wrong(`order ${id}: its refund and its letter differ`))

    const [charge] = charged
    if (charge && (charge.user !== first!.user || charge.data.amount !== first!.data.total_amount))
      found.push(
        wrong(`order ${id} of ${first!.data.total_amount} was charged ${charge.data.amount} to ${charge.user}`),
      )
    if (end === 'Confirmed' && !charge) found.push(wrong(`order ${id} is Confirmed and was not charged`))
    if (end === 'Rejected' && charge) found.push(wrong(`order ${id} is Rejected and was charged`))
    if (end === 'Rejected' && !refusals.has(id)) found.push(wrong(`order ${id} is Rejected, and billing never said so`))
    const backWanted = end === 'Cancelled' ? charge?.data.amount : refunded[0]?.data.amount
    if (back[0]?.data.amount !== backWanted)
      found.push(wrong(`order ${id} is ${status}: ${backWanted} should have come back, ${back[0]?.data.amount} did`))
  }
  for (const id of new Set([...charges.keys(), ...refusals.keys(), ...letters.keys(), ...ends.keys()]))
    if (!created.has(id)) found.push(wrong(`order ${id} has a charge, an end or a letter, and there is no such order`))
  if (rows.size !== created.size) found.push(wrong(`the log has ${created.size} orders, the table ${rows.size}`))
  return [...found, ...checkIds(evidence), ...checkLetterRows(evidence), ...checkTerminal(evidence, rows)]
}

/** No id names two things. */
const checkIds = ({ stores }: Evidence): Violation[] => {
  const idOf: Record<string, (entry: LogEntry) => unknown> = {
    user: ({ type, data }) => (type === 'UserCreated' ? data.user_id : undefined),
    letter: ({ actor, command, cause, data }) =>
      actor === 'notification' && (command ?? cause) ? data.message_id : undefined,
  }
  return Object.entries(idOf).flatMap(([what, id]) => {
    const seen = new Set<string>()
    return [...stores.order.log, ...stores.notification.log].flatMap(entry => {
      const name = id(entry)
      if (name === undefined) return []
      const twice = seen.has(String(name))
      seen.add(String(name))
      return twice
        ? [doubled(`${what} ${name} was given out twice, the second time by ${entry.actor}/${entry.seq}`)]
        : []
    })
  })
}

/** The table of letters holds what the log has written, each once. */
const checkLetterRows = ({ stores: { notification } }: Evidence): Violation[] => {
  const written = new Set(
    notification.log.filter(({ type }) => LETTERS.has(type)).map(({ data }) => String(data.message_id)),
  )
  const rows = notification.rows('SELECT message_id FROM letters').map(row => String(row.message_id))
  return rows.length === written.size && rows.every(id => written.has(id))
    ? []
    : [wrong(`the log has ${written.size} letters, the table ${rows.length}`)]
}

const NEXT: Record<string, readonly string[]> = {
  Pending: ['Confirmed', 'Rejected', 'Cancelled', 'Refunded'],
  Confirmed: ['Refunded'],
}

/** What somebody has read as the end of an order stays its end; only a confirmed one may yet be refunded. */
const checkTerminal = ({ story }: Evidence, rows: Map<string, Row[string] | undefined>): Violation[] =>
  [...story.seen].flatMap(([id, statuses]) => {
    const way = [...statuses, String(rows.get(id))]
    return way.slice(1).flatMap((to, index) => {
      const from = way[index]!
      return from === to || NEXT[from]?.includes(to) ? [] : [wrong(`order ${id} was ${from}, and ${to} later`)]
    })
  })
