/** `npm run ok`: everything that must hold before a change is committed, a line a step; stops at the first that fails. */

import { type ExitCode, exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { type Outcome, runScript, runTool } from './checking/tools.ts'

type Step = { name: string; run: () => Promise<Outcome>; mend: string }

// The quick ones first: who waits should hear the likely no at once.
const steps: Step[] = [
  {
    name: 'format and lint',
    run: () => runTool('biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
    mend: 'npm run format',
  },
  { name: 'types', run: () => runTool('tsc', ['--project', '.']), mend: 'see the lines above' },
  { name: 'nothing unused', run: () => runTool('knip', []), mend: 'remove it, or the word export before it' },
  { name: 'architecture', run: () => runScript('test', ['test/architecture']), mend: 'see docs/decisions/ for why' },
  { name: 'documents in step', run: () => runScript('test', ['test/documents']), mend: 'npm run documents' },
  { name: 'tests', run: () => runScript('test'), mend: 'npm test -- <a word of the path> shows one file closely' },
]

async function ok(): Promise<ExitCode> {
  for (const { name, run, mend } of steps) {
    const began = performance.now()
    const { passed, output } = await run()
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    if (!passed) {
      console.log(`${output.trimEnd()}\n\n✖ ${name} (${seconds} s); to mend it: ${mend}`)
      return exitCodes.failed
    }
    const last = output.trimEnd().split('\n').at(-1) ?? ''
    console.log(`✔ ${name.padEnd(18)} ${seconds.padStart(6)} s${/^\d+ passed/.test(last) ? `  ${last}` : ''}`)
  }
  return exitCodes.ok
}

ok().then(code => process.exit(code), endWithFault)
