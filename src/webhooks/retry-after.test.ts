/** Retry-After, in its two forms and in none. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRetryAfter } from './retry-after.ts'

const NOW = Date.parse('2023-09-07T14:30:00Z')

describe('Retry-After', () => {
  const cases: [value: string | undefined, ms: number | undefined][] = [
    ['120', 120_000],
    ['0', 0],
    ['Thu, 07 Sep 2023 14:31:00 GMT', 60_000],
    ['Thu, 07 Sep 2023 14:29:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['12345678901234567890', undefined],
    ['2023', 2_023_000],
  ]
  for (const [value, ms] of cases) it(`${value} is ${ms} ms`, () => assert.equal(readRetryAfter(value, NOW), ms))
})
