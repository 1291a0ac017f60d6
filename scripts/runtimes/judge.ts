/** Whether a runtime did what the table says: nothing failed, and nothing was left out that is not named there. */
import type { Outcome } from './junit.ts'
import type { Runtime, Skip } from './runtimes.ts'

/** How the tests of one check went on one runtime. */
export type Verdict = { passed: number; failures: { name: string; why: string }[]; skipped: string[] }

export type Surroundings = { skips: readonly Skip[]; isRoot: boolean }

/** `expected` are the tests that ran on any runtime: each of them must have been met on this one. */
export function judge(
  runtime: Pick<Runtime, 'name'>,
  tests: Outcome[],
  expected: ReadonlySet<string>,
  { skips, isRoot }: Surroundings,
): Verdict {
  const allowed = new Map(skips.filter(({ on }) => appliesTo(on, runtime.name, isRoot)).map(skip => [skip.test, skip]))
  const met = new Set(tests.map(({ name }) => name))
  const skipped = tests.filter(({ outcome }) => outcome === 'skipped')

  const failures = tests.filter(({ outcome }) => outcome === 'failed').map(({ name, why }) => ({ name, why }))
  for (const { name } of skipped)
    if (!allowed.has(name)) failures.push({ name, why: 'was skipped, and runtimes.json does not allow that' })
  for (const name of allowed.keys())
    if (met.has(name) && !skipped.some(test => test.name === name))
      failures.push({ name, why: 'was not skipped: take it out of runtimes.json' })
  for (const name of expected)
    if (!met.has(name)) failures.push({ name, why: 'is known on another runtime and was not met on this one' })

  return {
    passed: tests.filter(({ outcome }) => outcome === 'passed').length,
    failures,
    skipped: skipped.map(({ name }) => `${name} (${allowed.get(name)?.why ?? 'nobody said why'})`),
  }
}

function appliesTo(on: Skip['on'], runtime: string, isRoot: boolean): boolean {
  return on === 'root' ? isRoot : on.includes(runtime)
}
