/** Erasing a person from a whole Kassa: no file, stream or line of the log has anything of them, and no backup brings it back. */
import assert from 'node:assert/strict'
import { cpSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { eventually } from './eventually.ts'
import { expecting, get, post, send } from './http-client.ts'
import { newDataDir } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt } from './nats-look.ts'

type Row = Record<string, unknown>

/** Words that stand nowhere else. `w` came by HTTP, `z` through the queue. */
const WORDS = ['Wilhelmina', 'Featherstonehaugh', 'wilhelmina@erasure.example', 'Mina', 'mina@erasure.example']
const QUEUED = ['Zebulon', 'Quackenbush', 'zebulon@erasure.example']
const LETTER = 'Only-for-your-eyes'
const PERSONAL = [...WORDS, ...QUEUED, LETTER]

describe('erasing a person', () => {
  const dataDir = newDataDir()
  const backup = newDataDir()
  let kassa: KassaUnderTest
  let user: number
  let letter: string
  let keys: Buffer[]
  const said: string[] = []

  const files = (): { path: string; bytes: Buffer }[] =>
    globSync('**', { cwd: dataDir }).flatMap(path => {
      try {
        return [{ path, bytes: readFileSync(join(dataDir, path)) }]
      } catch {
        // A directory; or the broker has put another file into its place since.
        return []
      }
    })
  const hits = (needles: readonly (string | Buffer)[]): string[] =>
    files().flatMap(({ path, bytes }) =>
      needles.filter(needle => bytes.includes(needle)).map(needle => `${path}: ${needle}`),
    )
  const keysIn = (directory: string, person: string): Buffer[] =>
    ['order', 'notification'].flatMap(actor => {
      const store = new Database(join(directory, `${actor}-0.keys.db`))
      try {
        return store.prepare('SELECT key FROM keys WHERE person = ?').pluck().all(person) as Buffer[]
      } finally {
        store.close()
      }
    })
  const start = async () => {
    kassa = await startKassa({ dataDir, env: { KASSA_SETTLE_WAIT_MS: '10000' } })
  }
  const stop = async () => {
    await kassa.stop()
    said.push(...kassa.lines)
  }
  const status = async (path: string) => (await get(kassa.url, path)).status

  before(async () => {
    await start()
    const [first_name, last_name, email] = WORDS
    user = (
      await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create', { first_name, last_name, email }))
    ).user_id
    await expecting(202, post(kassa.url, '/money/put', { user_id: user, amount: '1000' }))
    await expecting(201, post(kassa.url, '/orders/create', { user_id: user, product_id: '12345', quantity: 5 }))
    const change = { body: { first_name: 'Mina', email: 'mina@erasure.example' }, headers: { 'Idempotency-Key': 'k' } }
    await expecting(200, send(kassa.url, 'PATCH', `/v1/users/${user}`, change))
    const note = { user_id: user, message: LETTER, notification_type: 'note', timestamp: '2023-09-07T14:30:00Z' }
    letter = (await expecting<{ message_id: string }>(202, post(kassa.url, '/notifications/send', note))).message_id
    await expecting(200, send(kassa.url, 'POST', `/v1/notifications/${letter}/resend`, { headers: change.headers }))

    const queued = { user_id: 'zebulon', first_name: QUEUED[0], last_name: QUEUED[1], email: QUEUED[2] }
    await expecting(202, post(kassa.url, '/mq/users', queued))
    // The same id with other content: a dead letter.
    await expecting(202, post(kassa.url, '/mq/users', { ...queued, first_name: LETTER }))
    await eventually('the queue is worked off', 10_000, async () => {
      const { items } = (await get(kassa.url, '/v1/dead-letters')).json as { items: Row[] }
      return items.length === 1 || undefined
    })
    await eventually('the letter is sent', 10_000, async () => {
      const { status } = (await get(kassa.url, `/v1/notifications/${letter}`)).json as Row
      return status === 'Sent' || undefined
    })

    await stop()
    cpSync(dataDir, backup, { recursive: true })
    keys = [...keysIn(dataDir, String(user)), ...keysIn(dataDir, 'zebulon')]
    await start()
  })
  after(async () => {
    await kassa?.stop()
    rmSync(backup, { recursive: true, force: true })
  })

  it('finds their keys before: the search sees what is there', () => {
    assert.equal(keys.length, 3)
    assert.equal(new Set(hits(keys)).size, 3)
  })

  it('is answered when every actor has forgotten them', async () => {
    const erased = await expecting(200, send(kassa.url, 'DELETE', `/v1/users/${user}`))
    assert.deepEqual(erased, { user_id: user, erased: true })
    await expecting(200, send(kassa.url, 'DELETE', '/v1/users/zebulon'))
    const shown = (await get(kassa.url, `/v1/notifications/${letter}`)).json as Row
    assert.deepEqual([shown.message, shown.subject], ['', ''])
    assert.equal(await status(`/v1/users/${user}`), 404)
    assert.equal(await status(`/v1/users/${user}/export`), 404)
    assert.equal(await status(`/notifications/messages?user_id=${user}`), 404)
    const { items } = (await get(kassa.url, '/v1/dead-letters')).json as { items: Row[] }
    assert.deepEqual(
      items.map(({ body }) => body),
      [null],
    )
  })

  it('leaves the books as they were', async () => {
    const { balance } = (await get(kassa.url, `/v1/money/balance?user_id=${user}`)).json as Row
    assert.equal(balance, 500)
  })

  it('leaves nothing personal in any stream', async () => {
    const nats = await lookAt(kassa)
    try {
      for (const stream of ['ORDER_0', 'BILLING_0', 'NOTIFICATION_0', 'COMMANDS'])
        for (const { seq, subject, headers, body } of await nats.messages(stream))
          for (const text of PERSONAL)
            assert.ok(!`${JSON.stringify(headers)} ${body}`.includes(text), `${subject} ${seq}`)
    } finally {
      await nats.close()
    }
  })

  it('leaves nothing personal in any file while it runs, the broker’s among them', () => {
    assert.ok(files().some(({ path }) => path.endsWith('-wal')))
    assert.ok(files().some(({ path }) => path.endsWith('.blk')))
    assert.deepEqual(hits(PERSONAL), [])
    assert.deepEqual(hits(keys), [])
  })

  it('leaves nothing of their keys in any file once it is stopped', async () => {
    await stop()
    assert.deepEqual(hits(keys), [])
    assert.deepEqual(hits(PERSONAL), [])
  })

  it('leaves nothing personal in what was said', () => {
    assert.ok(said.length > 20)
    for (const text of PERSONAL) assert.ok(!said.some(line => line.includes(text)), text)
  })

  it('leaves stores that kassa verify proves', async () => {
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  })

  for (const actor of ['order', 'notification'])
    it(`is not undone by files of ${actor} from before: they are healed from the stream`, async () => {
      for (const name of globSync(`${actor}-0*.db*`, { cwd: dataDir })) rmSync(join(dataDir, name))
      for (const name of globSync(`${actor}-0*.db*`, { cwd: backup })) cpSync(join(backup, name), join(dataDir, name))
      assert.ok(keysIn(dataDir, String(user)).length > 0)
      await start()
      assert.equal(await status(`/v1/users/${user}`), 404)
      const shown = (await get(kassa.url, `/v1/notifications/${letter}`)).json as Row
      assert.equal(shown.message, '')
      await stop()
      assert.deepEqual(keysIn(dataDir, String(user)), [])
      assert.deepEqual(hits(keys), [])
      assert.deepEqual(hits(PERSONAL), [])
      const { code, stdout } = await kassa.verify()
      assert.equal(code, 0, stdout)
    })
})
