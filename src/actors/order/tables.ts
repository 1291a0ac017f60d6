/** The order actor's tables: written by its events alone, read by its rules and queries. */
import type { AppliedEvent } from '../kernel/event.ts'
import type { Store } from '../kernel/store.ts'
import { type Locale, minorOf } from '../values.ts'
import type { OrderStatus } from './contract.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    user_id TEXT PRIMARY KEY,
    locale TEXT NOT NULL,
    sealed TEXT NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS products (
    product_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    price_minor INTEGER NOT NULL CHECK (price_minor > 0),
    version INTEGER NOT NULL
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
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS allotted (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS queues (queue_name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`

/** Their names. */
export const ORDER_TABLES = ['users', 'products', 'orders', 'allotted', 'queues'] as const

export type UserRow = { user_id: string; locale: Locale; sealed: string; version: number }
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
  created_at: number
  updated_at: number
  version: number
}

/** Opens the tables in `store`. */
export const openOrderTables = (store: Store) => {
  store.exec(SCHEMA)
  const selectUser = store.prepare<[string], UserRow>('SELECT * FROM users WHERE user_id = ?')
  const insertUser = store.prepare<UserRow>('INSERT INTO users VALUES (@user_id, @locale, @sealed, @version)')
  const selectProduct = store.prepare<[string], ProductRow>('SELECT * FROM products WHERE product_id = ?')
  const setProduct = store.prepare<ProductRow>(
    'INSERT OR REPLACE INTO products VALUES (@product_id, @name, @price_minor, @version)',
  )
  const selectOrder = store.prepare<[string], OrderRow>('SELECT * FROM orders WHERE order_id = ?')
  const insertOrder = store.prepare<Omit<OrderRow, 'status' | 'reason' | 'updated_at'>>(
    `INSERT INTO orders VALUES (@order_id, @user_id, @product_id, @product_name, @quantity, @total_minor, @locale,
      'Pending', NULL, @created_at, @created_at, @version)`,
  )
  const endOrder = store.prepare<[OrderStatus, string | null, number, number, string]>(
    'UPDATE orders SET status = ?, reason = ?, updated_at = ?, version = ? WHERE order_id = ?',
  )
  const selectLast = store.prepare<[string], number>('SELECT last FROM allotted WHERE kind = ?').pluck()
  const setLast = store.prepare<[string, number]>('INSERT OR REPLACE INTO allotted VALUES (?, ?)')
  const selectQueues = store.prepare<[], string>('SELECT queue_name FROM queues ORDER BY queue_name').pluck()
  const selectQueue = store.prepare<[string], number>('SELECT 1 FROM queues WHERE queue_name = ?').pluck()
  const countQueues = store.prepare<[], number>('SELECT count(*) FROM queues').pluck()
  const insertQueue = store.prepare<[string]>('INSERT INTO queues VALUES (?)')

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
    user: (id: string) => selectUser.get(id),
    product: (id: string) => selectProduct.get(id),
    order: (id: string) => selectOrder.get(id),
    nextUserId: (first: number) => nextId('user', first, id => selectUser.get(id)),
    nextOrderId: (first: number) => nextId('order', first, id => selectOrder.get(id)),
    queues: () => selectQueues.all(),
    hasQueue: (name: string) => selectQueue.get(name) !== undefined,
    countQueues: () => countQueues.get() ?? 0,

    apply: {
      UserCreated: ({ seq, user, data }: AppliedEvent) => {
        insertUser.run({ user_id: user as string, locale: data.locale, sealed: data.sealed, version: seq })
        noteAllotted('user', user as string, data.allotted)
      },
      ProductChanged: ({ seq, data }: AppliedEvent) => {
        setProduct.run({
          product_id: data.product_id,
          name: data.name,
          price_minor: minorOf(data.price),
          version: seq,
        })
      },
      OrderCreated: ({ seq, at, user, data }: AppliedEvent) => {
        insertOrder.run({
          order_id: data.order_id,
          user_id: user as string,
          product_id: data.product_id,
          product_name: data.product_name,
          quantity: data.quantity,
          total_minor: minorOf(data.total_amount),
          locale: data.locale,
          created_at: at,
          version: seq,
        })
        noteAllotted('order', data.order_id, data.allotted)
      },
      OrderConfirmed: ({ seq, at, data }: AppliedEvent) => {
        endOrder.run('Confirmed', null, at, seq, data.order_id)
      },
      OrderRejected: ({ seq, at, data }: AppliedEvent) => {
        endOrder.run('Rejected', data.reason, at, seq, data.order_id)
      },
      QueueSubscribed: ({ data }: AppliedEvent) => {
        insertQueue.run(data.queue_name)
      },
    },
  }
}
