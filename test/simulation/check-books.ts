/** Checks of the money, reckoned from the log alone: a balance is what came in less what went out, and never below zero. */
import { minorOf } from '../../src/actors/values.ts'
import type { FinalState } from './final-state.ts'

/** Whether an event brings money or takes it. */
const SIGN: Record<string, 1 | -1> = { MoneyPut: 1, MoneyWithdrawn: -1, MoneyRefunded: 1 }

/** What is wrong with the books, a line each. */
export const checkBooks = ({ logs }: FinalState): string[] => {
  const faults: string[] = []
  const { facts, store } = logs.billing
  const balances = new Map<string, number>()
  for (const { type, seq, user, data } of facts) {
    const sign = SIGN[type]
    if (sign === undefined) continue
    const balance = (balances.get(user as string) ?? 0) + sign * minorOf(data.amount)
    balances.set(user as string, balance)
    if (balance < 0) faults.push(`billing/${seq} takes the balance of ${user} to ${balance}`)
    if (Math.round(data.balance * 100) !== balance)
      faults.push(`billing/${seq} says a balance of ${data.balance}, and it is ${balance / 100}`)
  }
  const rows = store.prepare<[], { user_id: string; balance_minor: number }>(
    'SELECT user_id, balance_minor FROM accounts',
  )
  for (const { user_id, balance_minor } of rows.all())
    if (balance_minor !== (balances.get(user_id) ?? 0))
      faults.push(`the balance of ${user_id} is ${balance_minor}, its operations make ${balances.get(user_id)}`)
  const sum = store.prepare<[], number | null>('SELECT sum(amount_minor) FROM postings').pluck().get() ?? 0
  if (sum !== 0) faults.push(`all postings sum to ${sum}`)
  return faults
}
