/** `npm run simulate`: many seeds of the simulated shop, or the trace of one. */
import { parseArgs } from 'node:util'
import { exitCodes, plainFault } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { FAULTS } from '../test/simulation/faults.ts'
import { type Counts, missed, RARE_PATHS, type RarePath } from '../test/simulation/rare-paths.ts'
import { type RunOptions, runSeed } from '../test/simulation/run-seed.ts'

const USAGE = `npm run simulate -- [options]
  --seeds <n>        how many seeds (1000)
  --from <n>         the first one (1)
  --trace <seed>     one seed, every event of it
  --faults <name,…>  of these big faults alone: ${Object.keys(FAULTS).join(', ')}
  --help             print this`

/** No more of one seed's violations than this: the first one tells the most. */
const MOST_VIOLATIONS_SHOWN = 5

type Options = { seeds: number; from: number; trace: number | undefined; run: RunOptions }

const readOptions = (words: string[]): Options => {
  const { values } = parseArgs({
    args: words.filter(word => word !== '--'),
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      trace: { type: 'string' },
      faults: { type: 'string' },
    },
  })
  const faults = values.faults?.split(',')
  for (const name of faults ?? [])
    if (!Object.hasOwn(FAULTS, name)) throw plainFault(exitCodes.usage, `There is no fault "${name}"\n${USAGE}`)
  const trace = values.trace === undefined ? undefined : Number(values.trace)
  return { seeds: Number(values.seeds), from: Number(values.from), trace, run: faults ? { faults } : {} }
}

const showTrace = async (seed: number, run: RunOptions): Promise<boolean> => {
  const { lines, violations } = await runSeed(seed, new Map(), run)
  for (const line of lines) console.log(line)
  return violations.length === 0
}

const simulate = async ({ seeds, from, run }: Options): Promise<boolean> => {
  const counts: Counts = new Map()
  const begun = performance.now()
  let failing = 0
  let loud = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations, rates, loud: isLoud } = await runSeed(seed, counts, run)
    if (isLoud) loud++
    if (violations.length === 0) continue
    failing++
    console.log(`seed ${seed} (${rates})`)
    for (const violation of violations.slice(0, MOST_VIOLATIONS_SHOWN)) console.log(`  ${violation}`)
  }
  const perMinute = Math.round((seeds * 60_000) / (performance.now() - begun))
  for (const path of Object.keys(RARE_PATHS) as RarePath[])
    console.log(`${String(counts.get(path) ?? 0).padStart(9)}  ${path}: ${RARE_PATHS[path]}`)
  console.log(
    `${seeds} seeds from ${from}: ${failing} broke a promise, ${loud} ended with a person being asked; ${perMinute} seeds/min`,
  )
  // Who chooses the faults knows that not every path leads through them.
  const unreached = run.faults ? [] : missed(counts)
  if (unreached.length > 0) console.log(`Never reached: ${unreached.join(', ')}`)
  return failing === 0 && unreached.length === 0
}

const words = process.argv.slice(2)
try {
  if (words.includes('--help')) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const options = readOptions(words)
  const isGood = options.trace === undefined ? await simulate(options) : await showTrace(options.trace, options.run)
  process.exit(isGood ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
