/** Verify: a clean store has no faults, and whatever is changed in it is found. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { billingActor } from './billing/actor.ts'
import type { AnyActorDefinition } from './kernel/actor.ts'
import { KERNEL_TABLES } from './kernel/kernel-tables.ts'
import { openMemoryStore, type Store } from './kernel/store.ts'
import { createTestCore, TEST_SETTINGS } from './kernel/test-core.ts'
import { createTestSource } from './kernel/test-source.ts'
import { notificationActor } from './notification/actor.ts'
import { orderActor } from './order/actor.ts'
import { verifyStore } from './verify-store.ts'

const HOUR_MS = 3_600_000
const person = { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com' }
const catalog = [{ product_id: '12345', name: 'Product', priceMinor: 100_00 }]

const placing = (user_id: string) => ({
  order_id: 'order-7',
  user_id,
  order_details: { product_name: 'Product', quantity: 1, total_amount: '5' },
})

/** What every story ends with: an id forgotten, and one kept. */
const forget = async (bench: ReturnType<typeof createTestCore>, ...last: Parameters<typeof bench.run>) => {
  await bench.clock.advance(HOUR_MS)
  bench.turn([{ kind: 'trim', until: bench.clock.now() - 1 }])
  bench.run(...last)
}

/** Stores in whose every table something stands. */
const stories: { definition: AnyActorDefinition; tell: () => Promise<Store> }[] = [
  {
    definition: orderActor,
    tell: async () => {
      const bench = createTestCore(orderActor, { settings: { catalog } })
      const { core, run, turn, queued } = bench
      core.transaction(() => {
        for (const decision of core.behaviour.atOpen())
          if (decision.kind === 'event') core.append(decision.event, {}, undefined)
      })
      run('CreateUser', person, { key: 'k1' })
      run('CreateOrder', { user_id: '93493453', product_id: '12345', quantity: 5 }, { key: 'k2' })
      run('CreateOrder', { user_id: '93493453', product_id: '12345', quantity: 7 }, { key: 'k3' })
      run('SubscribeQueue', { queue_name: 'user_creation_queue' })
      run('SubscribeQueue', { queue_name: 'mine' })
      turn([{ kind: 'own', name: 'GiveUpQueue', body: { queue_name: 'mine' }, after: () => {} }])
      const billing = createTestSource({ actor: 'billing', cell: 0 })
      turn([
        billing.tell('MoneyWithdrawn', { order_id: '54321' }, '93493453'),
        billing.tell('WithdrawalRejected', { order_id: '54322', reason: 'insufficient_funds' }, '93493453'),
      ])
      await forget(bench, 'CreateUser', person, { key: 'k4' })
      turn([queued('PlaceOrder', placing('nobody')), queued('PlaceOrder', 'no JSON')])
      return bench.store
    },
  },
  {
    definition: billingActor,
    tell: async () => {
      const bench = createTestCore(billingActor)
      const order = createTestSource({ actor: 'order', cell: 0 })
      bench.turn([order.tell('UserCreated', {}, '7')])
      bench.run('PutMoney', { user_id: '7', amount: 1000_00 }, { key: 'k1' })
      bench.turn([
        order.tell('OrderCreated', { order_id: '54321', total_amount: '500' }, '7'),
        order.tell('OrderCreated', { order_id: '54322', total_amount: '700' }, '7'),
      ])
      await forget(bench, 'PutMoney', { user_id: '7', amount: 99_90 }, { key: 'k2' })
      const { queued } = bench
      bench.turn([queued('Withdraw', { order_id: 'nobody', amount: '5' }), queued('Withdraw', 'no JSON')])
      return bench.store
    },
  },
  {
    definition: notificationActor(),
    tell: async () => {
      const bench = createTestCore(notificationActor())
      const order = createTestSource({ actor: 'order', cell: 0 })
      bench.turn([
        order.tell('UserCreated', { locale: 'ru' }, '7'),
        order.tell('OrderCreated', { order_id: '54321', locale: 'ru' }, '7'),
        order.tell('OrderConfirmed', { order_id: '54321', locale: 'ru' }, '7'),
      ])
      // Long, so that what stands behind its ciphertext in the row is far from the row's beginning.
      const letter = { user_id: '7', message: 'x'.repeat(2000), notification_type: 'email', timestamp: 0 }
      bench.run('SendLetter', letter, { key: 'k1' })
      await forget(bench, 'SendLetter', { ...letter, message: 'short' }, { key: 'k2' })
      bench.turn([bench.queued('SendLetter', 'no JSON')])
      return bench.store
    },
  },
]

