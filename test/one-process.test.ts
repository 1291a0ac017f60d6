/** `KASSA_PROCESSES=one`: the gateway and all actors in one process promise what they promise in five. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { customersOf } from './customers.ts'
import { eventually } from './eventually.ts'
import { assertRightBooks, type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt } from './nats-look.ts'
import { burstWithKill, burstWithoutStreams, MIDDLE, startBurst } from './order-burst.ts'

const env = { KASSA_PROCESSES: 'one' }
const STOP_MS = 5_000

describe('one process', { skip: process.platform === 'win32' && 'signals are of Unix' }, () => {
  let kassa: KassaUnderTest
  const customers = customersOf(() => kassa)

  before(async () => {
    kassa = await startKassa({ env })
  })
  after(() => kassa?.stop())

  it('answers for the gateway and for every actor, at the broker too', async () => {
    const one = kassa.pidOf('gateway and actors')
    const nats = await lookAt(kassa)
    for (const actor of ['order', 'billing', 'notification', 'webhook'])
      assert.equal((await nats.ask<{ pid: number }>(`${actor}.0.query.Health`)).pid, one)
    await nats.close()
    // Nothing else was started: the gateway is there as well.
    assert.ok(!kassa.lines.some(line => /"part":"(gateway|order)","partPid"/.test(line)))
  })

  it('settles an order within its reply, with its letters, and publishes all of it', async () => {
    const user = await customers.join('1000')
    await customers.order(user, 1)
    await customers.streamsAreWhole()
  })

  for (const part of ['gateway and actors', 'nats-server'] as const)
    it(`loses nothing and doubles nothing by kill -9 of ${part} in the middle of a burst`, async () => {
      await burstWithKill(() => kassa, part)
    })

  it('fills a log stream again that was deleted while orders flowed', async () => {
    await burstWithoutStreams(() => kassa)
    await eventually('every stream is whole', 20_000, () => customers.streamsAreWhole().catch(() => undefined))
  })

  it('is stopped by SIGTERM within 5 s, without a loss, and goes on with the next start in five processes', async () => {
    const burst = await startBurst(() => kassa, 'SIGTERM')
    await burst.answered(MIDDLE)

    const began = performance.now()
    process.kill(kassa.pid, 'SIGTERM')
    assert.deepEqual(await kassa.exited, { code: 0, signal: null })
    assert.ok(performance.now() - began < STOP_MS, `${performance.now() - began} ms`)
    assert.ok(!kassa.lines.some(line => line.includes('"msg":"killed"')), 'it ended by itself')

    kassa = await startKassa({ dataDir: kassa.dataDir })
    await burst.over
    await burst.check()
  })

  it('leaves stores that kassa verify finds right, running and stopped', async () => {
    await assertRightBooks(kassa)
  })
})
