/** That the job on Restate is the same: else the comparison would mean nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Context, customerHandlers } from './customer.ts'

/** What a virtual object keeps, without the server that makes it durable. */
const createObject = (balance: number) => {
  const state = new Map<string, unknown>([['balance', balance]])
  let ids = 0
  const context: Context & { stateKeys: () => Promise<string[]> } = {
    rand: { uuidv4: () => `id-${++ids}` },
    get: async name => (state.get(name) ?? null) as never,
    set: (name, value) => void state.set(name, value),
    stateKeys: async () => [...state.keys()],
  }
  return { state, context }
}
const order = { product_id: '12345', quantity: 5 }

describe('the job on Restate', () => {
  it('confirms an order, charges it, and keeps it with two letters', async () => {
    const { state, context } = createObject(100_000)
    const answer = await customerHandlers.order(context, order)

    assert.deepEqual(answer, { order_id: 'id-1', ...order, status: 'Confirmed' })
    assert.deepEqual(state.get('order/id-1'), { ...order, total: 50_000, status: 'Confirmed' })
    assert.deepEqual(await customerHandlers.account(context), { balance: 50_000, orders: 1, letters: 2 })
  })

  it('rejects one that costs more than there is, and tells of that in two letters too', async () => {
    const { context } = createObject(49_999)

    assert.equal((await customerHandlers.order(context, order)).status, 'Rejected')
    assert.deepEqual(await customerHandlers.account(context), { balance: 49_999, orders: 1, letters: 2 })
  })

  it('refuses what is not in the catalogue, and writes nothing', async () => {
    const { state, context } = createObject(100_000)

    await assert.rejects(customerHandlers.order(context, { product_id: '1', quantity: 1 }))
    assert.deepEqual([...state.keys()], ['balance'])
  })

  it('adds up money that is put', async () => {
    const { context } = createObject(1)
    assert.deepEqual(await customerHandlers.put(context, { amount: 2 }), { balance: 3 })
  })
})
