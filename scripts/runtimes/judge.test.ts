/** What a runtime may leave out, and what fails a run. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from './judge.ts'
import type { Outcome } from './junit.ts'

const BUN = { name: 'Bun 1.4' }
const skips = [
  { test: 'closes', on: ['Bun 1.4'], why: 'Bun can’t' },
  { test: 'is refused', on: 'root' as const, why: 'root may' },
]
const test = (name: string, outcome: Outcome['outcome']): Outcome => ({ name, outcome, why: outcome })
const failuresOf = (tests: Outcome[], { runtime = BUN, isRoot = false, expected = [] as string[] } = {}) =>
  judge(runtime, tests, new Set(expected), { skips, isRoot }).failures.map(({ name, why }) => `${name}: ${why}`)

describe('a runtime', () => {
  it('may skip what the table names for it, and the skip is told with its reason', () => {
    const verdict = judge(BUN, [test('opens', 'passed'), test('closes', 'skipped')], new Set(), {
      skips,
      isRoot: false,
    })
    assert.deepEqual(verdict, { passed: 1, failures: [], skipped: ['closes (Bun can’t)'] })
  })

  it('fails by a skip that the table names for another runtime', () => {
    assert.deepEqual(failuresOf([test('closes', 'skipped')], { runtime: { name: 'Deno 2.9' } }), [
      'closes: was skipped, and runtimes.json does not allow that',
    ])
  })

  it('fails by a test that the table says it skips, and that it runs', () => {
    assert.deepEqual(failuresOf([test('closes', 'passed')]), ['closes: was not skipped: take it out of runtimes.json'])
  })

  it('may skip as root what root can’t fail at, and only as root', () => {
    assert.deepEqual(failuresOf([test('is refused', 'skipped')], { isRoot: true }), [])
    assert.equal(failuresOf([test('is refused', 'skipped')]).length, 1)
  })

  it('fails by a test that failed', () => {
    assert.deepEqual(failuresOf([test('opens', 'failed')]), ['opens: failed'])
  })

  it('fails by a test that it never met: a suite may be lost in silence', () => {
    assert.deepEqual(failuresOf([test('opens', 'passed')], { expected: ['opens', 'sells'] }), [
      'sells: is known on another runtime and was not met on this one',
    ])
  })
})
