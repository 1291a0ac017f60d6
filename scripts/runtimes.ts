/** `npm run runtimes [-- --on Deno,Bun] [--checks units,life,system,start]`: the same source and tests on every runtime. */
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type ExitCode, exitCodes, plainFault } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { fetchRuntime } from './runtimes/fetch.ts'
import { startFirst } from './runtimes/first-start.ts'
import { judge, type Verdict } from './runtimes/judge.ts'
import type { Outcome } from './runtimes/junit.ts'
import { runFileOn } from './runtimes/run-file.ts'
import { CHECKS, type Check, RUNTIMES, type Runtime, SKIPS } from './runtimes/runtimes.ts'
import { countsLine } from './testing/counts.ts'
import { prepareEnvironment } from './testing/environment.ts'
import { seconds } from './testing/tell.ts'

const root = resolve(import.meta.dirname, '..')
const lifeFile = 'test/life-of-an-order.test.ts'
/** Much of a unit test is waiting for a small process, so a third one fits on two cores. */
const unitsAtOnce = 3
const fileMostMs = 240_000

type Result = { runtime: Runtime; check: Check; tests: Outcome[]; ms: number }

async function run(words: string[]): Promise<ExitCode> {
  const { runtimes, checks } = readWords(words)
  await prepareEnvironment()

  const results: Result[] = []
  for (const runtime of runtimes) {
    const program = await fetchRuntime(runtime, line => console.log(line))
    for (const check of checks.filter(check => runtime.runs[check])) {
      const began = performance.now()
      const tests = await carryOut(check, runtime, program)
      results.push({ runtime, check, tests, ms: performance.now() - began })
      console.log(
        `${runtime.name} ${runtime.version}: ${check}, ${tests.length} tests in ${seconds(results.at(-1)!.ms)}`,
      )
    }
  }

  const totals = { passed: 0, failed: 0 }
  console.log()
  for (const result of results) {
    const { runtime, check, ms } = result
    const verdict = verdictOf(result, results)
    console.log(tell(`${runtime.name}, ${check}`, verdict, ms))
    totals.passed += verdict.passed
    totals.failed += verdict.failures.length
  }
  console.log(`\n${countsLine(totals)}`)
  return totals.passed > 0 && totals.failed === 0 ? exitCodes.ok : exitCodes.failed
}

function readWords(words: string[]): { runtimes: Runtime[]; checks: Check[] } {
  const { values } = parseArgs({
    args: words.filter(word => word !== '--'),
    options: { on: { type: 'string' }, checks: { type: 'string' } },
  })
  const names = values.on?.split(',') ?? ['']
  const runtimes = RUNTIMES.filter(({ name }) =>
    names.some(asked => name.toLowerCase().startsWith(asked.toLowerCase())),
  )
  const all = Object.keys(CHECKS) as Check[]
  const checks = all.filter(check => values.checks === undefined || values.checks.split(',').includes(check))
  if (runtimes.length > 0 && checks.length > 0) return { runtimes, checks }

  const known = `--on ${RUNTIMES.map(({ name }) => `"${name}"`).join(',')} --checks ${all.join(',')}`
  throw plainFault(exitCodes.usage, `Cannot run on "${values.on ?? ''}" "${values.checks ?? ''}"; give ${known}`)
}

async function carryOut(check: Check, runtime: Runtime, program: string): Promise<Outcome[]> {
  if (check === 'start') return [await startFirst(root, runtime, program)]
  if (check === 'life') return runAll(program, [lifeFile], 1)
  if (check === 'system') return runAll(program, filesOf('test/**/*.test.ts'), 1)
  return runAll(program, filesOf('src/**/*.test.ts'), unitsAtOnce)
}

const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort()

/** Names carry their file: the same may stand in two. */
async function runAll(program: string, files: string[], atOnce: number): Promise<Outcome[]> {
  const waiting = [...files]
  const found: Outcome[] = []
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { tests } = await runFileOn(program, root, file, fileMostMs)
      found.push(...tests.map(test => ({ ...test, name: `${file}: ${test.name}` })))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return found
}

function verdictOf({ runtime, check, tests }: Result, results: Result[]): Verdict {
  const everywhere = results.filter(other => other.check === check).flatMap(other => other.tests)
  const expected = new Set(everywhere.map(({ name }) => name).filter(name => !name.endsWith('(the file)')))
  return judge(runtime, tests, expected, { skips: SKIPS, isRoot: process.getuid?.() === 0 })
}

function tell(what: string, { passed, failures, skipped }: Verdict, ms: number): string {
  const counts = `${countsLine({ passed, failed: failures.length })}, ${skipped.length} skipped`
  const lines = [`${failures.length > 0 ? '✖' : '✔'} ${what.padEnd(16)} ${counts}  ${seconds(ms)}`]
  for (const name of skipped) lines.push(`    - skipped: ${name}`)
  for (const { name, why } of failures) lines.push(`    ✖ ${name}`, why.replace(/^/gm, '        '))
  return lines.join('\n')
}

run(process.argv.slice(2)).then(code => process.exit(code), endWithFault)
