/** Checks of the money: postings sum to zero, a balance is what its operations make at every step, and never below zero. */
import { doubled, type Evidence, type Violation, wrong } from './evidence.ts'
import type { LogEntry } from './store-copy.ts'

/** Minor units of an amount or a balance as the API writes it, by its digits. */
export const minorOf = (amount: string | number): number => {
  const [, whole = '0', cents = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(String(amount)) ?? []
  return Number(whole) * 100 + Number(cents.padEnd(2, '0'))
}

const OPERATIONS: Record<string, { type: string; sign: 1 | -1 }> = {
  MoneyPut: { type: 'refill', sign: 1 },
  MoneyWithdrawn: { type: 'withdrawal', sign: -1 },
  MoneyRefunded: { type: 'refund', sign: 1 },
}

export const checkMoney = (evidence: Evidence): Violation[] => [
  ...checkPostings(evidence),
  ...checkPrefixes(evidence),
  ...checkShown(evidence),
]

const checkPostings = ({ stores: { billing } }: Evidence): Violation[] => [
  ...billing
    .rows(
      `SELECT operation_id, sum(amount_minor) AS total, count(*) AS parts FROM postings
        GROUP BY operation_id HAVING total <> 0 OR parts <> 2`,
    )
    .map(({ operation_id, total }) => wrong(`the postings of operation ${operation_id} sum to ${total}`)),
  ...billing
    .rows(
      `SELECT operation_id FROM operations WHERE NOT EXISTS
        (SELECT 1 FROM postings WHERE postings.operation_id = operations.operation_id)`,
    )
    .map(({ operation_id }) => wrong(`operation ${operation_id} has no postings`)),
]

/** Reckons every balance anew from the log, entry by entry, and compares with what the tables have come to. */
const checkPrefixes = ({ stores: { billing } }: Evidence): Violation[] => {
  const found: Violation[] = []
  const balances = new Map<string, number>()
  const operations = new Map<string, LogEntry>()
  for (const entry of billing.log) {
    const operation = OPERATIONS[entry.type]
    if (!operation) continue
    const { operation_id, amount, balance: said } = entry.data
    const user = String(entry.user)
    const balance = (balances.get(user) ?? 0) + operation.sign * minorOf(amount)
    balances.set(user, balance)
    if (balance < 0) found.push(wrong(`billing/${entry.seq} takes the balance of ${user} to ${balance}`))
    if (minorOf(said) !== balance)
      found.push(wrong(`billing/${entry.seq} says a balance of ${said}; its operations make ${balance / 100}`))
    if (operations.has(operation_id)) found.push(doubled(`operation ${operation_id} is there twice`))
    operations.set(operation_id, entry)
  }

  const rows = billing.rows('SELECT operation_id, user_id, type, amount_minor FROM operations')
  if (rows.length !== operations.size)
    found.push(wrong(`the log has ${operations.size} operations, the table ${rows.length}`))
  for (const { operation_id, user_id, type, amount_minor } of rows) {
    const entry = operations.get(String(operation_id))
    const same =
      entry?.user === user_id &&
      OPERATIONS[entry?.type as string]?.type === type &&
      minorOf(entry?.data.amount) === amount_minor
    if (!same) found.push(wrong(`operation ${operation_id} of the table is not what the log says`))
  }
  for (const { user_id, balance_minor } of billing.rows('SELECT user_id, balance_minor FROM accounts'))
    if (balance_minor !== (balances.get(String(user_id)) ?? 0))
      found.push(
        wrong(`the balance of ${user_id} is ${balance_minor}, its operations make ${balances.get(String(user_id))}`),
      )
  return found
}

/** What HTTP shows at the end is what the copies hold. */
const checkShown = ({ shown, stores: { billing } }: Evidence): Violation[] => {
  const balances = new Map(
    billing.rows('SELECT user_id, balance_minor FROM accounts').map(row => [String(row.user_id), row.balance_minor]),
  )
  const histories = Map.groupBy(
    billing.rows('SELECT operation_id, user_id, type, amount_minor FROM operations ORDER BY operation_id'),
    row => String(row.user_id),
  )
  return shown.flatMap(({ userId, balance, history }) => {
    const stored = (histories.get(userId) ?? []).map(row => `${row.operation_id} ${row.type} ${row.amount_minor}`)
    const told = history.map(row => `${row.operation_id} ${row.type} ${minorOf(row.amount)}`)
    return [
      ...(minorOf(balance) === balances.get(userId) ? [] : [wrong(`HTTP shows a balance of ${balance} for ${userId}`)]),
      ...(stored.join() === told.join() ? [] : [wrong(`HTTP shows another history of ${userId} than the store has`)]),
    ]
  })
}
