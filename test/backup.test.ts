/** The drill: a backup is made while orders flow, everything is wrecked, it is put back, and nothing acknowledged is missing. */
import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openStore } from '../src/actors/kernel/store.ts'
import { startTestBroker } from '../src/bus/test-broker.ts'
import { lockData } from '../src/start/data-lock.ts'
import { writeRunFile } from '../src/start/run-file.ts'
import { customersOf } from './customers.ts'
import { expecting, get, post, send } from './http-client.ts'
import { type Ended, newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { BURST_REQUESTS, startBurst } from './order-burst.ts'
import { startInVain } from './start-in-vain.ts'
import { copyStore } from './store-copies.ts'

const run = (words: string[], dataDir: string): Promise<Ended> => runKassa(words, { KASSA_DATA: dataDir })

const assertDone = ({ code, stdout, stderr }: Ended): void => assert.equal(code, 0, stdout + stderr)

/** What a wreck of the stores takes; `nats/` and the marks stay. */
const wreck = (dataDir: string, more: string[] = []): void => {
  for (const file of globSync(['*-0.db', '*-0.db-*', ...more], { cwd: dataDir })) rmSync(join(dataDir, file))
}

describe('backup and restore', () => {
  let kassa: KassaUnderTest
  let user: number
  const customers = customersOf(() => kassa)
  const backups = newDataDir()

  before(async () => {
    kassa = await startKassa()
    user = await customers.join('1000000')
    await customers.order(user, 1)
  })
  after(() => kassa?.stop())

  const start = async (dataDir = kassa.dataDir) => {
    kassa = await startKassa({ dataDir })
  }

  it('a backup under load and a restore lose no order: what came after comes back from the streams', async () => {
    const directory = join(backups, 'under-load')
    const burst = await startBurst(() => kassa, 'drill')
    await burst.answered(Math.floor(BURST_REQUESTS / 3))
    const made = await run(['backup', directory], kassa.dataDir)
    assertDone(made)
    assert.match(made.stdout, /order: \d+ entries read back, chain whole, tables equal the log, books balance/)
    await burst.over
    await burst.check()
    await customers.order(user, 2, 'after-the-backup')
    const everything = await customers.everything()

    await kassa.stop()
    wreck(kassa.dataDir)
    assertDone(await run(['restore', directory], kassa.dataDir))
    await start()

    await burst.check()
    assert.deepEqual(await customers.everything(), everything)
    const last = customers.lastOrderId()
    assert.equal(await customers.order(user, 2, 'after-the-backup'), String(last), 'its key is known')
    assert.ok(Number(await customers.order(user, 1)) > last, 'no id is given out twice')
    assertDone(await kassa.verify())
    assert.deepEqual(
      globSync('*.restored', { cwd: kassa.dataDir }),
      [],
      'the restored stores are stores like any other',
    )
  })

  it('a backup of a stopped Kassa, put into new data, starts with all that was acknowledged', async () => {
    const directory = join(backups, 'stopped')
    const everything = await customers.everything()
    const { dataDir } = kassa
    await kassa.stop()
    assertDone(await run(['backup', directory], dataDir))

    const elsewhere = join(newDataDir(), 'data')
    assertDone(await run(['restore', directory], elsewhere))
    // The streams are the second half of a restore; without them a person must say that nothing came after.
    renameSync(join(dataDir, 'nats'), join(elsewhere, 'nats'))
    await start(elsewhere)
    assert.deepEqual(await customers.everything(), everything)
    assertDone(await kassa.verify())
  })

  it('a restore is refused while Kassa runs, over stores, from half a backup and from a changed one', async () => {
    const directory = join(backups, 'refused')
    assertDone(await run(['backup', directory], kassa.dataDir))

    const running = await run(['restore', directory], kassa.dataDir)
    assert.equal(running.code, 69)
    assert.match(running.stderr, /pid \d+ runs there/)

    const taken = newDataDir()
    copyFileSync(join(directory, 'billing-0.db'), join(taken, 'billing-0.db'))
    const over = await run(['restore', directory], taken)
    assert.equal(over.code, 78)
    assert.match(over.stderr, /billing-0\.db would be overwritten; move them away first/)

    const unfinished = await run(['restore', newDataDir()], newDataDir())
    assert.equal(unfinished.code, 78)
    assert.match(unfinished.stderr, /no backup\.json/)

    appendFileSync(join(directory, 'order-0.keys.db'), 'x')
    const empty = newDataDir()
    const changed = await run(['restore', directory], empty)
    assert.equal(changed.code, 1)
    assert.match(changed.stderr, /order-0\.keys\.db is not what was written; use another backup/)
    assert.deepEqual(globSync('*.db', { cwd: empty }), [], 'nothing was put there')
  })

  it('a backup is refused where something lies already, and where an actor can not be asked', async () => {
    const full = newDataDir()
    mkdirSync(join(full, 'something'))
    const notEmpty = await run(['backup', full], kassa.dataDir)
    assert.equal(notEmpty.code, 78)
    assert.match(notEmpty.stderr, /it is not empty/)

    const nothing = await run(['backup', join(backups, 'nothing')], newDataDir())
    assert.equal(nothing.code, 78)
    assert.ok(!existsSync(join(backups, 'nothing')))

    const other = newDataDir()
    copyFileSync(join(backups, 'stopped', 'order-0.db'), join(other, 'order-0.db'))
    const unlock = lockData(other)
    const run69 = async (words: string[], natsUrl: string, reason: RegExp): Promise<void> => {
      writeRunFile(other, { pid: process.pid, startedAt: '2026-11-23T00:00:00Z', natsUrl })
      const { code, stderr } = await run(words, other)
      assert.equal(code, 69, stderr)
      assert.match(stderr, reason)
      assert.doesNotMatch(stderr, /^ +at /m, 'no stack trace')
      assert.ok(!existsSync(join(backups, 'nothing')))
    }
    const broker = await startTestBroker()
    const words = ['backup', join(backups, 'nothing')]
    for (const asked of [words, ['adopt']]) {
      await run69(asked, 'nats://127.0.0.1:1', /Cannot connect to the broker at/)
      await run69(asked, broker.url, /order\.0|order\/0/)
    }
    // Another installation, which has come to answer there and even lets this one in.
    cpSync(join(kassa.dataDir, 'nats-keys'), join(other, 'nats-keys'), { recursive: true })
    await run69(words, kassa.natsUrl, /its data are in .*, not in /)
    await broker.close()
    unlock()
  })

  it('a backup made after an erasure has nothing of the person, and one of before brings no key back', async () => {
    const words = ['Wilhelmina', 'Featherstonehaugh', 'wilhelmina@erasure.example']
    const [first_name, last_name, email] = words
    const person = { first_name, last_name, email }
    const { user_id } = await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create', person))
    const older = join(backups, 'before-the-erasure')
    assertDone(await run(['backup', older], kassa.dataDir))
    await expecting(200, send(kassa.url, 'DELETE', `/v1/users/${user_id}`))

    const newer = join(backups, 'after-the-erasure')
    assertDone(await run(['backup', newer], kassa.dataDir))
    for (const file of globSync('*', { cwd: newer })) {
      const bytes = readFileSync(join(newer, file))
      for (const needle of [...words, `${user_id}`].slice(0, file.endsWith('.keys.db') ? 4 : 3))
        assert.ok(!bytes.includes(needle), `${file} has ${needle}`)
    }

    // The keys are gone too: the old ones are put back, until the stream tells of the erasure.
    await kassa.stop()
    wreck(kassa.dataDir, ['*.keys.db'])
    assertDone(await run(['restore', older], kassa.dataDir))
    await start()
    assert.equal((await get(kassa.url, `/v1/users/${user_id}`)).status, 404)
    const keys = readFileSync(join(kassa.dataDir, 'order-0.keys.db'))
    assert.ok(!keys.includes(`${user_id}`), 'the key that the backup had is deleted again')
    assertDone(await kassa.verify())
  })

  it('a restored store whose stream is gone too does not open, until a person adopts it', async () => {
    const directory = join(backups, 'alone')
    assertDone(await run(['backup', directory], kassa.dataDir))
    const before = await customers.everything()
    const lost = await customers.order(user, 1)
    await kassa.stop()
    const elsewhere = join(newDataDir(), 'data')
    assertDone(await run(['restore', directory], elsewhere))
    const reason = /order\/0 was put back from the backup of .*, and its stream is gone.*npm start -- adopt/
    await (await startInVain(elsewhere, reason)).stop()
    // And so the next time: the first did not make the stream.
    const refused = await startInVain(elsewhere, reason)

    const told = await run(['adopt'], elsewhere)
    assert.equal(told.code, 1, told.stdout + told.stderr)
    assert.match(told.stdout, /order\/0 is refused.*\n {2}its store ends at entry \d+; .* its stream is not there/)
    assert.match(told.stdout, /Nothing was changed/)
    assertDone(await run(['adopt', 'all'], elsewhere))
    await refused.stop()

    await start(elsewhere)
    customers.forget(lost)
    assert.deepEqual(await customers.everything(), before)
    assert.ok(Number(await customers.order(user, 1)) > Number(lost), 'the id of the lost order is not given out again')
    assertDone(await kassa.verify())
  })

  /** The store of order is that of before the order `lost`, and the streams are gone. */
  const loseTheEndOfOrder = async () => {
    const old = newDataDir()
    await kassa.stop()
    copyStore('order', kassa.dataDir, old)
    await start()
    const lost = await customers.order(user, 3)
    const shown = await customers.everything()
    await kassa.stop()
    rmSync(join(kassa.dataDir, 'nats'), { recursive: true })
    copyStore('order', old, kassa.dataDir)
    return { lost, shown }
  }

  it('an older store of one actor, with its stream gone too, is healed by those who had read its log', async () => {
    const { shown } = await loseTheEndOfOrder()
    await start()
    assert.deepEqual(await customers.everything(), shown)
    await customers.streamsAreWhole()
    assertDone(await kassa.verify())
  })

  it('where they have no copies it is adopted: who has seen more goes back, and what it did is listed', async () => {
    const { lost } = await loseTheEndOfOrder()
    for (const actor of ['billing', 'notification', 'webhook']) {
      const store = openStore(join(kassa.dataDir, `${actor}-0.db`))
      store.exec('DELETE FROM copies')
      store.close()
      rmSync(join(kassa.dataDir, `${actor}-0.db.sums`), { force: true })
    }

    const refused = await startInVain(kassa.dataDir, /order\/0.*npm start -- adopt/)
    const adopted = await run(['adopt', 'order'], kassa.dataDir)
    assertDone(adopted)
    assert.match(adopted.stdout, /order\/0 is adopted: .* numbers are left empty, entry \d+ begins the new epoch/)
    await refused.stop()

    await start()
    customers.forget(lost)
    assert.equal((await get(kassa.url, `/v1/orders/${lost}`)).status, 404)
    const orphans = await run(['adopt'], kassa.dataDir)
    assertDone(orphans)
    assert.match(orphans.stdout, new RegExp(`billing/0 did this[^]* MoneyWithdrawn .*"order_id":"${lost}"`))
    assert.ok(Number(await customers.order(user, 1)) > Number(lost))
    await customers.streamsAreWhole()
    assertDone(await kassa.verify())
  })
})
