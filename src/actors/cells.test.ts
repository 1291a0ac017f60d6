/** Which slot and cell an id lives in, for ever. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { CELLS, cellOf, SLOTS, slotOf } from './cells.ts'

suite('cells', () => {
  test('an allotted id lies in the slot it is congruent to, however long it is', () => {
    const id = fc.bigInt({ min: 0n, max: 10n ** 64n - 1n })
    fc.assert(fc.property(id, id => slotOf(String(id)) === Number(id % BigInt(SLOTS))))
  })

  // These must never change: data lie where they once said.
  const fixed: [id: string, slot: number][] = [
    ['0', 0],
    ['63', 63],
    ['64', 0],
    ['93493453', 13],
    ['unique_user_id', 22],
    ['0064', 22],
    ['', 35],
  ]
  for (const [id, slot] of fixed) test(`"${id}" lies in slot ${slot} for ever`, () => assert.equal(slotOf(id), slot))

  test('foreign ids spread over all slots', () => {
    const slots = new Set(Array.from({ length: 2_000 }, (_, number) => slotOf(`user-${number}`)))
    assert.equal(slots.size, SLOTS)
  })

  test('there is one cell today, and everything lives in it', () => {
    assert.deepEqual(CELLS, [0])
    fc.assert(fc.property(fc.string(), id => cellOf(id) === 0))
  })
})