type Column = { name: string; type: string; pk: number }
type Row = Record<string, string | number | null>

/** A copy in which anything may be changed. */
const copyOf = (store: Store): Store => {
  const copy = openMemoryStore(store.serialize())
  copy.pragma('foreign_keys = OFF')
  copy.pragma('ignore_check_constraints = ON')
  return copy
}
const columnsOf = (store: Store, table: string) => store.pragma(`table_info(${table})`) as Column[]
const rowsOf = (store: Store, table: string) => store.prepare<[], Row>(`SELECT * FROM ${table}`).all()
const keyOf = (columns: Column[]) =>
  columns
    .filter(({ pk }) => pk > 0)
    .map(({ name }) => `${name} = @${name}`)
    .join(' AND ')
const changed = ({ type }: Column, value: string | number | null) =>
  type === 'INTEGER' ? Number(value ?? 0) + 1_000_003 : `${value ?? ''}x`

for (const { definition, tell } of stories) {
  const name = definition.contract.actor as string
  const faultsOf = (store: Store) => verifyStore(definition, { actor: name, cell: 0 }, store, TEST_SETTINGS).faults

  // Before the suite and not in it: Deno forgets what an async suite specifies after its first await.
  const store = await tell()

  describe(`verify: the store of ${name}`, () => {
    const tables = [...KERNEL_TABLES, ...definition.tables].filter(table => rowsOf(store, table).length > 0)

    /** What is found in a copy after `change`. */
    const found = (change: (copy: Store) => void): string[] => {
      const copy = copyOf(store)
      change(copy)
      return faultsOf(copy)
    }
    const assertFound = (faults: string[], pattern: RegExp) =>
      assert.ok(
        faults.some(fault => pattern.test(fault)),
        `found: ${faults.join('; ') || 'nothing'}`,
      )

    it('is clean', () => assert.deepEqual(faultsOf(copyOf(store)), []))

    it('has something in every table of its own', () => {
      for (const table of definition.tables) assert.ok(tables.includes(table), `${table} is empty`)
    })

    for (const table of tables) {
      const columns = columnsOf(store, table)
      const key = keyOf(columns)

      for (const column of columns)
        it(`shows a ${table}.${column.name} that was edited, in whichever row`, () => {
          for (const row of rowsOf(store, table)) {
            const faults = found(copy => {
              const update = copy.prepare(`UPDATE ${table} SET ${column.name} = @changed_value WHERE ${key}`)
              assert.equal(update.run({ ...row, changed_value: changed(column, row[column.name]!) }).changes, 1)
            })
            assertFound(faults, new RegExp(`^${table}: `))
          }
        })

      it(`shows a row of ${table} that is missing, whichever it is`, () => {
        for (const row of rowsOf(store, table))
          assertFound(
            found(copy => void copy.prepare(`DELETE FROM ${table} WHERE ${key}`).run(row)),
            new RegExp(`^${table}: `),
          )
      })

      it(`shows a row more in ${table}`, () => {
        const names = columns.map(({ name }) => name)
        const row = rowsOf(store, table).at(-1)!
        // Another key, and nothing that must be there only once.
        const another = Object.fromEntries(
          columns.map(column => {
            const value = row[column.name]!
            return [column.name, column.pk > 0 || column.name === 'order_id' ? changed(column, value) : value]
          }),
        )
        const faults = found(copy => {
          copy.prepare(`INSERT INTO ${table} VALUES (${names.map(name => `@${name}`).join(', ')})`).run(another)
        })
        assertFound(faults, new RegExp(`^${table}: `))
      })
    }

    const head = store.prepare<[], number>('SELECT max(seq) FROM log').pluck().get()!

    it('shows any bit that flipped in the body of any entry', () => {
      for (let seq = 1; seq <= head; seq++) {
        const faults = found(copy => {
          const body = copy.prepare<[number], Buffer>('SELECT body FROM log WHERE seq = ?').pluck().get(seq)!
          const at = (seq * 31) % body.length
          body.writeUInt8(body.readUInt8(at) ^ 1, at)
          copy.prepare('UPDATE log SET body = ? WHERE seq = ?').run(body, seq)
        })
        assertFound(faults, new RegExp(`entry ${seq} breaks the chain|cannot be read`))
      }
    })

    for (const column of ['chain', 'headers'])
      it(`shows an entry whose ${column} was edited`, () => {
        for (let seq = 1; seq < head; seq++)
          assertFound(
            found(copy => void copy.prepare(`UPDATE log SET ${column} = ${column} || 'x' WHERE seq = ?`).run(seq)),
            // The last entry is proven when the log is opened, before the first is read.
            new RegExp(`entry (${seq}|${head}) breaks the chain`),
          )
      })

    it('shows an entry whose subject was edited, which is not under the chain', () =>
      assertFound(
        found(copy => void copy.exec(`UPDATE log SET subject = subject || 'x' WHERE seq = ${head}`)),
        new RegExp(`entry ${head} has the subject`),
      ))

    it('shows an entry that is missing, the first, one in the middle, or the last', () => {
      for (const seq of [1, 3])
        assertFound(
          found(copy => void copy.prepare('DELETE FROM log WHERE seq = ?').run(seq)),
          new RegExp(`entry ${seq} is missing`),
        )
      assert.ok(found(copy => void copy.prepare('DELETE FROM log WHERE seq = ?').run(head)).length > 0)
    })

    it('shows a log that is gone', () => assert.ok(found(copy => void copy.exec('DELETE FROM log')).length > 0))

    it('shows a cursor that is behind the log', () =>
      assertFound(
        found(copy => void copy.exec('UPDATE cursors SET seq = seq - 1')),
        /^cursor on \w+\/0 is \d+, the log says \d+/,
      ))

    it('shows a cursor that stands where the log says, but at another entry', () =>
      assertFound(
        found(copy => void copy.exec("UPDATE cursors SET chain = chain || 'x'")),
        /^cursor on \w+\/0 .* another entry/,
      ))

    it('lets a cursor be ahead of the log: events that meant nothing leave no entry', () =>
      assert.deepEqual(
        found(copy => void copy.exec("UPDATE cursors SET seq = seq + 1, chain = 'of that event'")),
        [],
      ))
  })
}

