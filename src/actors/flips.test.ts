/** Flipped bits: whatever bit of a store's files is flipped, nothing wrong is ever shown. `npm run flips` flips many more. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { type Outcome, openFlips } from './test-flips.ts'

const FLIPS = 150

describe('a flipped bit', () => {
  const flips = openFlips()
  after(flips.close)
  const outcomes = new Map<Outcome, number>()

  it(`is mended or refused, ${FLIPS} times of ${FLIPS}`, () => {
    for (let seed = 1; seed <= FLIPS; seed++) {
      const { outcome, what } = flips.flip(seed)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      assert.notEqual(outcome, 'served silently', `seed ${seed}: ${what}`)
    }
  })

  it('is as a rule mended, from the log or with the stream', () => {
    for (const outcome of ['mended', 'mended by the stream'] as const)
      assert.ok((outcomes.get(outcome) ?? 0) > 0, JSON.stringify([...outcomes]))
  })
})
