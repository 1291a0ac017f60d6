/** Files lost, streams deleted, old copies put back, rubbish on the bus: Kassa mends it, or says what to do. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { customersOf } from './customers.ts'
import { eventually } from './eventually.ts'
import { expecting, get, post } from './http-client.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt } from './nats-look.ts'
import { BURST_REQUESTS, burstWithoutStreams, startBurst } from './order-burst.ts'
import { startInVain } from './start-in-vain.ts'
import { copyStore, dropStore, storeOf } from './store-copies.ts'

const freePorts = { KASSA_PORT: '0', KASSA_NATS_PORT: '0' }
/** A start that must be refused, stopped as soon as it says so. */
const refusedStart = async (dataDir: string, reason: RegExp) => (await startInVain(dataDir, reason)).stop()

const ACTORS = ['order', 'billing', 'notification', 'webhook'] as const

describe('healing', () => {
  let kassa: KassaUnderTest
  let user: number
  const customers = customersOf(() => kassa)

  before(async () => {
    kassa = await startKassa()
    user = await customers.join('1000000')
    await customers.order(user, 1)
  })
  after(() => kassa?.stop())

  /** Stops, does something to the files, starts again. */
  const whileStopped = async (misfortune: () => void) => {
    await kassa.stop()
    misfortune()
    kassa = await startKassa({ dataDir: kassa.dataDir })
  }

  /** What holds after each misfortune: nothing is missing, the streams are whole, the shop goes on, the books are right. */
  const assertHealed = async (everything: unknown) => {
    assert.deepEqual(await customers.everything(), everything)
    await eventually('every stream is whole', 10_000, async () => {
      // A stream is filled from its log in the background.
      return await customers.streamsAreWhole().catch(() => undefined)
    })
    const last = customers.lastOrderId()
    assert.ok(Number(await customers.order(user, 1)) > last, 'a new order has an id that none had')
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  }

  const drop = (actor: string) => dropStore(kassa.dataDir, actor)
  const keep = (actor: string, dir: string) => copyStore(actor, kassa.dataDir, dir)
  const putBack = (actor: string, dir: string) => copyStore(actor, dir, kassa.dataDir)

  it('makes every stream again when data/nats was wiped', async () => {
    const queue = { queue_name: 'newcomers' }
    const subscribed = await expecting(200, post(kassa.url, '/mq/billing/subscribe', queue))
    const everything = await customers.everything()

    await whileStopped(() => rmSync(join(kassa.dataDir, 'nats'), { recursive: true }))
    await assertHealed(everything)
    assert.deepEqual(await expecting(200, post(kassa.url, '/mq/billing/subscribe', queue)), subscribed)
  })

  it('makes a log stream again that was deleted while orders flowed', async () => {
    const everything = await customers.everything()
    await burstWithoutStreams(() => kassa)
    await assertHealed(everything)
  })

  for (const actor of ACTORS) {
    it(`rebuilds the store of ${actor} from its stream`, async () => {
      const everything = await customers.everything()
      await whileStopped(() => drop(actor))
      await assertHealed(everything)
    })
  }

  it('rebuilds all stores at once from their streams', async () => {
    const everything = await customers.everything()
    await whileStopped(() => ACTORS.forEach(drop))
    await assertHealed(everything)
  })

  describe('from a store of an hour ago', () => {
    let copies: string
    const key = 'asked-after-the-copy'
    let asked: string

    before(async () => {
      copies = newDataDir()
      await whileStopped(() => {
        for (const actor of ACTORS) keep(actor, copies)
      })
      const newcomer = await customers.join('250')
      for (const quantity of [1, 1, 1]) await customers.order(newcomer, quantity)
      asked = await customers.order(newcomer, 2, key)
    })

    for (const actor of [...ACTORS, 'every actor']) {
      it(`brings ${actor} up to date, gives no id out twice and knows its keys`, async () => {
        const everything = await customers.everything()
        await whileStopped(() => {
          for (const each of actor === 'every actor' ? ACTORS : [actor]) putBack(each, copies)
        })
        await assertHealed(everything)

        const newcomer = (await expecting<{ user_id: number }>(200, get(kassa.url, `/v1/orders/${asked}`))).user_id
        assert.equal(await customers.order(newcomer, 2, key), asked, 'the order of that key, not another')
      })
    }

    it('refuses to go on when the streams have lost the rest too, and says what to do', async () => {
      const everything = await customers.everything()
      await kassa.stop()
      const newest = newDataDir()
      keep('order', newest)
      putBack('order', copies)
      rmSync(join(kassa.dataDir, 'nats'), { recursive: true })

      await refusedStart(
        kassa.dataDir,
        /store of order\/0 ends at entry \d+, but it once had entry \d+.*Put back the store/,
      )
      // Without its mark the others' word counts. The stream that such a start fills is taken back.
      rmSync(join(kassa.dataDir, 'order-0.mark'))
      await refusedStart(kassa.dataDir, /has seen entry \d+ of order\/0.*Put back the store that ran last/)

      putBack('order', newest)
      kassa = await startKassa({ dataDir: kassa.dataDir })
      await assertHealed(everything)
    })
  })

  it('refuses old stores that agree with each other when the streams are gone, until a person adopts them', async () => {
    await kassa.stop()
    const old = newDataDir()
    for (const actor of ACTORS) keep(actor, old)
    kassa = await startKassa({ dataDir: kassa.dataDir })
    await customers.order(user, 1)
    await kassa.stop()
    const newest = newDataDir()
    cpSync(kassa.dataDir, newest, { recursive: true })
    for (const actor of ACTORS) putBack(actor, old)
    rmSync(join(kassa.dataDir, 'nats'), { recursive: true })

    await refusedStart(kassa.dataDir, /but it once had entry \d+/)
    for (const actor of ACTORS) rmSync(join(kassa.dataDir, `${actor}-0.mark`))
    const kept = await startKassa({ dataDir: kassa.dataDir })
    assert.equal((await kept.verify()).code, 0)
    await kept.stop()

    // The other tests go on with what the customers know.
    kassa = await startKassa({ dataDir: newest })
  })

  it('does not start on a damaged store, says what to do, and what it says helps', async () => {
    const everything = await customers.everything()
    await kassa.stop()
    writeFileSync(storeOf(kassa.dataDir, 'billing'), 'no database at all '.repeat(1000))

    const { code, stderr } = await runKassa(['start'], { ...freePorts, KASSA_DATA: kassa.dataDir })
    assert.equal(code, 78)
    assert.ok(
      stderr.includes(
        `Cannot use ${storeOf(kassa.dataDir, 'billing')}, which is damaged: file is not a database; move it away`,
      ),
      stderr,
    )

    drop('billing')
    kassa = await startKassa({ dataDir: kassa.dataDir })
    await assertHealed(everything)
  })

  describe('rubbish on the bus', () => {
    const subjects = ['order.0.event.OrderCreated.1', 'billing.0.event.MoneyPut.1', 'notification.0.event.LetterSent.1']
    const streams = ['ORDER_0', 'BILLING_0', 'NOTIFICATION_0']

    it('is kept aside and told of, and the shop goes on', async () => {
      const everything = await customers.everything()
      const since = kassa.lines.length
      const nats = await lookAt(kassa)
      for (const subject of subjects) await nats.publish(subject, `rubbish for ${subject}`)
      await nats.close()

      for (const [index, stream] of streams.entries()) {
        await kassa.said(new RegExp(`"name":"${ACTORS[index]}".*they are kept aside`), since)
        await kassa.said(new RegExp(`"name":"${ACTORS[index]}".*the stream is made and filled from the log`), since)
        const file = join(kassa.dataDir, 'aside', `${stream}.jsonl`)
        const bodies = readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map(line => Buffer.from(JSON.parse(line).body, 'base64').toString())
        assert.ok(bodies.includes(`rubbish for ${subjects[index]}`))
      }
      await assertHealed(everything)
    })

    it('in the middle of a burst loses no order', async () => {
      const burst = await startBurst(() => kassa, 'rubbish')
      const nats = await lookAt(kassa)
      for (const [index, subject] of subjects.entries()) {
        await burst.answered(Math.floor(((index + 1) * BURST_REQUESTS) / 4))
        await nats.publish(subject, '{"specversion":"1.0","type":"OrderCreated","data":{}}')
      }
      await burst.over
      await burst.check()
      await nats.close()
    })

    it('does not make an order paid: a forged event is nobody’s word', async () => {
      const poor = await customers.join('1')
      const orderId = await customers.order(poor, 1)
      const everything = await customers.everything()
      const since = kassa.lines.length

      const nats = await lookAt(kassa)
      const [newest] = (await nats.messages('BILLING_0')).slice(-1)
      const type = 'MoneyWithdrawn'
      const event = {
        ...JSON.parse(newest!.body.toString()),
        type,
        data: { order_id: orderId, user_id: poor, amount: '100' },
      }
      await nats.publish(`billing.0.event.${type}.${poor}`, JSON.stringify(event))
      await nats.close()

      await kassa.said(/"name":"billing".*messages that are not ours/, since)
      await assertHealed(everything)
    })
  })
})
