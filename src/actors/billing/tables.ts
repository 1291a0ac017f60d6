/** The billing actor's tables: accounts, operations, charges, and the double-entry books they rest on. */
import type { AppliedEvent } from '../kernel/event.ts'
import type { Store } from '../kernel/store.ts'
import { minorOf } from '../values.ts'
import type { OperationType } from './contract.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS accounts (
    user_id TEXT PRIMARY KEY,
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    closed INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS operations (
    operation_id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts,
    type TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    order_id TEXT,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS operations_of_user ON operations (user_id, operation_id);
  CREATE TABLE IF NOT EXISTS postings (
    operation_id INTEGER NOT NULL REFERENCES operations,
    account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    PRIMARY KEY (operation_id, account)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS charges (
    order_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    operation_id INTEGER
  ) STRICT, WITHOUT ROWID;
`

/** Their names. */
export const BILLING_TABLES = ['accounts', 'operations', 'postings', 'charges'] as const

/** Where money comes from and goes to; a user's own account in the books is `user:<id>`. */
const CASH = 'cash'
const SALES = 'sales'
const userAccount = (userId: string): string => `user:${userId}`

export type AccountRow = { user_id: string; balance_minor: number; closed: 0 | 1; version: number }
export type OperationRow = {
  operation_id: number
  user_id: string
  type: OperationType
  amount_minor: number
  order_id: string | null
  at: number
}
export type ChargeRow = {
  order_id: string
  user_id: string
  amount_minor: number
  outcome: 'withdrawn' | 'rejected' | 'refunded'
}

/** A part of a history. Times in ms, `from` and `to` both included; `after` is the last operation of the page before. */
export type HistoryFilter = {
  user_id: string
  after: number
  from: number
  to: number
  type: OperationType | null
  limit: number
}

/** Opens the tables in `store`. */
export const openBillingTables = (store: Store) => {
  store.exec(SCHEMA)
  const selectAccount = store.prepare<[string], AccountRow>('SELECT * FROM accounts WHERE user_id = ?')
  const insertAccount = store.prepare<[string, number]>('INSERT INTO accounts VALUES (?, 0, 0, ?)')
  const moveBalance = store.prepare<[number, number, string]>(
    'UPDATE accounts SET balance_minor = balance_minor + ?, version = ? WHERE user_id = ?',
  )
  const insertOperation = store.prepare<OperationRow>(
    'INSERT INTO operations VALUES (@operation_id, @user_id, @type, @amount_minor, @order_id, @at)',
  )
  const insertPosting = store.prepare<[number, string, number]>('INSERT INTO postings VALUES (?, ?, ?)')
  const closeAccount = store.prepare<[number, string]>('UPDATE accounts SET closed = 1, version = ? WHERE user_id = ?')
  const markRefunded = store.prepare<[string]>("UPDATE charges SET outcome = 'refunded' WHERE order_id = ?")
  const selectBalanceAt = store
    .prepare<[string, number], number | null>(
      `SELECT sum(CASE type WHEN 'withdrawal' THEN -amount_minor ELSE amount_minor END)
        FROM operations WHERE user_id = ? AND at <= ?`,
    )
    .pluck()
  const selectLastOperation = store.prepare<[], number | null>('SELECT max(operation_id) FROM operations').pluck()
  const selectHistory = store.prepare<HistoryFilter, OperationRow>(
    `SELECT * FROM operations WHERE user_id = @user_id AND operation_id > @after AND at >= @from AND at <= @to
      AND (@type IS NULL OR type = @type) ORDER BY operation_id LIMIT @limit`,
  )
  const selectCharge = store.prepare<[string], ChargeRow>(
    'SELECT order_id, user_id, amount_minor, outcome FROM charges WHERE order_id = ?',
  )
  const insertCharge = store.prepare<[string, string, number, ChargeRow['outcome'], number | null]>(
    'INSERT INTO charges VALUES (?, ?, ?, ?, ?)',
  )

  /** Writes one operation, the two postings behind it, and the balance that follows. */
  const book = (operation: OperationRow, sign: 1 | -1, against: string, version: number): void => {
    const { operation_id, user_id, amount_minor } = operation
    insertOperation.run(operation)
    insertPosting.run(operation_id, userAccount(user_id), sign * amount_minor)
    insertPosting.run(operation_id, against, -sign * amount_minor)
    moveBalance.run(sign * amount_minor, version, user_id)
  }

  return {
    account: (userId: string) => selectAccount.get(userId),
    /** The balance in minor units as it was at a moment (ms). */
    balanceAt: (userId: string, at: number) => selectBalanceAt.get(userId, at) ?? 0,
    charge: (orderId: string) => selectCharge.get(orderId),
    nextOperationId: (first: number) => String(Math.max(first, (selectLastOperation.get() ?? 0) + 1)),
    history: (filter: HistoryFilter) => selectHistory.all(filter),

    apply: {
      AccountOpened: ({ seq, user }: AppliedEvent) => {
        insertAccount.run(user as string, seq)
      },
      MoneyPut: ({ seq, at, user, data }: AppliedEvent) => {
        const amount_minor = minorOf(data.amount)
        const operation_id = Number(data.operation_id)
        book({ operation_id, user_id: user as string, type: 'refill', amount_minor, order_id: null, at }, 1, CASH, seq)
      },
      MoneyWithdrawn: ({ seq, at, user, data }: AppliedEvent) => {
        const amount_minor = minorOf(data.amount)
        const operation_id = Number(data.operation_id)
        const { order_id } = data
        book({ operation_id, user_id: user as string, type: 'withdrawal', amount_minor, order_id, at }, -1, SALES, seq)
        insertCharge.run(order_id, user as string, amount_minor, 'withdrawn', operation_id)
      },
      MoneyRefunded: ({ seq, at, user, data }: AppliedEvent) => {
        const amount_minor = minorOf(data.amount)
        const operation_id = Number(data.operation_id)
        const { order_id } = data
        book({ operation_id, user_id: user as string, type: 'refund', amount_minor, order_id, at }, 1, SALES, seq)
        markRefunded.run(order_id)
      },
      PersonErased: ({ seq, user }: AppliedEvent) => {
        closeAccount.run(seq, user as string)
      },
      // It tells of a charge that is here already.
      OutcomeRepeated: () => {},
      WithdrawalRejected: ({ user, data }: AppliedEvent) => {
        insertCharge.run(data.order_id, user as string, minorOf(data.amount), 'rejected', null)
      },
    },
  }
}

/** What is wrong with the books in `store`, a line each: postings sum to zero, a balance is the sum of its operations. */
export const auditBooks = (store: Store): string[] => {
  const lines = (sql: string): string[] => store.prepare<[], string>(sql).pluck().all()
  return [
    ...lines(`SELECT 'postings of operation ' || operation_id || ' sum to ' || sum(amount_minor) || ', not to 0'
      FROM postings GROUP BY operation_id HAVING sum(amount_minor) <> 0`),
    ...lines(`SELECT 'operation ' || operation_id || ' has ' || count(account) || ' postings, not 2'
      FROM operations LEFT JOIN postings USING (operation_id) GROUP BY operation_id HAVING count(account) <> 2`),
    ...lines(`SELECT 'balance of user ' || user_id || ' is ' || balance_minor || ', its operations make ' || total
      FROM (SELECT user_id, balance_minor, coalesce((SELECT sum(CASE type WHEN 'withdrawal' THEN -amount_minor ELSE amount_minor END)
        FROM operations WHERE operations.user_id = accounts.user_id), 0) AS total FROM accounts) WHERE balance_minor <> total`),
    ...lines(`SELECT 'balance of user ' || user_id || ' is ' || balance_minor || ', its postings make ' || total
      FROM (SELECT accounts.user_id, balance_minor, coalesce(sum(postings.amount_minor), 0) AS total FROM accounts
        LEFT JOIN operations USING (user_id)
        LEFT JOIN postings ON postings.operation_id = operations.operation_id AND account = 'user:' || accounts.user_id
        GROUP BY accounts.user_id) WHERE balance_minor <> total`),
    ...lines(`SELECT 'order ' || order_id || ' was given back more than it was charged'
      FROM operations JOIN charges USING (order_id) WHERE type = 'refund'
      GROUP BY order_id HAVING sum(operations.amount_minor) > min(charges.amount_minor)`),
    ...lines(`SELECT 'order ' || order_id || ' was charged ' || count(*) || ' times'
      FROM operations WHERE type = 'withdrawal' GROUP BY order_id HAVING count(*) <> 1`),
  ]
}
