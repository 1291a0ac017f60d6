/** `npm run mutants`: slips of the hand in turn, relay, reader and rules, one at a time; how many does anything notice? */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { createSeededRandom } from '../src/world/seeded-random.ts'
import { copySource } from './controls/changed-copy.ts'
import { judge } from './mutants/judge.ts'
import { type Mutant, mutantsOf } from './mutants/operators.ts'
import { prepareEnvironment } from './testing/environment.ts'

const USAGE = `npm run mutants -- [options]
  --count <n>   how many mutants, drawn evenly from the files (48)
  --seed <n>    what they are drawn from (1)
  --help        print this`

const FILES = [
  'src/actors/kernel/turn.ts',
  'src/bus/relay.ts',
  'src/bus/reader.ts',
  'src/actors/billing/rules.ts',
  'src/actors/order/rules.ts',
  'src/actors/notification/rules.ts',
]
const WANTED_SHARE = 0.9

/** The same ones for the same seed and source: from each file in turn. */
const draw = (directory: string, count: number, seed: number): Mutant[] => {
  const chance = createSeededRandom(seed)
  const left = FILES.map(file => mutantsOf(file, readFileSync(join(directory, file), 'utf8')))
  const drawn: Mutant[] = []
  for (let turn = 0; drawn.length < count && left.some(list => list.length > 0); turn++) {
    const list = left[turn % left.length]!
    if (list.length > 0) drawn.push(...list.splice(chance.integer(list.length), 1))
  }
  return drawn
}

const mutants = async (count: number, seed: number): Promise<boolean> => {
  await prepareEnvironment()
  const directory = mkdtempSync(join(tmpdir(), 'kassa-mutants-'))
  copySource(directory)
  const drawn = draw(directory, count, seed)
  for (const file of FILES) {
    const noticed = await judge(directory, file, file === FILES[0])
    if (noticed) throw new Error(`Cannot judge mutants: ${noticed} found something wrong where nothing was changed`)
  }
  const caughtBy = new Map<string, number>()
  const survivors: Mutant[] = []
  for (const [index, mutant] of drawn.entries()) {
    const path = join(directory, mutant.file)
    const original = readFileSync(path, 'utf8')
    writeFileSync(path, mutant.text)
    const caught = await judge(directory, mutant.file, true)
    writeFileSync(path, original)
    if (caught) caughtBy.set(caught, (caughtBy.get(caught) ?? 0) + 1)
    else survivors.push(mutant)
    console.error(`${index + 1}/${drawn.length}  ${caught ?? 'SURVIVED'}  ${lineOf(mutant)}`)
  }
  rmSync(directory, { recursive: true, force: true })

  const caught = drawn.length - survivors.length
  const by = [...caughtBy].map(([who, number]) => `${number} by ${who}`).join(', ')
  console.log(
    `${drawn.length} mutants (seed ${seed}): ${caught} caught (${Math.round((100 * caught) / drawn.length)} %; ${by})`,
  )
  for (const survivor of survivors) console.log(`  survived: ${lineOf(survivor)}`)
  return drawn.length > 0 && caught / drawn.length >= WANTED_SHARE
}

const lineOf = ({ file, line, before, after }: Mutant): string =>
  `${file}:${line}  ${before}  →  ${after || '(left out)'}`

try {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter(word => word !== '--'),
    options: {
      count: { type: 'string', default: '48' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  process.exit((await mutants(Number(values.count), Number(values.seed))) ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
