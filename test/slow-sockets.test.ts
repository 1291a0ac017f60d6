/** Two thousand connections that never come to the point keep nobody else waiting, and are closed after a while. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventually } from './eventually.ts'
import { expecting, get, post } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { openSlowSockets } from './slow-sockets.ts'

const SLOW = 2_000
const HONEST = 200
/** A head may take 10 s, and they are looked at every few seconds; this machine may be busy. */
const CLOSED_MS = 90_000

suite('slow sockets', { timeout: 180_000 }, () => {
  let kassa: KassaUnderTest
  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  test(`${SLOW} of them: every honest request is answered, and those that send no head are closed`, async () => {
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
    const { user_id } = await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create/', person))
    const slow = await openSlowSockets(kassa.url, SLOW)
    try {
      assert.equal(slow.open(), SLOW)
      for (let n = 0; n < HONEST; n++) await expecting(202, post(kassa.url, '/money/put/', { user_id, amount: '1' }))
      const { balance } = await expecting<{ balance: number }>(
        200,
        get(kassa.url, `/v1/money/balance?user_id=${user_id}`),
      )
      assert.equal(balance, HONEST)
      // Every other one sends a head, and then a body for which it has longer.
      await eventually('half are closed', CLOSED_MS, async () => slow.open() <= SLOW / 2 || undefined)
    } finally {
      slow.close()
    }
  })
})
