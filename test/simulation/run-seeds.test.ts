/** Seeds that are spread on threads come to the same as one after the other, in the same order, and without a gap. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runSeed } from './run-seed.ts'
import { runSeeds } from './run-seeds.ts'

describe('seeds on worker threads', () => {
  it('give what each gives alone, in their order', async () => {
    const found: { seed: number; hash: string }[] = []
    for await (const { seed, hash } of runSeeds({ from: 11, count: 7, workers: 3 })) found.push({ seed, hash })
    const alone: typeof found = []
    for (let seed = 11; seed < 18; seed++) alone.push({ seed, hash: (await runSeed(seed, new Map())).hash })
    assert.deepEqual(found, alone)
  })

  it('take the options with them', async () => {
    const options = { faults: ['crash'], leaveOut: [0, 1, 2] }
    const hashes: string[] = []
    for await (const { hash } of runSeeds({ from: 11, count: 1, workers: 1 }, options)) hashes.push(hash)
    assert.deepEqual(hashes, [(await runSeed(11, new Map(), options)).hash])
  })

  it('end without a gap when they are stopped', async () => {
    const stop = new AbortController()
    const seeds: number[] = []
    for await (const { seed } of runSeeds({ from: 1, count: 1000, workers: 2 }, {}, stop.signal)) {
      seeds.push(seed)
      if (seeds.length === 3) stop.abort()
    }
    assert.ok(seeds.length < 1000)
    assert.deepEqual(
      seeds,
      seeds.map((_, index) => index + 1),
    )
  })
})
