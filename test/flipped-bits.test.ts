/** A store with a flipped bit, of an older version, of a newer one: mended by the start, or refused with a clear word. */
import assert from 'node:assert/strict'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { customersOf } from './customers.ts'
import { eventually } from './eventually.ts'
import { get } from './http-client.ts'
import { runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const PAGE = 4096
const OPEN_AGAIN_MS = 60_000

describe('a store that is not what it should be', () => {
  let kassa: KassaUnderTest
  let user: number
  const customers = customersOf(() => kassa)

  before(async () => {
    kassa = await startKassa()
    user = await customers.join('1000000')
    for (let orders = 0; orders < 20; orders++) await customers.order(user, 1)
  })
  after(() => kassa?.stop())

  const whileStopped = async (misfortune: () => void) => {
    await kassa.stop()
    misfortune()
    kassa = await startKassa({ dataDir: kassa.dataDir })
  }
  const setPragma = (actor: string, pragma: string) => {
    const store = new Database(join(kassa.dataDir, `${actor}-0.db`))
    store.pragma(pragma)
    store.close()
    // Written by another hand: the page is another one, and would be found out first.
    rmSync(join(kassa.dataDir, `${actor}-0.db.sums`))
  }

  for (const actor of ['order', 'billing', 'notification']) {
    it(`with a flipped bit in the store of ${actor} is found by verify, and mended by the start`, async () => {
      const everything = await customers.everything()
      await kassa.stop()
      const path = join(kassa.dataDir, `${actor}-0.db`)
      const bytes = readFileSync(path)
      const at = (bytes.length / PAGE - 1) * PAGE - 50
      bytes[at] = (bytes[at] as number) ^ 4
      writeFileSync(path, bytes)
      const found = await kassa.verify()
      assert.equal(found.code, 1, found.stdout)
      assert.match(found.stdout, /page \d+ of .* is not what was written there/)

      kassa = await startKassa({ dataDir: kassa.dataDir })
      await kassa.said(new RegExp(`"name":"${actor}".*the store is rebuilt from its log`))
      assert.deepEqual(await customers.everything(), everything)
      await customers.order(user, 1)
      const { code, stdout } = await kassa.verify()
      assert.equal(code, 0, stdout)
    })
  }

  it('with a wrong row on a page that is as it was written ends its actor when the row is read; the next start mends it', async () => {
    const everything = await customers.everything()
    await whileStopped(() => {
      const store = new Database(join(kassa.dataDir, 'billing-0.db'))
      store.exec('UPDATE accounts SET balance_minor = balance_minor + 1')
      store.close()
      rmSync(join(kassa.dataDir, 'billing-0.db.sums'))
    })
    // Whoever asks meanwhile is asked to come again, or waits for the actor to be back; nobody is shown the wrong money.
    const asked = await get(kassa.url, `/v1/money/balance?user_id=${user}`)
    if (asked.status !== 200) assert.ok(asked.status >= 500, asked.text)
    await kassa.said(/the row of user_id \d+ in accounts is not what was written.*the store is rebuilt from its log/)
    await eventually('billing is open again', OPEN_AGAIN_MS, async () =>
      (await get(kassa.url, '/readyz')).status === 200 ? true : undefined,
    )
    assert.deepEqual(await customers.everything(), everything)
    assert.equal((await kassa.verify()).code, 0)
  })

  it('with the tables of another version is rebuilt from its log', async () => {
    const everything = await customers.everything()
    await whileStopped(() => setPragma('billing', 'application_id = 1'))
    await kassa.said(/"name":"billing".*its tables are of another version.*the store is rebuilt from its log/)
    assert.deepEqual(await customers.everything(), everything)
    assert.equal((await kassa.verify()).code, 0)
    const asides = globSync('aside/*billing-0.db', { cwd: kassa.dataDir })
    assert.ok(asides.length <= 1, 'a log that was whole needs no second copy')
  })

  it('of a newer Kassa is refused', async () => {
    await kassa.stop()
    setPragma('billing', 'user_version = 999007')
    const ports = { KASSA_PORT: '0', KASSA_NATS_PORT: '0', KASSA_DATA: kassa.dataDir }
    const { code, stderr } = await runKassa(['start'], ports)
    assert.equal(code, 78, stderr)
    assert.match(stderr, /billing-0\.db: Kassa 999\.7 has run on it, and this is \d+\.\d+\.\d+; use that version/)
  })
})
