/** The checker sees what it should: a good shop is good, and whatever is changed in what it left behind shows. */
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { createHttp } from '../../scripts/torture/http.ts'
import { createLoad, type Load } from '../../scripts/torture/load.ts'
import { showUsers } from '../../scripts/torture/rest.ts'
import { eventually } from '../eventually.ts'
import { newDataDir } from '../kassa-command.ts'
import { startKassa } from '../kassa-under-test.ts'
import { check } from './check.ts'
import type { Evidence, ShownUser, Violation } from './evidence.ts'
import { type JournalLine, openJournal, readJournal } from './journal.ts'
import { type ClientsStory, storyOf } from './request.ts'
import { ACTORS, type ActorName, openStoreCopy } from './store-copy.ts'

const LOAD_MS = 2500
const SETTLED_MS = 40_000

describe('the checker from outside', () => {
  const directory = newDataDir()
  const lines: JournalLine[] = []
  let story: ClientsStory
  let shown: ShownUser[]

  before(async () => {
    const kassa = await startKassa()
    const http = createHttp(kassa.url)
    const journalFile = join(directory, 'journal.jsonl')
    const journal = openJournal(journalFile)
    const load = createLoad({ http, journal, seed: 1, users: 6, clients: 6, rate: 100 })
    await load.prepare()
    load.run()
    await sleep(LOAD_MS)
    await load.stop(SETTLED_MS)
    await untilSettled(load)
    shown = await showUsers(load.userIds(), http)
    await kassa.stop()
    http.close()
    await journal.close()
    for (const actor of ACTORS)
      for (const end of ['', '-wal']) {
        const file = join(kassa.dataDir, `${actor}-0.db${end}`)
        if (existsSync(file)) copyFileSync(file, join(directory, `${actor}.db${end}`))
      }
    for await (const line of readJournal(journalFile)) lines.push(line)
    story = await storyOf(readJournal(journalFile))

    /** What went through the queue is not waited for by its clients; an order of theirs settles after all others. */
    async function untilSettled({ queueThree, probe }: Load) {
      await queueThree(false)
      await eventually('no order is pending', SETTLED_MS, async () => {
        assert.ok(await probe())
        const { text } = await http.ask('GET', '/v1/orders?status=Pending&limit=1')
        return (JSON.parse(text) as { items: unknown[] }).items.length === 0 || undefined
      })
    }
  })

  let copies = 0
  const open: Evidence['stores'][] = []
  after(() => {
    for (const stores of open) for (const actor of ACTORS) stores[actor].close()
  })

  /** The verdict on copies that SQL has changed, and on a journal or a view that was. */
  const verdictOn = (changes: Partial<Record<ActorName, string>> = {}, others: Partial<Evidence> = {}): Violation[] => {
    const place = join(directory, String(++copies))
    mkdirSync(place)
    const stores = {} as Evidence['stores']
    for (const actor of ACTORS) {
      const path = join(place, `${actor}.db`)
      for (const end of ['', '-wal'])
        if (existsSync(join(directory, `${actor}.db${end}`)))
          copyFileSync(join(directory, `${actor}.db${end}`), `${path}${end}`)
      const change = changes[actor]
      if (change !== undefined) {
        const store = new Database(path)
        store.pragma('foreign_keys = OFF')
        store.pragma('ignore_check_constraints = ON')
        const { changes: rows } = store.prepare(change).run()
        assert.ok(rows > 0, `${change} changes something`)
        store.close()
      }
      stores[actor] = openStoreCopy(actor, path)
    }
    open.push(stores)
    return check({ story, stores, mail: undefined, shown, ...others }).violations
  }
  const assertSeen = (violations: Violation[], pattern: RegExp) =>
    assert.ok(
      violations.some(({ text }) => pattern.test(text)),
      `${pattern} is told; told was ${violations.map(({ text }) => text).join('\n')}`,
    )

  it('finds nothing wrong with a shop where nothing went wrong', () => {
    assert.deepEqual(verdictOn(), [])
    assert.ok(story.requests.filter(({ outcome }) => outcome === 'ok').length > 50)
  })

  const first = (type: string) => `(SELECT min(seq) FROM log WHERE subject LIKE '%.event.${type}.%')`
  const tampering: [what: string, actor: ActorName, sql: string, told: RegExp][] = [
    ['an entry is gone', 'order', `DELETE FROM log WHERE seq = ${first('OrderCreated')}`, /is missing in the log/],
    [
      'the last entry is gone',
      'billing',
      'DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)',
      /another entry there or none/,
    ],
    [
      'a byte of an entry is another',
      'order',
      `UPDATE log SET body = CAST(replace(CAST(body AS TEXT), '"quantity"', '"Quantity"') AS BLOB) WHERE seq = ${first('OrderCreated')}`,
      /is not what the chain says/,
    ],
    [
      'a header of an entry is another',
      'billing',
      `UPDATE log SET headers = headers || 'X: 1' WHERE seq = ${first('MoneyPut')}`,
      /is not what the chain says/,
    ],
    [
      'a posting is another',
      'billing',
      'UPDATE postings SET amount_minor = amount_minor + 1 WHERE operation_id = (SELECT max(operation_id) FROM postings)',
      /postings of operation/,
    ],
    [
      'the postings of an operation are gone',
      'billing',
      'DELETE FROM postings WHERE operation_id = (SELECT max(operation_id) FROM postings)',
      /has no postings/,
    ],
    [
      'a balance is another',
      'billing',
      'UPDATE accounts SET balance_minor = balance_minor + 100 WHERE user_id = (SELECT min(user_id) FROM accounts)',
      /the balance of/,
    ],
    [
      'an operation is gone',
      'billing',
      'DELETE FROM operations WHERE operation_id = (SELECT max(operation_id) FROM operations)',
      /operations, the table/,
    ],
    [
      'an operation is another',
      'billing',
      'UPDATE operations SET amount_minor = 7 WHERE operation_id = (SELECT max(operation_id) FROM operations)',
      /is not what the log says/,
    ],
    [
      'an order stays pending in the table',
      'order',
      "UPDATE orders SET status = 'Pending' WHERE status = 'Confirmed'",
      /by the log, Pending in the table/,
    ],
    [
      'an order is gone from the table',
      'order',
      'DELETE FROM orders WHERE order_id = (SELECT min(order_id) FROM orders)',
      /undefined in the table/,
    ],
    [
      'a letter is gone',
      'notification',
      "DELETE FROM letters WHERE notification_type = 'order_confirmed'",
      /has no letter of it/,
    ],
    [
      'a letter stays queued',
      'notification',
      "UPDATE letters SET status = 'Queued' WHERE message_id = (SELECT min(message_id) FROM letters)",
      /is Queued in the end/,
    ],
    [
      'a rejected order has another letter',
      'notification',
      "UPDATE letters SET notification_type = 'order_rejected' WHERE notification_type = 'order_confirmed'",
      /has a letter that it is rejected/,
    ],
    [
      'a cursor stands where its source has another entry',
      'notification',
      "UPDATE cursors SET chain = 'x'",
      /has seen order\/0/,
    ],
    ['a cursor is behind what was answered', 'billing', 'UPDATE cursors SET seq = 1', /has answered more/],
    [
      'a command waits for ever',
      'order',
      "INSERT INTO waiting VALUES ('x', 'PlaceOrder', 'x', '', 'x', 0, '', 0, 1)",
      /never came to an end of waiting/,
    ],
  ]
  for (const [what, actor, sql, told] of tampering)
    it(`tells when ${what}`, () => assertSeen(verdictOn({ [actor]: sql }), told))

  /** The story of a journal in which lines were changed. */
  const storyWith = (change: (line: JournalLine) => JournalLine[]): Promise<ClientsStory> =>
    storyOf(
      (async function* () {
        for (const line of lines) yield* change(line)
      })(),
    )
  const isOf = (attempts: Set<number>) => (line: JournalLine) => 'attempt' in line && attempts.has(line.attempt)
  const attemptsOf = (command: string) =>
    new Set(lines.flatMap(line => (line.line === 'sent' && line.command === command ? [line.attempt] : [])))

  it('tells when something was acknowledged and is not there', async () => {
    const sent: JournalLine = {
      line: 'sent',
      attempt: -1,
      at: 0,
      key: 'never',
      command: 'PutMoney',
      path: '/money/put',
      body: {},
    }
    const got: JournalLine = { line: 'got', attempt: -1, at: 0, status: 202, text: '{"balance":1}' }
    const more = await storyWith(line => (line === lines.at(-1) ? [line, sent, got] : [line]))
    assertSeen(verdictOn({}, { story: more }), /PutMoney never was acknowledged, and nothing is there/)
  })

  it('tells when something is there that nobody asked for', async () => {
    const less = await storyWith(line => (isOf(attemptsOf('CreateOrder'))(line) ? [] : [line]))
    assertSeen(verdictOn({}, { story: less }), /OrderCreated is there, and nobody asked for it/)
  })

  it('tells when something was refused and done all the same', async () => {
    const payments = attemptsOf('PutMoney')
    const refused = await storyWith(line =>
      line.line === 'got' && payments.has(line.attempt)
        ? [{ ...line, status: 404, text: '{"code":"user_not_found"}' }]
        : [line],
    )
    assertSeen(verdictOn({}, { story: refused }), /was refused, and MoneyPut is there/)
  })

  it('tells when the answer was another than what was done', async () => {
    const orders = attemptsOf('CreateOrder')
    const other = await storyWith(line =>
      line.line === 'got' && orders.has(line.attempt)
        ? [{ ...line, text: line.text.replace(/"order_id":"\d+/, '"order_id":"1') }]
        : [line],
    )
    assertSeen(verdictOn({}, { story: other }), /was told order_id 1/)
  })

  it('tells when the same request got two answers, and when a key was taken twice', async () => {
    const again = await storyWith(line => {
      if (line.line === 'sent' && line.command === 'PutMoney' && line.key !== null)
        return [line, { ...line, attempt: -line.attempt }, { ...line, attempt: -line.attempt - 0.5, body: {} }]
      if (line.line === 'got' && line.text.startsWith('{"balance"'))
        return [
          line,
          { ...line, attempt: -line.attempt, text: '{"balance":0}' },
          { ...line, attempt: -line.attempt - 0.5 },
        ]
      return [line]
    })
    const told = verdictOn({}, { story: again })
    assertSeen(told, /got different answers/)
    assertSeen(told, /its key was taken for another body/)
  })

  it('tells when an end was not the end', async () => {
    const order = JSON.parse(
      (
        lines.find(({ line, ...rest }) => line === 'got' && 'text' in rest && rest.text.startsWith('{"order_id"')) as {
          text: string
        }
      ).text,
    ).order_id
    const seen = ['Cancelled', 'Pending'].map((status): JournalLine => ({ line: 'seen', at: 0, order, status }))
    const more = await storyWith(line => (line === lines.at(-1) ? [line, ...seen] : [line]))
    assertSeen(verdictOn({}, { story: more }), /was Cancelled, and Pending later/)
  })

  it('tells when HTTP shows something else than the stores hold', () => {
    const other = shown.map(user => ({ ...user, balance: user.balance + 1, history: [], letters: [] }))
    const told = verdictOn({}, { shown: other })
    assertSeen(told, /HTTP shows a balance/)
    assertSeen(told, /HTTP shows another history/)
    assertSeen(told, /HTTP shows other letters/)
  })

  it('tells when a letter that counts as sent never arrived, and when one arrived that nobody wrote', () => {
    const told = verdictOn({}, { mail: [{ messageId: '1.x@localhost', text: '' }] })
    assertSeen(told, /counts as sent, and never arrived/)
    assertSeen(told, /arrived that nobody has written/)
  })

  it('counts what went with a destroyed queue apart', async () => {
    const queued: JournalLine = {
      line: 'sent',
      attempt: -1,
      at: 1,
      key: 'gone',
      command: 'RegisterUser',
      path: '/mq/users',
      body: {},
    }
    const got: JournalLine = { line: 'got', attempt: -1, at: 2, status: 202, text: '{"accepted":true}' }
    const destroyed: JournalLine = { line: 'queue destroyed', at: 3 }
    const withLoss = (more: JournalLine[]) => storyWith(line => (line === lines.at(-1) ? [line, ...more] : [line]))
    assertSeen(verdictOn({}, { story: await withLoss([queued, got]) }), /RegisterUser gone was acknowledged/)
    assert.deepEqual(verdictOn({}, { story: await withLoss([queued, got, destroyed]) }), [])
  })
})
