/** A whole Kassa on nats-server 2.10, the oldest that it takes: no `persist_mode`, no API level, no ids after a restart. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { OLD_NATS_SERVER } from '../scripts/testing/go-tools.ts'
import { customersOf } from './customers.ts'
import { eventually } from './eventually.ts'
import { expecting, post } from './http-client.ts'
import { newDataDir } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'
import { type OtherBroker, startOtherBroker } from './other-broker.ts'

const HEALED_MS = 60_000

const lacking =
  !existsSync(OLD_NATS_SERVER.file) &&
  `not shown: there is no ${OLD_NATS_SERVER.name} (${process.env[OLD_NATS_SERVER.lacking] ?? 'none was built'})`

describe('nats-server 2.10', { timeout: 300_000, skip: lacking }, () => {
  let broker: OtherBroker
  let kassa: KassaUnderTest
  let user: number
  const dataDir = newDataDir()
  const customers = customersOf(() => kassa)

  before(async () => {
    broker = await startOtherBroker(OLD_NATS_SERVER.file, dataDir)
    kassa = await startKassa({ dataDir, env: { NATS_URL: `nats://${broker.host}` } })
    user = await customers.join('1000000')
  })
  after(async () => {
    await kassa?.stop()
    await broker?.close()
  })

  const looking = async <T>(work: (nats: NatsLook) => Promise<T>): Promise<T> => {
    const nats = await lookAt(kassa)
    try {
      return await work(nats)
    } finally {
      await nats.close()
    }
  }

  /** Everything is as it was, a new order is carried out, and the streams hold the logs. */
  const assertGoesOn = async (everything: unknown) => {
    await kassa.ready()
    assert.deepEqual(await customers.everything(), everything)
    await customers.order(user, 1)
    await eventually('every stream is whole', HEALED_MS, () => customers.streamsAreWhole().catch(() => undefined))
    const { code, stdout, stderr } = await kassa.verify()
    assert.equal(code, 0, stdout + stderr)
  }

  it('carries an order to its end, a queued command too', async () => {
    await customers.order(user, 5)
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com', user_id: 'queued' }
    await expecting(202, post(kassa.url, '/mq/users', person))
    await looking(async nats => {
      const known = await eventually('the queue is worked off', HEALED_MS, async () => {
        return (await nats.ask<{ first_name?: string }>('order.0.query.GetUser', { user_id: 'queued' })).first_name
      })
      assert.equal(known, 'Ivan')
    })
  })

  it('takes the streams as it knows them: synced, described, numbered like the log', async () => {
    await looking(async ({ jetstream }) => {
      const account = await jetstream.getAccountInfo()
      assert.equal((account.api as { level?: number }).level, undefined, 'it tells no level')
      const { config } = await jetstream.streams.info('ORDER_0')
      assert.deepEqual([config.persist_mode, config.metadata?.['kassa.owner']], [undefined, 'order/0'])
    })
    await customers.streamsAreWhole()
  })

  it('shows the actors as micro services', async () => {
    const answers = await looking(nats => nats.askAll<{ name: string }>('$SRV.PING', 4))
    assert.deepEqual(answers.map(({ name }) => name).sort(), ['billing', 'notification', 'order', 'webhook'])
  })

  it('gets a log stream again that was deleted', async () => {
    const everything = await customers.everything()
    await looking(nats => nats.jetstream.streams.delete('BILLING_0'))
    await assertGoesOn(everything)
  })

  it('is gone on with after it has crashed', async () => {
    const everything = await customers.everything()
    await broker.crash()
    await assertGoesOn(everything)
  })

  it('has refused the parts nothing', () => {
    assert.deepEqual(
      kassa.lines.filter(line => line.includes('the broker refused something')),
      [],
    )
  })
})
