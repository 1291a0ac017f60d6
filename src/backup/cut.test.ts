/** The cut: copies made one after the other come to tell one story, or are refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { billingActor } from '../actors/billing/actor.ts'
import type { Core } from '../actors/kernel/core.ts'
import { openMemoryStore } from '../actors/kernel/store.ts'
import { createTestCore } from '../actors/kernel/test-core.ts'
import { orderActor } from '../actors/order/actor.ts'
import type { Address } from '../bus/subjects.ts'
import { bringToOneCut } from './cut.ts'

const person = { first_name: 'Ivan', last_name: 'Petrov', email: 'ivan@example.com' }

/** An order actor and the billing actor that reads its log, both without a bus between them. */
const shop = () => {
  const order = createTestCore(orderActor, { settings: { defaultPriceMinor: 100_00 } })
  const billing = createTestCore(billingActor)
  const hear = (): void => {
    const from = billing.core.cursor('order/0').seq + 1
    billing.turn(order.core.log.read(from, 100).map(entry => ({ kind: 'event', source: 'order/0', entry })))
  }
  return { order, billing, hear }
}

const copyOf = (
  { store }: ReturnType<typeof createTestCore>,
  definition: typeof orderActor | typeof billingActor,
): Core => createTestCore(definition as typeof orderActor, { store: openMemoryStore(store.serialize()) }).core

describe('the cut of a backup', () => {
  it('brings an earlier copy up to what a later one has seen of it, and no further', async () => {
    const { order, billing, hear } = shop()
    order.run('CreateUser', person)
    const early = copyOf(order, orderActor)
    order.run('CreateOrder', { user_id: '93493453', product_id: '1', quantity: 1 })
    hear()
    const late = copyOf(billing, billingActor)
    const seen = order.core.log.head()
    order.run('CreateOrder', { user_id: '93493453', product_id: '1', quantity: 2 })

    const asked: Address[] = []
    await bringToOneCut([early, late], async (address, from, limit) => {
      asked.push(address)
      return { head: order.core.log.head(), chainBefore: '', entries: order.core.log.read(from, limit) }
    })
    assert.equal(early.log.head(), seen)
    assert.equal(late.cursor('order/0').chain, early.log.chainAt(seen))
    assert.deepEqual(
      asked.map(({ actor }) => actor),
      ['order'],
    )
  })

  it('is refused where nobody has what one of them has seen', async () => {
    const { order, billing, hear } = shop()
    const early = copyOf(order, orderActor)
    order.run('CreateUser', person)
    hear()
    const late = copyOf(billing, billingActor)
    const nothing = async () => ({ head: 0, chainBefore: undefined, entries: [] })
    await assert.rejects(bringToOneCut([early, late], nothing), /one has seen entry 1 of order\/0, which ends at 0/)
  })

  it('is refused where two of them are of different histories', async () => {
    const { order, billing, hear } = shop()
    order.run('CreateUser', person)
    hear()
    const another = shop().order
    another.run('CreateUser', { ...person, first_name: 'Petr' })
    const nothing = async () => ({ head: 0, chainBefore: undefined, entries: [] })
    await assert.rejects(
      bringToOneCut([another.core, billing.core], nothing),
      /billing\/0 has seen another entry 1 of order\/0 than that has/,
    )
  })
})
