/** Shrinking: of many faults those stay that a failure needs. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { type RunOptions, runSeed } from './run-seed.ts'
import { shrink } from './shrink.ts'

const BUG: RunOptions = {
  plant: PLANTED_BUGS['no witnesses are asked']!.plant,
  faults: ['restored store', 'crash', 'broker down'],
}

const failingSeed = async (): Promise<number> => {
  for (let seed = 1; seed < 200; seed++) if ((await runSeed(seed, new Map(), BUG)).violations.length > 0) return seed
  assert.fail('no seed fails')
}

describe('shrinking a failure', () => {
  it('leaves no fault without which it would fail all the same', async () => {
    const seed = await failingSeed()
    const shrunk = await shrink(seed, BUG)
    assert.ok(shrunk && shrunk.run.violations.length > 0)
    const again = await runSeed(seed, new Map(), shrunk.options)
    assert.deepEqual(again.lines, shrunk.run.lines)
    for (const { number } of shrunk.run.planned) {
      const leaveOut = [...(shrunk.options.leaveOut ?? []), number]
      const { violations } = await runSeed(seed, new Map(), { ...shrunk.options, leaveOut })
      assert.deepEqual(violations, [], `it fails without fault ${number} as well`)
    }
  })

  it('gives nothing for a seed that does not fail', async () => assert.equal(await shrink(1), undefined))
})
