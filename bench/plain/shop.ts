/** The plain design's job: one FULL transaction that takes an order, charges it and stores its two letters. */
import Database from 'better-sqlite3'

const SCHEMA = `
  CREATE TABLE users (user_id INTEGER PRIMARY KEY, name TEXT NOT NULL, balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0)) STRICT;
  CREATE TABLE products (product_id TEXT PRIMARY KEY, price_minor INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users,
    product_id TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE operations (
    operation_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users,
    order_id INTEGER REFERENCES orders,
    type TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX operations_of_user ON operations (user_id, operation_id);
  CREATE TABLE letters (
    message_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX letters_of_user ON letters (user_id, message_id);
`

/** The settings of Kassa's own stores (src/actors/kernel/store.ts). */
const SETTINGS = [
  'locking_mode = EXCLUSIVE',
  'journal_mode = WAL',
  'synchronous = FULL',
  'foreign_keys = ON',
  'secure_delete = ON',
  'trusted_schema = OFF',
]

const PRICE_MINOR = 10_000
const BALANCE_MINOR = 900_000_000_000

export type Order = { user_id: number; product_id: string; quantity: number }
/** What became of an order; `undefined` in its place means that there is no such user or product. */
export type Taken = { orderId: number; status: 'Confirmed' | 'Rejected' }

/** Opens an empty shop at `path` with one product and `users` users who have money. */
export const openShop = (path: string, users: number) => {
  const store = new Database(path)
  for (const setting of SETTINGS) store.pragma(setting)
  store.exec(SCHEMA)

  store.prepare('INSERT INTO products VALUES (?, ?)').run('12345', PRICE_MINOR)
  const insertUser = store.prepare('INSERT INTO users VALUES (?, ?, ?)')
  const userIds = Array.from({ length: users }, (_, index) => 93_493_453 + index)
  store.transaction(() => userIds.forEach(id => void insertUser.run(id, 'Ivan Ivanov', BALANCE_MINOR)))()

  const selectBalance = store.prepare<[number], number>('SELECT balance_minor FROM users WHERE user_id = ?').pluck()
  const selectPrice = store.prepare<[string], number>('SELECT price_minor FROM products WHERE product_id = ?').pluck()
  const charge = store.prepare('UPDATE users SET balance_minor = balance_minor - ? WHERE user_id = ?')
  const insertOrder = store.prepare(
    'INSERT INTO orders (user_id, product_id, quantity, total_minor, status, at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const insertOperation = store.prepare(
    "INSERT INTO operations (user_id, order_id, type, amount_minor, at) VALUES (?, ?, 'withdrawal', ?, ?)",
  )
  const insertLetter = store.prepare("INSERT INTO letters (user_id, status, message, at) VALUES (?, 'Sent', ?, ?)")

  const take = store.transaction((order: Order, now: number): Taken | undefined => {
    const { user_id, product_id, quantity } = order
    const balance = selectBalance.get(user_id)
    const price = selectPrice.get(product_id)
    if (balance === undefined || price === undefined) return undefined

    const total = price * quantity
    const status = balance >= total ? 'Confirmed' : 'Rejected'
    const orderId = Number(insertOrder.run(user_id, product_id, quantity, total, status, now).lastInsertRowid)
    insertLetter.run(user_id, `Ваш заказ #${orderId} ожидает подтверждения.`, now)
    if (status === 'Rejected') {
      insertLetter.run(user_id, `Ваш заказ #${orderId} отклонен: недостаточно средств на счете.`, now)
      return { orderId, status }
    }
    charge.run(total, user_id)
    insertOperation.run(user_id, orderId, total, now)
    insertLetter.run(user_id, `Ваш заказ #${orderId} подтвержден и отправлен.`, now)
    return { orderId, status }
  })

  return { userIds, take: (order: Order, now: number) => take.immediate(order, now), close: () => void store.close() }
}
