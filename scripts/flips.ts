/** `npm run flips`: bits flipped in the files of a shop, one at a time, and what became of each. */
import { parseArgs } from 'node:util'
import { OUTCOMES, type Outcome, openFlips } from '../src/actors/test-flips.ts'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { useMemoryDirectory } from '../test/memory-directory.ts'

const USAGE = `npm run flips -- [options]
  --flips <n>  how many (10000)
  --seed <n>   the first seed; each flip has the next (1)
  --rows       without the sums of the pages: what the chain and the sums of the rows find by themselves`

useMemoryDirectory()
try {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: { flips: text, seed: text, rows: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const first = Number(values.seed ?? 1)
  const count = Number(values.flips ?? 10_000)
  const outcomes = new Map<Outcome, number>(OUTCOMES.map(outcome => [outcome, 0]))
  const shop = openFlips({ pageSums: !values.rows })
  for (let seed = first; seed < first + count; seed++) {
    const { outcome, what } = shop.flip(seed)
    outcomes.set(outcome, (outcomes.get(outcome) as number) + 1)
    if (outcome === 'served silently') console.log(`seed ${seed}: served silently: ${what}`)
    if ((seed - first) % 1000 === 999) console.error(`${seed - first + 1} of ${count}`)
  }
  shop.close()
  console.log(`${count} flips: ${[...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`)
  // Of a row that is no longer found no sum can tell: the sums of the pages are there for that.
  process.exit(values.rows || outcomes.get('served silently') === 0 ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
