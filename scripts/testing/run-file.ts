/** Running one test file in a process of its own: what passed, what failed and why, what was skipped. */
import { resolve } from 'node:path'
import { run } from 'node:test'
import { isDeno } from '../../src/processes/runtime.ts'
import { runFileOn } from '../runtimes/run-file.ts'

export type Failure = { name: string; error: unknown }

/** `outline` has a line a test, its mark first; `output` is what the file wrote. */
export type FileResult = {
  file: string
  ms: number
  passed: number
  failures: Failure[]
  skipped: string[]
  outline: string[]
  output: string
}

type Ended = {
  name: string
  nesting: number
  skip?: string | boolean
  todo?: string | boolean
  details: { type?: string; error?: Error & { failureType?: string } }
}

/** Deno's node:test has no run(): there the report of its own runner is read. */
async function runByReport(root: string, file: string, mostMs: number): Promise<FileResult> {
  const began = performance.now()
  const { tests } = await runFileOn(process.execPath, root, file, mostMs)
  const named = (outcome: (typeof tests)[number]['outcome']) => tests.filter(test => test.outcome === outcome)
  return {
    file,
    ms: performance.now() - began,
    passed: named('passed').length,
    failures: named('failed').map(({ name, why }) => ({ name, error: why })),
    skipped: named('skipped').map(({ name }) => name),
    outline: tests.map(({ name, outcome }) => `${{ passed: '✔', failed: '✖', skipped: '-' }[outcome]} ${name}`),
    output: '',
  }
}

/** Runs `file`, a path from `root`. One that takes longer than `mostMs` is ended, and that is a failure. */
export async function runTestFile(root: string, file: string, mostMs: number): Promise<FileResult> {
  if (isDeno) return runByReport(root, file, mostMs)

  const began = performance.now()
  const result: FileResult = { file, ms: 0, passed: 0, failures: [], skipped: [], outline: [], output: '' }
  const path = resolve(root, file)
  /** The tests that have begun and not ended, from the outermost on: each with its line of the outline. */
  const open: { name: string; line: number }[] = []

  const started = ({ name, nesting }: { name: string; nesting: number }) => {
    if (resolve(root, name) === path) return
    open.length = nesting
    open.push({ name, line: result.outline.length })
    result.outline.push(name)
  }
  const ended = (event: Ended, passed: boolean) => {
    const { error, type } = event.details
    if (resolve(root, event.name) === path) return void result.failures.push(faultOfFile(error, mostMs))

    const line = open[event.nesting]?.line ?? 0
    const name = open.slice(0, event.nesting + 1).map(test => test.name)
    const left = event.skip ?? event.todo
    const why = typeof left === 'string' ? ` (${left})` : ''
    const isLeft = left !== undefined && left !== false
    result.outline[line] = `${'  '.repeat(event.nesting)}${passed ? (isLeft ? '-' : '✔') : '✖'} ${event.name}${why}`

    if (isLeft) result.skipped.push(`${name.join(' › ')}${why}`)
    else if (passed) result.passed += type === 'suite' ? 0 : 1
    // A suite fails with the tests in it; those were told already.
    else if (error?.failureType !== 'subtestsFailed')
      result.failures.push({ name: name.join(' › '), error: error?.cause ?? error })
  }

  // The runner's own time limit bounds each test but not the file, so a handle left open would hold it for ever.
  for await (const event of run({ files: [file], cwd: root, signal: AbortSignal.timeout(mostMs) })) {
    if (event.type === 'test:start') started(event.data)
    else if (event.type === 'test:pass' || event.type === 'test:fail') ended(event.data, event.type === 'test:pass')
    else if (event.type === 'test:stdout' || event.type === 'test:stderr') result.output += event.data.message
  }
  return { ...result, ms: performance.now() - began }
}

/** Node tells of a file as of one more test when no test in it could be told of. */
function faultOfFile(error: (Error & { failureType?: string }) | undefined, mostMs: number): Failure {
  if (!error) return { name: '(the file)', error: 'there is no test in it' }
  if (error.failureType === 'testAborted')
    return { name: '(the file)', error: `was still running after ${mostMs / 1000} s` }
  return { name: '(the file)', error: 'could not be run, or ended badly; what it wrote stands below' }
}
