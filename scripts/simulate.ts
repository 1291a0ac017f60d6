/** `npm run simulate`: many seeds of the simulated shop, a campaign of them, or one seed with all that happens in it. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { exitCodes, plainFault } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { useMemoryDirectory } from '../test/memory-directory.ts'
import { FAULTS } from '../test/simulation/faults.ts'
import { runSeed } from '../test/simulation/run-seed.ts'
import { runSeeds, type SeedOptions } from '../test/simulation/run-seeds.ts'
import { shrink } from '../test/simulation/shrink.ts'
import { codeName, keep, resume } from './simulating/campaign.ts'
import { addRun, emptyTally, type Tally, tell, unreached } from './simulating/tally.ts'
import { missRules } from './simulating/without-rules.ts'

const USAGE = `npm run simulate -- [options]
  --seeds <n>         how many seeds (1000)
  --from <n>          the first one (1)
  --workers <n>       on so many threads (one for each core)
  --campaign <file>   keep what was found there, and go on with it the next time, as long as the code is the same
  --trace <seed>      one seed, every event of it
  --shrink <seed>     the fewest faults with which it still breaks a promise, and its events
  --without-rules     take the rules of the protocol away one by one: each must be missed within --seeds
  --rule <words>      of these rules alone: those whose name has these words
  --stop              end with the first seed that breaks a promise
  --faults <name,…>   of these big faults alone: ${Object.keys(FAULTS).join(', ')}
  --help              print this`

/** A campaign that is ended loses no more than this. */
const KEEP_EVERY_SEEDS = 50

type Options = {
  seeds: number
  from: number
  workers: number
  campaign: string | undefined
  trace: string | undefined
  shrink: string | undefined
  withoutRules: boolean
  rule: string
  stop: boolean
  run: SeedOptions
}

const readOptions = (words: string[]): Options => {
  const { values } = parseArgs({
    args: words.filter(word => word !== '--'),
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      campaign: { type: 'string' },
      trace: { type: 'string' },
      shrink: { type: 'string' },
      'without-rules': { type: 'boolean', default: false },
      rule: { type: 'string', default: '' },
      stop: { type: 'boolean', default: false },
      faults: { type: 'string' },
    },
  })
  const faults = values.faults?.split(',')
  for (const name of faults ?? [])
    if (!Object.hasOwn(FAULTS, name)) throw plainFault(exitCodes.usage, `There is no fault "${name}"\n${USAGE}`)
  return {
    seeds: Number(values.seeds),
    from: Number(values.from),
    workers: Number(values.workers),
    campaign: values.campaign,
    trace: values.trace,
    shrink: values.shrink,
    withoutRules: values['without-rules'],
    rule: values.rule,
    stop: values.stop,
    run: faults ? { faults } : {},
  }
}

const showTrace = async (seed: number, run: SeedOptions): Promise<boolean> => {
  const { lines, violations } = await runSeed(seed, new Map(), run)
  for (const line of lines) console.log(line)
  return violations.length === 0
}

const showShrunk = async (seed: number, run: SeedOptions): Promise<boolean> => {
  const shrunk = await shrink(seed, run)
  if (!shrunk) {
    console.log(`seed ${seed} breaks no promise`)
    return true
  }
  for (const line of shrunk.run.lines) console.log(line)
  const names = shrunk.run.planned.map(({ name }) => name).join(', ') || 'no big fault'
  console.log(`seed ${seed} breaks its promise with ${names}; ${shrunk.run.rates}`)
  return false
}

const simulate = async ({ seeds, from, workers, campaign, stop, run }: Options): Promise<boolean> => {
  const code = codeName(process.cwd())
  const tally: Tally = campaign === undefined ? emptyTally(from) : resume(campaign, code, from)
  if (tally.next > from) console.log(`goes on at seed ${tally.next}`)
  const ending = stopBySignal()
  const count = Math.max(0, from + seeds - tally.next)
  const elapsed = cpuTime()
  for await (const found of runSeeds({ from: tally.next, count, workers }, run, ending)) {
    addRun(tally, found, elapsed())
    if (found.violations.length > 0) {
      const { seed } = found
      console.log(`seed ${seed} (${found.rates}); its fewest faults: npm run simulate -- --shrink ${seed}`)
      for (const violation of tally.failing.at(-1)?.violations ?? []) console.log(`  ${violation}`)
      if (stop) return false
    }
    if (campaign !== undefined && (tally.next - from) % KEEP_EVERY_SEEDS === 0) keep(campaign, code, tally)
  }
  if (campaign !== undefined) keep(campaign, code, tally)
  for (const line of tell(tally)) console.log(line)
  console.log(`code ${code}`)
  if (ending.aborted) console.log(`Ended by a signal before seed ${tally.next}`)
  // Who chooses the faults, or ends it early, knows that not every path leads through what was run.
  const never = run.faults || ending.aborted ? [] : unreached(tally)
  if (never.length > 0) console.log(`Never reached: ${never.join(', ')}`)
  return tally.failing.length === 0 && never.length === 0
}

/** Aborted by the first Ctrl-C or SIGTERM; what is under way is finished and kept then. */
const stopBySignal = (): AbortSignal => {
  const ending = new AbortController()
  // Not once: whoever started this passes on a signal that has come from the terminal already.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort())
  return ending.signal
}

/** Gives the milliseconds of CPU that this process has used, all its threads together, since it was last asked. */
const cpuTime = (): (() => number) => {
  let last = process.cpuUsage()
  return () => {
    const used = process.cpuUsage(last)
    last = process.cpuUsage()
    return (used.user + used.system) / 1000
  }
}

const carryOut = (options: Options): Promise<boolean> => {
  if (options.trace !== undefined) return showTrace(Number(options.trace), options.run)
  if (options.shrink !== undefined) return showShrunk(Number(options.shrink), options.run)
  if (options.withoutRules) return missRules(process.cwd(), options, line => console.log(line))
  return simulate(options)
}

useMemoryDirectory()
const words = process.argv.slice(2)
try {
  if (words.includes('--help')) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const options = readOptions(words)
  process.exit((await carryOut(options)) ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
