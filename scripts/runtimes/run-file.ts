/** Running one test file on one runtime, by that runtime's own test runner. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Outcome, readJunit } from './junit.ts'

export type FileOutcome = { file: string; tests: Outcome[] }

/** No test of ours takes longer; Bun would end each after 5 s. */
const testMs = 180_000
const outputMost = 3_000

/** Runs `file`, a path from `root`. A file that ends badly, or not within `mostMs`, is a failure of its own. */
export async function runFileOn(program: string, root: string, file: string, mostMs: number): Promise<FileOutcome> {
  const place = mkdtempSync(join(tmpdir(), 'kassa-junit-'))
  const report = join(place, 'report.xml')
  // In a group of its own, so that what hangs is ended with all it has started.
  const child = spawn(program, runnerArguments(program, file, report), {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  let late = false
  const timer = setTimeout(() => {
    late = true
    process.kill(-child.pid!, 'SIGKILL')
  }, mostMs)
  const [code] = await once(child, 'close')
  clearTimeout(timer)

  const tests = existsSync(report) ? readJunit(readFileSync(report, 'utf8')) : []
  rmSync(place, { recursive: true })
  if (tests.length === 0 || (code !== 0 && tests.every(({ outcome }) => outcome !== 'failed'))) {
    const end = late ? `was still running after ${mostMs / 1000} s` : `ended with exit code ${code}`
    tests.push({ name: '(the file)', outcome: 'failed', why: `${end}; it wrote:\n${output.slice(-outputMost)}` })
  }
  return { file, tests }
}

function runnerArguments(program: string, file: string, report: string): string[] {
  if (program.endsWith('deno')) return ['test', '--allow-all', '--no-check', '--quiet', `--junit-path=${report}`, file]
  if (program.endsWith('bun'))
    return ['test', `--timeout=${testMs}`, '--reporter=junit', `--reporter-outfile=${report}`, `./${file}`]
  return ['--test-reporter=junit', `--test-reporter-destination=${report}`, file]
}
