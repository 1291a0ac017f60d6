/** When a webhook that failed is tried again. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { holdUntil, MOST_HOLD_MS, nextAttemptAt } from './backoff.ts'

const NOW = Date.parse('2023-09-07T14:30:00Z')
const seconds = (at: number | undefined) => (at === undefined ? undefined : (at - NOW) / 1000)

describe('a delivery that failed', () => {
  const schedule: [attempts: number, seconds: number][] = [
    [1, 5],
    [2, 300],
    [3, 1800],
    [4, 7200],
    [5, 18_000],
    [6, 36_000],
    [7, 50_400],
    [8, 72_000],
    [9, 86_400],
  ]
  for (const [attempts, pause] of schedule)
    it(`for the ${attempts}. time is tried again after ${pause} s, and up to a fifth more`, () => {
      assert.equal(seconds(nextAttemptAt(attempts, NOW, 0)), pause)
      assert.equal(seconds(nextAttemptAt(attempts, NOW, 1)), pause * 1.2)
    })

  it('ten times is given up', () => assert.equal(nextAttemptAt(10, NOW, 0), undefined))

  it('falls due at a whole second, never before its time', () => assert.equal(nextAttemptAt(1, NOW + 1, 0), NOW + 6000))
})

describe('a receiver that asks for a pause', () => {
  it('gets it', () => assert.equal(seconds(holdUntil(90_000, NOW)), 90))
  it('gets an hour at the most', () => assert.equal(holdUntil(10 * MOST_HOLD_MS, NOW), NOW + MOST_HOLD_MS))
  it('cannot ask for the past', () => assert.equal(holdUntil(-5000, NOW), NOW))
})
