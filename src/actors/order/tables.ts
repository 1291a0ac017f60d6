/** The order actor's tables: written by its events alone, read by its rules and queries. */
import type { AppliedEvent } from '../kernel/event.ts'
import { rowStatement } from '../kernel/row-statement.ts'
import { rowSums, SUM_COLUMN, type Summed } from '../kernel/row-sum.ts'
import type { Store } from '../kernel/store.ts'
import { type Locale, minorOf } from '../values.ts'
import type { OrderStatus } from './contract.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    user_id TEXT PRIMARY KEY,
    locale TEXT NOT NULL,
    sealed TEXT NOT NULL,
    erased INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS products (
    product_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    price_minor INTEGER NOT NULL CHECK (price_minor > 0),
    version INTEGER NOT NULL,
    ${SUM_COLUMN}
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users,
    product_id TEXT,
    product_name TEXT,
    quantity INTEGER NOT NULL,
    total_minor INTEGER NOT NULL CHECK (total_minor > 0),
    locale TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    refunded_minor INTEGER,
    created INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    ${SUM_COLUMN}
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS products_by_age ON products (version);
  CREATE INDEX IF NOT EXISTS orders_by_age ON orders (created);
  CREATE INDEX IF NOT EXISTS orders_of_user ON orders (user_id, created);
  CREATE INDEX IF NOT EXISTS orders_by_status ON orders (status, created);
  CREATE TABLE IF NOT EXISTS allotted (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS queues (queue_name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS taken_queues (queue_name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`

/** Their names. */
export const ORDER_TABLES = ['users', 'products', 'orders', 'allotted', 'queues', 'taken_queues'] as const

/** A user; `erased` 1 when nothing personal about them is left. */
export type UserRow = {
  user_id: string
  locale: Locale
  sealed: string
  erased: 0 | 1
  created_at: number
  version: number
}
export type ProductRow = { product_id: string; name: string; price_minor: number; version: number }
export type OrderRow = {
  order_id: string
  user_id: string
  product_id: string | null
  product_name: string | null
  quantity: number
  total_minor: number
  locale: Locale
  status: OrderStatus
  reason: string | null
  refunded_minor: number | null
  /** The number of the entry that made it: orders are listed by it. */
  created: number
  created_at: number
  updated_at: number
  version: number
}

// Prices and totals decide about money; a user's row holds none, and what is personal in it proves itself when opened.
const productSums = rowSums<ProductRow>('products', ['product_id', 'name', 'price_minor', 'version'])
const orderSums = rowSums<OrderRow>('orders', [
  'order_id',
  'user_id',
  'product_id',
  'product_name',
  'quantity',
  'total_minor',
  'locale',
  'status',
  'reason',
  'refunded_minor',
  'created',
  'created_at',
  'updated_at',
  'version',
])

/** A part of the orders, the newest first; `before` is the last one's `created` of the page before. */
export type OrderFilter = { user_id: string | null; status: OrderStatus | null; before: number; limit: number }

/** Opens the tables in `store`. */
export const openOrderTables = (store: Store) => {
  store.exec(SCHEMA)
  const selectUser = store.prepare<[string], UserRow>('SELECT * FROM users WHERE user_id = ?')
  const insertUser = store.prepare<UserRow>(
    'INSERT INTO users VALUES (@user_id, @locale, @sealed, @erased, @created_at, @version)',
  )
  const updateUser = store.prepare<[Locale, string, number, string]>(
    'UPDATE users SET locale = ?, sealed = ?, version = ? WHERE user_id = ?',
  )
  const eraseUser = store.prepare<[number, string]>(
    "UPDATE users SET erased = 1, sealed = '', version = ? WHERE user_id = ?",
  )
  const selectProducts = store.prepare<[number, number], ProductRow>(
    'SELECT * FROM products WHERE version < ? ORDER BY version DESC LIMIT ? + 0',
  )
  const selectOrders = store.prepare<OrderFilter, OrderRow>(
    `SELECT * FROM orders WHERE created < @before AND (@user_id IS NULL OR user_id = @user_id)
      AND (@status IS NULL OR status = @status) ORDER BY created DESC LIMIT @limit + 0`,
  )
  const selectOrdersOfUser = store.prepare<OrderFilter, OrderRow>(
    `SELECT * FROM orders WHERE user_id = @user_id || '' AND created < @before
      AND (@status IS NULL OR status = @status) ORDER BY created DESC LIMIT @limit + 0`,
  )
  const selectOrdersOfStatus = store.prepare<OrderFilter, OrderRow>(
    `SELECT * FROM orders WHERE status = @status || '' AND created < @before ORDER BY created DESC LIMIT @limit + 0`,
  )
  const selectProduct = store.prepare<[string], ProductRow>('SELECT * FROM products WHERE product_id = ?')
  const setProduct = store.prepare<ProductRow>(
    'INSERT OR REPLACE INTO products VALUES (@product_id, @name, @price_minor, @version, @sum)',
  )
  const selectOrder = store.prepare<[string], OrderRow>('SELECT * FROM orders WHERE order_id = ?')
  const insertOrder = orderSums.insertInto(store)
  const updateOrder = rowStatement<Summed<OrderRow>>(
    store,
    `UPDATE orders SET status = ?, reason = ?, refunded_minor = ?, updated_at = ?, version = ?, sum = ?
      WHERE order_id = ?`,
    ['status', 'reason', 'refunded_minor', 'updated_at', 'version', 'sum', 'order_id'],
  )
  const selectOrderId = store.prepare<[string], number>('SELECT 1 FROM orders WHERE order_id = ?').pluck()
  const countPending = store.prepare<[], number>("SELECT count(*) FROM orders WHERE status = 'Pending'").pluck()
  const selectLast = store.prepare<[string], number>('SELECT last FROM allotted WHERE kind = ?').pluck()
  const setLast = store.prepare<[string, number]>('INSERT OR REPLACE INTO allotted VALUES (?, ?)')
  const selectQueues = store.prepare<[], string>('SELECT queue_name FROM queues ORDER BY queue_name').pluck()
  const selectQueue = store.prepare<[string], number>('SELECT 1 FROM queues WHERE queue_name = ?').pluck()
  const countQueues = store.prepare<[], number>('SELECT count(*) FROM queues').pluck()
  const insertQueue = store.prepare<[string]>('INSERT INTO queues VALUES (?)')
  const removeQueue = store.prepare<[string]>('DELETE FROM queues WHERE queue_name = ?')
  const selectTaken = store.prepare<[string], number>('SELECT 1 FROM taken_queues WHERE queue_name = ?').pluck()
  const insertTaken = store.prepare<[string]>('INSERT INTO taken_queues VALUES (?)')
  const removeTaken = store.prepare<[string]>('DELETE FROM taken_queues WHERE queue_name = ?')

  const product = (id: string) => productSums.provenIfAny(selectProduct.get(id))
  const order = (id: string) => orderSums.provenIfAny(selectOrder.get(id))

  /** Writes what an event has changed in an order that is there. */
  const changeOrder = ({ seq, at, data }: AppliedEvent, change: Partial<OrderRow>): void => {
    const row = order(data.order_id)
    if (row) updateOrder(orderSums.summed({ ...row, ...change, updated_at: at, version: seq }))
  }

  /** The next id of a kind, above all allotted so far, that nothing has yet. */
  const nextId = (kind: 'user' | 'order', first: number, taken: (id: string) => unknown): string => {
    let next = Math.max(first, (selectLast.get(kind) ?? 0) + 1)
    while (taken(String(next))) next++
    return String(next)
  }
  // A foreign id far above does not use up those between: only ids that Kassa chose move the sequence.
  const noteAllotted = (kind: 'user' | 'order', id: string, allotted: boolean): void => {
    if (allotted) setLast.run(kind, Number(id))
  }

  return {
    /** A user who was not erased. */
    user: (id: string) => {
      const row = selectUser.get(id)
      return row?.erased === 0 ? row : undefined
    },
    isErased: (id: string) => selectUser.get(id)?.erased === 1,
    product,
    products: (before: number, limit: number) => selectProducts.all(before, limit).map(productSums.proven),
    order,
    /** By the index that fits. */
    orders: (filter: OrderFilter) => {
      const byIndex = filter.status === null ? selectOrders : selectOrdersOfStatus
      const rows = (filter.user_id === null ? byIndex : selectOrdersOfUser).all(filter)
      return rows.map(orderSums.proven)
    },
    /** How many orders are Pending. */
    countPending: () => countPending.get() ?? 0,
    nextUserId: (first: number) => nextId('user', first, id => selectUser.get(id)),
    nextOrderId: (first: number) => nextId('order', first, id => selectOrderId.get(id)),
    queues: () => selectQueues.all(),
    hasQueue: (name: string) => selectQueue.get(name) !== undefined,
    countQueues: () => countQueues.get() ?? 0,
    /** Whether a queue was given up because somebody else had the name. */
    isTaken: (name: string) => selectTaken.get(name) !== undefined,

    apply: {
      UserCreated: ({ seq, at, user, data }: AppliedEvent) => {
        const { locale, sealed } = data
        insertUser.run({ user_id: user as string, locale, sealed, erased: 0, created_at: at, version: seq })
        noteAllotted('user', user as string, data.allotted)
      },
      ProductChanged: ({ seq, data }: AppliedEvent) => {
        const { product_id, name, price } = data
        setProduct.run(productSums.summed({ product_id, name, price_minor: minorOf(price), version: seq }))
      },
      OrderCreated: ({ seq, at, user, data }: AppliedEvent) => {
        const row: OrderRow = {
          order_id: data.order_id,
          user_id: user as string,
          product_id: data.product_id,
          product_name: data.product_name,
          quantity: data.quantity,
          total_minor: minorOf(data.total_amount),
          locale: data.locale,
          status: 'Pending',
          reason: null,
          refunded_minor: null,
          created: seq,
          created_at: at,
          updated_at: at,
          version: seq,
        }
        insertOrder(row)
        noteAllotted('order', data.order_id, data.allotted)
      },
      OrderConfirmed: (event: AppliedEvent) => {
        changeOrder(event, { status: 'Confirmed', reason: null })
      },
      OrderRejected: (event: AppliedEvent) => {
        changeOrder(event, { status: 'Rejected', reason: event.data.reason })
      },
      OrderCancelled: (event: AppliedEvent) => {
        changeOrder(event, { status: 'Cancelled', reason: null })
      },
      OrderRefunded: (event: AppliedEvent) => {
        changeOrder(event, { status: 'Refunded', refunded_minor: minorOf(event.data.amount) })
      },
      UserChanged: ({ seq, user, data }: AppliedEvent) => {
        updateUser.run(data.locale, data.sealed, seq, user as string)
      },
      PersonErased: ({ seq, user }: AppliedEvent) => {
        eraseUser.run(seq, user as string)
      },
      QueueSubscribed: ({ data }: AppliedEvent) => {
        insertQueue.run(data.queue_name)
        removeTaken.run(data.queue_name)
      },
      QueueNameTaken: ({ data }: AppliedEvent) => {
        removeQueue.run(data.queue_name)
        insertTaken.run(data.queue_name)
      },
    },
  }
}
