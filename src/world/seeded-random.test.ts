/** Chance from a seed: the same again, and spread as it should be. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from './seeded-random.ts'

describe('chance from a seed', () => {
  const drawn = (seed: number) => {
    const random = createSeededRandom(seed)
    return [random.fraction(), random.integer(1_000_000), random.uuid(), random.bytes(8).toString('hex')]
  }

  test('is the same for the same seed', () => {
    assert.deepEqual(drawn(7), drawn(7))
  })

  test('differs between neighbouring seeds, small ones and large ones', () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1]
    assert.equal(new Set(seeds.map(seed => drawn(seed).join())).size, seeds.length)
  })

  test('spreads evenly', () => {
    const random = createSeededRandom(1)
    const counts = [0, 0, 0, 0, 0]
    for (let draw = 0; draw < 50_000; draw++) counts[random.integer(5)]!++
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${counts}`)
  })

  test('makes names that pass as UUIDs', () => {
    assert.match(createSeededRandom(1).uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('picks every element of a list, and nothing from an empty one', () => {
    const random = createSeededRandom(1)
    assert.equal(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c']))).size, 3)
    assert.throws(() => random.pick([]), /empty/)
  })
})
