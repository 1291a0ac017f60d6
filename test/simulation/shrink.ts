/** Shrinking a failure: the same seed with fewer faults, as long as it still breaks a promise. */
import type { Faults } from '../../src/bus/memory-faults.ts'
import { type Run, type RunOptions, runSeed } from './run-seed.ts'

export type Shrunk = { options: RunOptions; run: Run }

/**
 * Leaves out what `seed` fails without: the big faults one by one, the last first, then the small ones, kind by kind, and
 * then once more what had to stay before. Gives `undefined` when the seed does not fail.
 */
export const shrink = async (seed: number, options: RunOptions = {}): Promise<Shrunk | undefined> => {
  let smallest: Shrunk = { options, run: await runSeed(seed, new Map(), options) }
  if (smallest.run.violations.length === 0) return undefined

  const tryWith = async (fewer: RunOptions): Promise<boolean> => {
    const run = await runSeed(seed, new Map(), fewer)
    if (run.violations.length > 0) smallest = { options: fewer, run }
    return run.violations.length > 0
  }

  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const fault of [...smallest.run.planned].reverse())
      if (await tryWith({ ...smallest.options, leaveOut: [...(smallest.options.leaveOut ?? []), fault.number] }))
        shrunk = true
    for (const rate of strikingRates(smallest.run))
      if (await tryWith({ ...smallest.options, spare: [...(smallest.options.spare ?? []), rate] })) shrunk = true
  }
  return smallest
}

const strikingRates = ({ bus }: Run): (keyof Faults)[] =>
  (Object.keys(bus) as (keyof Faults)[]).filter(name => !name.endsWith('MaxMs') && bus[name] > 0)
