/** `npm test [-- words]`: runs every *.test.ts whose path has one of the words in it, and tells the counts. */
import { resolve } from 'node:path'
import { type ExitCode, exitCodes, plainFault } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { buildBeside } from './testing/beside.ts'
import { addCounts, type Counts, countsLine, isGood, noCounts, skippedNote } from './testing/counts.ts'
import { prepareEnvironment } from './testing/environment.ts'
import { chooseFiles, findTestFiles } from './testing/files.ts'
import { runTestFile } from './testing/run-file.ts'
import { seconds, tellFile } from './testing/tell.ts'

const root = resolve(import.meta.dirname, '..')

/** Files of a kind: how many run at once, and after how many ms one hangs. */
type Manner = { atOnce: number; mostMs: number }

// Much of a unit test is waiting for a small process, so a third one fits on two cores.
const unitManner: Manner = { atOnce: 3, mostMs: 180_000 }
// A whole system is five processes, which wait for each other most of the time.
const systemManner: Manner = { atOnce: 2, mostMs: 900_000 }

// What looks at how long things take runs apart from the other systems, one after the other.
const APART = /^test\/(torture|slow-sockets)\.test\.ts$/
const apartManner: Manner = { atOnce: 1, mostMs: 1_800_000 }

// Takes every core for minutes and yields to everybody (test/simulation/simulation.test.ts): it has what the others leave.
const YIELDING = 'test/simulation/simulation.test.ts'
const yieldingManner: Manner = { atOnce: 1, mostMs: 1_800_000 }

async function test(words: string[]): Promise<ExitCode> {
  const files = chooseFiles(findTestFiles(root), words)
  const count = files.units.length + files.systems.length
  if (count === 0) throw plainFault(exitCodes.usage, `No test file has ${words.join(' or ')} in its path`)

  await prepareEnvironment()
  const built = buildBeside(files.systems)
  const began = performance.now()
  // Who names files looks at them closely: then every test is worth a line.
  const outline = words.length > 0
  const ofKind = (isMeant: (file: string) => boolean) => files.systems.filter(isMeant)
  const yielding = runAll(
    ofKind(file => file === YIELDING),
    yieldingManner,
    outline,
  )
  let counts = await runAll(files.units, unitManner, outline)
  for (const [some, manner] of [
    [ofKind(file => file !== YIELDING && !APART.test(file) && !built.has(file)), systemManner],
    [ofKind(file => APART.test(file)), apartManner],
    // Those that wait for something come last: by then it is there.
    [ofKind(file => built.has(file)), systemManner],
  ] as const)
    counts = addCounts(counts, await runAll(some, manner, outline, built))
  counts = addCounts(counts, await yielding)

  console.log(
    `\nFiles: ${count}, in ${seconds(performance.now() - began)}${skippedNote(counts.skipped)}\n${countsLine(counts)}`,
  )
  return isGood(counts) ? exitCodes.ok : exitCodes.failed
}

async function runAll(
  files: string[],
  { atOnce, mostMs }: Manner,
  outline: boolean,
  before = new Map<string, Promise<void>>(),
): Promise<Counts> {
  const waiting = [...files]
  let counts = noCounts

  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await before.get(file)
      const result = await runTestFile(root, file, mostMs)
      console.log(tellFile(result, outline))
      const { passed, failures, skipped } = result
      counts = addCounts(counts, { passed, failed: failures.length, skipped: skipped.length })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return counts
}

test(process.argv.slice(2)).then(code => process.exit(code), endWithFault)