describe('verify: the books', () => {
  const books = async (sql: string): Promise<string[]> => {
    const story = stories.find(({ definition }) => definition === billingActor)!
    const copy = copyOf(await story.tell())
    copy.exec(sql)
    return verifyStore(billingActor, { actor: 'billing', cell: 0 }, copy, TEST_SETTINGS).faults
  }

  const faults: [what: string, sql: string, fault: string][] = [
    [
      'postings that do not sum to zero',
      "UPDATE postings SET amount_minor = amount_minor + 1 WHERE operation_id = 12345 AND account = 'cash'",
      'postings of operation 12345 sum to 1, not to 0',
    ],
    [
      'an operation with one posting only',
      "DELETE FROM postings WHERE operation_id = 12345 AND account = 'cash'",
      'operation 12345 has 1 postings, not 2',
    ],
    [
      'a balance that is not the sum of its operations',
      'UPDATE accounts SET balance_minor = balance_minor + 1',
      'balance of user 7 is 59991, its operations make 59990',
    ],
    [
      'a balance that is not the sum of its postings',
      'UPDATE postings SET amount_minor = amount_minor * 2',
      'balance of user 7 is 59990, its postings make 119980',
    ],
    [
      'an order that was charged twice',
      "UPDATE operations SET type = 'withdrawal', order_id = '54321'",
      'order 54321 was charged 3 times',
    ],
  ]
  for (const [what, sql, fault] of faults)
    it(`show ${what}`, async () => {
      const found = await books(sql)
      assert.ok(found.includes(fault), found.join('; '))
    })
})
