/** Runs many seeds of the simulation: `node bin/kassa.js run simulate -- --seeds 1000 --from 1`, or one with `--trace SEED`. */
import { parseArgs } from 'node:util'
import { type Counts, missed, RARE_PATHS } from '../test/simulation/rare-paths.ts'
import { runSeed } from '../test/simulation/run-seed.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter(argument => argument !== '--'),
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'string' },
  },
})
const counts: Counts = new Map()
process.on('unhandledRejection', error => {
  console.error('A promise was rejected and nobody heard of it:', error)
  process.exit(1)
})

if (values.trace !== undefined) {
  const { lines, violations } = await runSeed(Number(values.trace), counts)
  for (const line of lines) console.log(line)
  process.exit(violations.length > 0 ? 1 : 0)
}

const from = Number(values.from)
const seeds = Number(values.seeds)
const begun = performance.now()
let failing = 0
let loud = 0
for (let seed = from; seed < from + seeds; seed++) {
  const run = await runSeed(seed, counts)
  if (run.loud) loud++
  if (run.violations.length === 0) continue
  failing++
  console.log(`seed ${seed} (${run.rates})`)
  for (const violation of run.violations.slice(0, 5)) console.log(`  ${violation}`)
}
const minutes = (performance.now() - begun) / 60_000
console.log(`${seeds} seeds from ${from}: ${failing} failing, ${loud} loud, ${Math.round(seeds / minutes)} seeds/min`)
for (const path of Object.keys(RARE_PATHS) as (keyof typeof RARE_PATHS)[])
  console.log(`${String(counts.get(path) ?? 0).padStart(9)} ${path}`)
for (const path of missed(counts)) console.log(`never reached: ${path}`)
process.exit(failing > 0 || missed(counts).length > 0 ? 1 : 0)
