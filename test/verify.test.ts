/** Positive controls of `kassa verify`: every kind of damage to a store is found, and its actor is named. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { customersOf } from './customers.ts'
import { type Ended, newDataDir, runKassa } from './kassa-command.ts'
import { startKassa } from './kassa-under-test.ts'

/** What is done to which store, and what must be said of it. */
type Damage = { what: string; actor: string; sql: string; said: RegExp }

const DAMAGES: Damage[] = [
  {
    what: 'a flipped byte in an entry of the log',
    actor: 'order',
    sql: `UPDATE log SET body = CAST(replace(CAST(body AS TEXT), '12345', '12344') AS BLOB) WHERE subject LIKE '%.OrderCreated.%'`,
    said: /entry \d+ breaks the chain/,
  },
  {
    what: 'a flipped byte that makes the last entry unreadable',
    actor: 'order',
    sql: `UPDATE log SET body = CAST(replace(CAST(body AS TEXT), '{', '[') AS BLOB) WHERE seq = (SELECT max(seq) FROM log)`,
    said: /cannot be read/,
  },
  {
    what: 'an entry with another reply in its headers',
    actor: 'order',
    sql: `UPDATE log SET headers = replace(headers, '"quantity":1', '"quantity":2') WHERE headers LIKE '%"quantity":1%'`,
    said: /entry \d+ breaks the chain/,
  },
  {
    what: 'an entry that is gone from the middle of the log',
    actor: 'notification',
    sql: 'DELETE FROM log WHERE seq = 3',
    said: /entry 3 is missing/,
  },
  {
    what: 'an edited balance',
    actor: 'billing',
    sql: 'UPDATE accounts SET balance_minor = balance_minor + 1',
    said: /balance of user \d+ is \d+, its operations make \d+/,
  },
  {
    what: 'a deleted posting',
    actor: 'billing',
    sql: `DELETE FROM postings WHERE account = 'sales'`,
    said: /postings of operation \d+ sum to -\d+, not to 0/,
  },
  {
    what: 'a posting moved to another account',
    actor: 'billing',
    sql: `UPDATE postings SET account = 'elsewhere' WHERE account = 'sales'`,
    said: /postings: account is "elsewhere", the log says "sales"/,
  },
  {
    what: 'money and books edited alike',
    actor: 'billing',
    sql: `UPDATE operations SET amount_minor = amount_minor + 1 WHERE type = 'refill';
      UPDATE postings SET amount_minor = amount_minor + 1 WHERE account LIKE 'user:%' AND amount_minor > 0;
      UPDATE postings SET amount_minor = amount_minor - 1 WHERE account = 'cash';
      UPDATE accounts SET balance_minor = balance_minor + 1`,
    said: /accounts: balance_minor is \d+, the log says \d+/,
  },
  {
    what: 'a changed row of a table',
    actor: 'order',
    sql: `UPDATE orders SET status = 'Rejected', reason = 'insufficient_funds'`,
    said: /orders: status is "Rejected", the log says "Confirmed"/,
  },
  {
    what: 'a deleted letter',
    actor: 'notification',
    sql: 'DELETE FROM letters WHERE message_id = (SELECT max(message_id) FROM letters)',
    said: /letters: a row is missing/,
  },
  {
    what: 'a row that the log never told of',
    actor: 'order',
    sql: `INSERT INTO products VALUES ('99999', 'Free of charge', 1, 1, 1)`,
    said: /products: a row more than the log says/,
  },
  {
    what: 'a forgotten idempotency key',
    actor: 'order',
    sql: `DELETE FROM inbox WHERE id LIKE '%/CreateOrder/%'`,
    said: /inbox: .*"-\/CreateOrder\/a-key"/,
  },
  {
    what: 'a cursor set back',
    actor: 'billing',
    sql: 'UPDATE cursors SET seq = 1',
    said: /cursor on order\/0 is 1, the log says \d+/,
  },
]

describe('kassa verify on a stopped store', () => {
  let dataDir: string

  before(async () => {
    const kassa = await startKassa()
    const customers = customersOf(() => kassa)
    await customers.order(await customers.join('1000'), 1, 'a-key')
    await kassa.stop()
    dataDir = kassa.dataDir
  })

  it('finds keys that are lost, and ends with 1', async () => {
    const copy = join(newDataDir(), 'data')
    cpSync(dataDir, copy, { recursive: true })
    rmSync(join(copy, 'notification-0.keys.db'))
    const { code, stdout } = await runKassa(['verify'], { KASSA_DATA: copy })
    assert.equal(code, 1, stdout)
    assert.match(stdout, /^notification: \d+ entries, 1 faults\n {2}the keys of 1 are lost, /m)
    assert.equal(stdout.match(/tables equal the log/g)?.length, 3, stdout)
    assert.ok(!existsSync(join(copy, 'notification-0.keys.db')), 'verify makes none')
  })

  it('finds them also while Kassa runs, which warns of them and is ready, but degraded', async () => {
    const copy = join(newDataDir(), 'data')
    cpSync(dataDir, copy, { recursive: true })
    rmSync(join(copy, 'notification-0.keys.db'))
    const kassa = await startKassa({ dataDir: copy })
    try {
      assert.ok(kassa.lines.some(line => /^ {2}Warning: notification\/0: keys are lost: /.test(line)))
      const ready = await fetch(`${kassa.url}/readyz`)
      const { status, parts } = (await ready.json()) as { status: string; parts: { warning?: string }[] }
      assert.deepEqual([ready.status, status], [200, 'degraded'])
      assert.equal(parts.filter(({ warning }) => warning !== undefined).length, 1)
      const { code, stdout } = await kassa.verify()
      assert.equal(code, 1, stdout)
      assert.match(stdout, /the keys of 1 are lost, /)
    } finally {
      await kassa.stop()
    }
  })

  const verifyDamaged = async (actor: string, sql: string): Promise<Ended> => {
    const copy = join(newDataDir(), 'data')
    cpSync(dataDir, copy, { recursive: true })
    const store = new Database(join(copy, `${actor}-0.db`))
    store.pragma('foreign_keys = OFF')
    const before = store.prepare<[], number>('SELECT total_changes()').pluck().get()
    store.exec(sql)
    assert.notEqual(store.prepare('SELECT total_changes()').pluck().get(), before, 'something was damaged')
    store.close()
    return runKassa(['verify'], { KASSA_DATA: copy })
  }

  it('ends with 0 when nothing is wrong', async () => {
    const { code, stdout } = await runKassa(['verify'], { KASSA_DATA: dataDir })
    assert.equal(code, 0, stdout)
    assert.equal(stdout.trim().split('\n').length, 4, stdout)
  })

  for (const { what, actor, sql, said } of DAMAGES) {
    it(`finds ${what}, and ends with 1`, async () => {
      const { code, stdout } = await verifyDamaged(actor, sql)
      assert.equal(code, 1, stdout)
      assert.match(stdout, new RegExp(`^${actor}: \\d+ entries, \\d+ faults?$`, 'm'))
      assert.match(stdout, said)
      // The others are as they were, and are said to be.
      assert.equal(stdout.match(/tables equal the log/g)?.length, 3, stdout)
    })
  }
})
