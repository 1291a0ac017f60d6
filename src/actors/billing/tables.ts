/** The billing actor's tables: accounts, operations, charges, and the double-entry books they rest on. */
import type { AppliedEvent } from '../kernel/event.ts'
import { rowStatement } from '../kernel/row-statement.ts'
import { rowSums, SUM_COLUMN, type Summed } from '../kernel/row-sum.ts'
import type { Store } from '../kernel/store.ts'
import { minorOf } from '../values.ts'
import type { OperationType } from './contract.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS accounts (
    user_id TEXT PRIMARY KEY,
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    closed INTEGER NOT NULL,
    version INTEGER NOT NULL,
    ${SUM_COLUMN}
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS operations (
    operation_id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts,
    type TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    order_id TEXT,
    at INTEGER NOT NULL,
    ${SUM_COLUMN}
  ) STRICT;
  -- The whole row: a page of history is read from neighbours, where the rows of one user lie far apart in the table.
  CREATE INDEX IF NOT EXISTS operations_of_user ON operations (user_id, operation_id, type, amount_minor, order_id, at, sum);
  CREATE TABLE IF NOT EXISTS postings (
    operation_id INTEGER NOT NULL REFERENCES operations,
    account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    ${SUM_COLUMN},
    PRIMARY KEY (operation_id, account)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS charges (
    order_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    operation_id INTEGER,
    ${SUM_COLUMN}
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
  /** The withdrawal; null where none was made. */
  operation_id: number | null
}
type PostingRow = { operation_id: number; account: string; amount_minor: number }

const accountSums = rowSums<AccountRow>('accounts', ['user_id', 'balance_minor', 'closed', 'version'])
const operationSums = rowSums<OperationRow>('operations', [
  'operation_id',
  'user_id',
  'type',
  'amount_minor',
  'order_id',
  'at',
])
const postingSums = rowSums<PostingRow>('postings', ['operation_id', 'account', 'amount_minor'])
const chargeSums = rowSums<ChargeRow>('charges', ['order_id', 'user_id', 'amount_minor', 'outcome', 'operation_id'])

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
  const insertAccount = accountSums.insertInto(store)
  const updateAccount = rowStatement<Summed<AccountRow>>(
    store,
    'UPDATE accounts SET balance_minor = ?, closed = ?, version = ?, sum = ? WHERE user_id = ?',
    ['balance_minor', 'closed', 'version', 'sum', 'user_id'],
  )
  const insertOperation = operationSums.insertInto(store)
  const post = postingSums.insertInto(store)
  const selectUntil = store.prepare<[string, number], OperationRow>(
    'SELECT * FROM operations WHERE user_id = ? AND at <= ?',
  )
  const selectLastOperation = store.prepare<[], OperationRow>(
    'SELECT * FROM operations ORDER BY operation_id DESC LIMIT 1',
  )
  const selectHistory = store.prepare<HistoryFilter, OperationRow>(
    `SELECT * FROM operations WHERE user_id = @user_id || '' AND operation_id > @after AND at >= @from AND at <= @to
      AND (@type IS NULL OR type = @type) ORDER BY operation_id LIMIT @limit + 0`,
  )
  const selectCharge = store.prepare<[string], ChargeRow>('SELECT * FROM charges WHERE order_id = ?')
  const insertCharge = chargeSums.insertInto(store)
  const updateCharge = store.prepare<ChargeRow>(
    'UPDATE charges SET outcome = @outcome, sum = @sum WHERE order_id = @order_id',
  )

  const account = (userId: string) => accountSums.provenIfAny(selectAccount.get(userId))
  const charge = (orderId: string) => chargeSums.provenIfAny(selectCharge.get(orderId))

  /** Writes what `change` makes of an account that is there. */
  const changeAccount = (userId: string, change: (row: AccountRow) => Partial<AccountRow>): void => {
    const row = account(userId)
    if (row) updateAccount(accountSums.summed({ ...row, ...change(row) }))
  }

  /** Writes one operation, the two postings behind it, and the balance that follows. */
  const book = (operation: OperationRow, sign: 1 | -1, against: string, version: number): void => {
    const { operation_id, user_id, amount_minor } = operation
    insertOperation(operation)
    post({ operation_id, account: userAccount(user_id), amount_minor: sign * amount_minor })
    post({ operation_id, account: against, amount_minor: -sign * amount_minor })
    changeAccount(user_id, row => ({ balance_minor: row.balance_minor + sign * amount_minor, version }))
  }

  return {
    account,
    /** The balance in minor units as it was at a moment (ms). */
    balanceAt: (userId: string, at: number) => {
      let balanceMinor = 0
      // Not summed by SQLite, which would sum what is no longer what was written.
      for (const row of selectUntil.iterate(userId, at)) {
        const { type, amount_minor } = operationSums.proven(row)
        balanceMinor += type === 'withdrawal' ? -amount_minor : amount_minor
      }
      return balanceMinor
    },
    charge,
    nextOperationId: (first: number) => {
      const last = operationSums.provenIfAny(selectLastOperation.get())
      return String(Math.max(first, (last?.operation_id ?? 0) + 1))
    },
    history: (filter: HistoryFilter) => selectHistory.all(filter).map(operationSums.proven),

    apply: {
      AccountOpened: ({ seq, user }: AppliedEvent) => {
        insertAccount({ user_id: user as string, balance_minor: 0, closed: 0, version: seq })
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
        insertCharge({ order_id, user_id: user as string, amount_minor, outcome: 'withdrawn', operation_id })
      },
      MoneyRefunded: ({ seq, at, user, data }: AppliedEvent) => {
        const amount_minor = minorOf(data.amount)
        const operation_id = Number(data.operation_id)
        const { order_id } = data
        book({ operation_id, user_id: user as string, type: 'refund', amount_minor, order_id, at }, 1, SALES, seq)
        const charged = charge(order_id)
        if (charged) updateCharge.run(chargeSums.summed({ ...charged, outcome: 'refunded' }))
      },
      PersonErased: ({ seq, user }: AppliedEvent) => {
        changeAccount(user as string, () => ({ closed: 1, version: seq }))
      },
      // It tells of a charge that is here already.
      OutcomeRepeated: () => {},
      WithdrawalRejected: ({ user, data }: AppliedEvent) => {
        insertCharge({
          order_id: data.order_id,
          user_id: user as string,
          amount_minor: minorOf(data.amount),
          outcome: 'rejected',
          operation_id: null,
        })
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
