/** A disk that is full for a while: what is said of it, and that the shop goes on by itself when there is room again. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { customersOf } from './customers.ts'
import { eventually } from './eventually.ts'
import { expecting, get, post } from './http-client.ts'
import { newDataDir } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { canMount, mountSmallDisk } from './small-disk.ts'

/** nats-server is let be for 10 s after a start, looked at every 2 s, and asked to end in an orderly way. */
const HEALED_MS = 30_000

const skip = !canMount() && 'only root may mount a small disk'

describe('a full disk under the broker', { skip }, () => {
  let kassa: KassaUnderTest
  let disk: ReturnType<typeof mountSmallDisk>
  let user: number
  const customers = customersOf(() => kassa)

  before(async () => {
    const dataDir = newDataDir()
    disk = mountSmallDisk(join(dataDir, 'nats'), 32)
    kassa = await startKassa({ dataDir, env: { KASSA_SETTLE_WAIT_MS: '200', KASSA_REQUEST_DEADLINE_MS: '3000' } })
    user = await customers.join('1000')
  })
  after(async () => {
    await kassa?.stop()
    disk?.unmount()
  })

  const register = (id: string) =>
    post(kassa.url, '/mq/users', { user_id: id, first_name: 'Ivan', last_name: 'Orlov', email: 'ivan@example.com' })

  it('holds orders up and refuses the queue; when there is room, everything goes on with nobody’s help', async () => {
    await expecting(202, register('before'))
    disk.fill()
    const order = { user_id: user, product_id: '12345', quantity: 1 }
    const { order_id } = await expecting<{ order_id: string }>(201, post(kassa.url, '/orders/create', order))
    await eventually('the queue takes nothing', HEALED_MS, async () => {
      return (await register('meanwhile')).status === 503 || undefined
    })
    await kassa.said(/nats-server can't go on: .*write error/)

    disk.makeRoom()
    await eventually('the order is settled', HEALED_MS, async () => {
      const { json } = await get(kassa.url, `/v1/orders/${order_id}`)
      return (json as { status: string }).status === 'Confirmed' || undefined
    })
    await eventually('the queue takes commands again', HEALED_MS, async () => {
      return (await register('after')).status === 202 || undefined
    })
    for (const id of ['before', 'after']) {
      await eventually(`${id} is a user`, HEALED_MS, async () => {
        return (await get(kassa.url, `/v1/users/${id}`)).status === 200 || undefined
      })
    }
    // The broker was started anew: an actor that no request has needed yet may still be on its way back to it.
    await kassa.ready()
    await customers.streamsAreWhole()
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  })
})

describe('a full disk under everything', { skip }, () => {
  let kassa: KassaUnderTest
  let disk: ReturnType<typeof mountSmallDisk>
  const customers = customersOf(() => kassa)

  before(async () => {
    const dataDir = newDataDir()
    disk = mountSmallDisk(dataDir, 48)
    kassa = await startKassa({ dataDir, env: { KASSA_SETTLE_WAIT_MS: '200', KASSA_REQUEST_DEADLINE_MS: '1000' } })
  })
  after(async () => {
    await kassa?.stop()
    disk?.unmount()
  })

  it('refuses commands and is not ready; when there is room, it is ready and takes them, with nobody’s help', async () => {
    const user_id = await customers.join('1000')
    disk.fill()
    await eventually('no command can be kept', HEALED_MS, async () => {
      return (await post(kassa.url, '/money/put', { user_id, amount: '1' })).status === 503 || undefined
    })
    const { status, json } = await get(kassa.url, '/readyz')
    assert.equal(status, 503)
    const billing = (json as { parts: { part: string; phase: string; waits_for: string | null }[] }).parts.find(
      ({ part }) => part === 'billing/0',
    )
    assert.deepEqual([billing?.phase, billing?.waits_for], ['no room', 'room on the disk'])

    disk.makeRoom()
    await kassa.ready()
    await eventually('money can be put', HEALED_MS, async () => {
      return (await post(kassa.url, '/money/put', { user_id, amount: '1' })).status === 202 || undefined
    })
    await eventually('an order is settled', HEALED_MS, async () => {
      const reply = await post(kassa.url, '/orders/create', { user_id, product_id: '12345', quantity: 1 })
      return reply.headers.get('order-status') === 'Confirmed' || undefined
    })
    const { code, stdout } = await kassa.verify()
    assert.equal(code, 0, stdout)
  })
})
