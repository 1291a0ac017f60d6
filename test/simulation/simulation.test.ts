/** The whole shop, simulated: whatever goes wrong, no promise is broken; and what can go wrong did. */
import assert from 'node:assert/strict'
import { availableParallelism, constants, setPriority } from 'node:os'
import { describe, it } from 'node:test'
import { useMemoryDirectory } from '../memory-directory.ts'
import { type Counts, missed } from './rare-paths.ts'
import { runSeed } from './run-seed.ts'
import { runSeeds } from './run-seeds.ts'

/** A slice; `npm run simulate -- --seeds 10000 --from 1000` runs more. */
const FROM = 1
const SEEDS = process.env.CI === 'true' ? 5000 : 250

// Nothing in it is measured by the clock of the machine, and others are: they go first, but never keep it from going on.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
useMemoryDirectory()

/** Seeds beyond the slice with which campaigns have found something, in the product or in the checks. */
const FOUND_BY_CAMPAIGNS = [
  51129, 52818, 203968, 305042, 309612, 312763, 318142, 320486, 324418, 326580, 329954, 357442, 367146, 369710, 373330,
  376045, 387617, 391674, 394435, 500126, 1011529,
]

describe('the simulated shop', () => {
  it('does the same for the same seed, event by event', async () => {
    for (const seed of [1, 2, 3]) {
      const first = await runSeed(seed, new Map())
      const second = await runSeed(seed, new Map())
      assert.deepEqual(second.lines, first.lines)
      assert.equal(second.hash, first.hash)
    }
  })

  it('does something else for another seed', async () => {
    const hashes = await Promise.all([4, 5, 6].map(async seed => (await runSeed(seed, new Map())).hash))
    assert.equal(new Set(hashes).size, 3)
  })

  const counts: Counts = new Map()

  it(`keeps its promises through the faults of ${SEEDS} seeds`, async () => {
    const workers = availableParallelism()
    for await (const found of runSeeds({ from: FROM, count: SEEDS, workers })) {
      const { seed, violations, rates } = found
      const hint = `see all of it: npm run simulate -- --trace ${seed}`
      assert.deepEqual(violations, [], `seed ${seed} (${rates}) broke a promise; ${hint}`)
      for (const [path, count] of found.counts) counts.set(path, (counts.get(path) ?? 0) + count)
    }
  })

  it('keeps them where campaigns have found something before', async () => {
    for (const seed of FOUND_BY_CAMPAIGNS)
      assert.deepEqual((await runSeed(seed, new Map())).violations, [], `seed ${seed}`)
  })

  it('has been on every rare path meanwhile', () => {
    assert.deepEqual(missed(counts), [])
  })
})
