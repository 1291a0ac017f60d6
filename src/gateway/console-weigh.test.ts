/** The count after something was broken: what would be wrong is seen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isGood, weigh } from './console/weigh.js'

const order = (order_id: string, status = 'Confirmed') => ({ order_id, status, total_amount: '100' })
const letter = (order_id: string, status = 'Sent', notification_type = 'order_confirmed') => ({
  order_id,
  status,
  notification_type,
})
const withdrawal = { type: 'withdrawal' }

/** Two orders of 100 each, for which 200.50 were put. */
const held = () => ({
  orders: [order('1'), order('2')],
  operations: [{ type: 'refill' }, withdrawal, withdrawal],
  letters: [letter('1', 'Sent', 'order_pending'), letter('1'), letter('2')],
  balance: 0.5,
})
const promised = { put: '200.50', placed: ['1', '2'], charged: ['1', '2'] }

describe('the proof of the Try page', () => {
  it('finds nothing lost and nothing doubled where each order was carried out once', () => {
    const found = weigh(held(), promised)
    assert.deepEqual(found, {
      acknowledged: 2,
      lost: 0,
      doubled: 0,
      open: 0,
      confirmed: 2,
      chargedOnce: 2,
      toldOnce: 2,
      balance: '0.50',
      expected: '0.50',
    })
    assert.ok(isGood(2, found))
  })

  type Found = ReturnType<typeof weigh>
  const wrong: [what: string, held: object, promised: object, found: Partial<Found>][] = [
    ['an acknowledged order that is not there', {}, { placed: ['1', '2', '3'] }, { lost: 1 }],
    ['two answers with one order', {}, { placed: ['1', '2', '2'] }, { lost: 1 }],
    ['an order that nobody asked for', { orders: [order('1'), order('2'), order('3')] }, {}, { doubled: 1 }],
    ['an order that was charged twice', {}, { charged: ['1', '2', '2'] }, { doubled: 1, chargedOnce: 1 }],
    ['an order that was not charged', {}, { charged: ['1'] }, { chargedOnce: 1, doubled: 1 }],
    ['a withdrawal that no order explains', { operations: Array(3).fill(withdrawal) }, {}, { doubled: 1 }],
    ['a second letter', { letters: [letter('1'), letter('2'), letter('2')] }, {}, { doubled: 1, toldOnce: 1 }],
    ['a letter that is missing', { letters: [letter('1')] }, {}, { open: 1, toldOnce: 1 }],
    ['a letter that is not sent yet', { letters: [letter('1'), letter('2', 'Queued')] }, {}, { open: 1 }],
    ['an order that still waits', { orders: [order('1'), order('2', 'Pending')] }, {}, { open: 1, confirmed: 1 }],
    ['a rejected order', { orders: [order('1'), order('2', 'Rejected')] }, {}, { confirmed: 1 }],
    ['money that is missing', { balance: 0.49 }, {}, { balance: '0.49', expected: '0.50' }],
  ]
  for (const [what, more, other, expected] of wrong)
    it(`sees ${what}`, () => {
      const found = weigh({ ...held(), ...more }, { ...promised, ...other })
      for (const [name, value] of Object.entries(expected)) assert.equal(found[name as keyof Found], value, name)
      assert.ok(!isGood(2, found))
    })
})
