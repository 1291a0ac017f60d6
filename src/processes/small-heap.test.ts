/** The flags for a small heap, and who has the last word on them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { smallHeapFlags, withOneArena } from './small-heap.ts'

describe('the flags for a small heap', () => {
  it('bound the young generation, and hold the old one against what is alive', () => {
    assert.deepEqual(smallHeapFlags('actor'), ['--max-semi-space-size=2', '--max-old-space-size=512'])
  })

  it('leave the gateway room for what it has in hand', () => {
    assert.deepEqual(smallHeapFlags('gateway'), ['--max-semi-space-size=8', '--max-old-space-size=512'])
  })

  it('are left to whoever set them in NODE_OPTIONS, one by one and in either spelling', () => {
    assert.deepEqual(smallHeapFlags('actor', '--cpu-prof --max-old-space-size=2048'), ['--max-semi-space-size=2'])
    assert.deepEqual(smallHeapFlags('actor', '--max_semi_space_size=16'), ['--max-old-space-size=512'])
  })

  it('come with one arena of the C library, unless somebody has set how many', () => {
    assert.deepEqual(withOneArena({ HOME: '/' }), { HOME: '/', MALLOC_ARENA_MAX: '1' })
    assert.deepEqual(withOneArena({ MALLOC_ARENA_MAX: '8' }), { MALLOC_ARENA_MAX: '8' })
  })
})
