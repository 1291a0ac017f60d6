/** Bugs planted on purpose: a simulation that finds none of them would prove nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { runSeed } from './run-seed.ts'

const MOST_SEEDS = 150

describe('the simulation finds a planted bug:', () => {
  for (const [what, bug] of Object.entries(PLANTED_BUGS))
    it(what, async () => {
      for (let seed = 1; seed <= MOST_SEEDS; seed++) {
        const { violations } = await runSeed(seed, new Map(), bug)
        if (violations.length > 0) return
      }
      assert.fail(`${MOST_SEEDS} seeds ran, and nothing was noticed`)
    })
})
