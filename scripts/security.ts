/** `npm run test:security`: who gets in, what gets through, and whom it keeps waiting; with a campaign of made-up requests. */
import { parseArgs } from 'node:util'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { fuzz } from '../test/fuzz/fuzz.ts'
import { fuzzBus } from '../test/fuzz/fuzz-bus.ts'
import { runScript } from './checking/tools.ts'
import { auditModules } from './security/audit.ts'
import { type Judged, judgeBySchemathesis } from './security/schemathesis.ts'
import { honestUnderSlowSockets } from './security/slow-sockets.ts'

const USAGE = `npm run test:security -- [options]
  --requests <n>  how many made-up requests over HTTP, and as many on the bus (20000)
  --seed <n>      what decides them (1)
  --examples <n>  how many requests Schemathesis makes up for each operation, beside those at the edges (25; 0 leaves it out)
  --slow <n>      how many slow connections honest clients have to live with (2000; 0 leaves it out)`

/** Words of the paths of the test files about it. */
const FILES = ['access', 'certificate', 'jwt', 'keys-command', 'rate-limit', 'bad-input', 'smuggling', 'slow-sockets']
const MORE_FILES = ['http-server', 'refusals', 'src/mail', 'json', 'recipients', 'http-poster', 'install']

/** The lines of a run of tests that tell figures: of each file, of what was printed, and all that failed. */
const figuresIn = (output: string): string[] =>
  output.split('\n').filter(line => /^✔|✖|^ *route |0 leaks$|refused$|canaries|10,000 times|^\d+ passed/.test(line))

const tellSchemathesis = (judged: Judged): { failed: number; lines: string[] } => {
  if (!judged.shown) return { failed: 0, lines: [`Schemathesis: not shown, ${judged.why}`] }
  const { version, requests, operations, checks, excused, findings } = judged.verdict
  const head = `Schemathesis ${version}: ${requests} requests to ${operations} operations: ${findings.length} findings`
  const lines = [`  checks made: ${JSON.stringify(checks)}`, `  no schema could have told: ${JSON.stringify(excused)}`]
  return { failed: findings.length, lines: [head, ...lines, ...findings.map(finding => `  ${finding}`)] }
}

try {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: { requests: text, seed: text, slow: text, examples: text, help: { type: 'boolean' } },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const requests = Number(values.requests ?? 20_000)
  const seed = Number(values.seed ?? 1)
  const slow = Number(values.slow ?? 2_000)
  const examples = Number(values.examples ?? 25)

  const tests = await runScript('test', [...FILES, ...MORE_FILES])
  for (const line of figuresIn(tests.output)) console.log(line)

  const http = await fuzz(requests, seed)
  console.log(
    `${http.requests} requests over HTTP (${JSON.stringify(http.manners)}), answered ${JSON.stringify(http.statuses)}, ${http.succeeded.size} of ${http.operations} operations with success: ${http.faults.length} faults`,
  )
  const bus = await fuzzBus(requests, seed)
  console.log(
    `${bus.requests} requests on the bus, ${bus.answered} answered, refused ${JSON.stringify(bus.refused)}: ${bus.faults.length} faults`,
  )
  for (const fault of [...http.faults, ...bus.faults]) console.log(`  ${fault}`)
  const judged: Judged =
    examples === 0 ? { shown: false, why: 'it was left out' } : await judgeBySchemathesis(examples, seed)
  const schemathesis = tellSchemathesis(judged)
  for (const line of schemathesis.lines) console.log(line)
  const audit = auditModules()
  console.log(audit.line)
  const honest = slow === 0 ? { failed: 0, line: 'slow connections were left out' } : await honestUnderSlowSockets(slow)
  console.log(honest.line)

  const failures = [http.faults.length, bus.faults.length, schemathesis.failed, audit.holes ?? 0, honest.failed]
  const isGood = tests.passed && failures.every(count => count === 0)
  process.exit(isGood ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
