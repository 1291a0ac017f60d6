/** `npm run test:security`: who gets in, what gets through, and whom it keeps waiting; with a campaign of made-up requests. */
import { parseArgs } from 'node:util'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { fuzz } from '../test/fuzz/fuzz.ts'
import { fuzzBus } from '../test/fuzz/fuzz-bus.ts'
import { runScript } from './checking/tools.ts'
import { honestUnderSlowSockets } from './security/slow-sockets.ts'

const USAGE = `npm run test:security -- [options]
  --requests <n>  how many made-up requests over HTTP, and as many on the bus (20000)
  --seed <n>      what decides them (1)
  --slow <n>      how many slow connections honest clients have to live with (2000; 0 leaves it out)`

/** Words of the paths of the test files about it. */
const FILES = ['access', 'certificate', 'jwt', 'keys-command', 'rate-limit', 'bad-input', 'smuggling', 'slow-sockets']
const MORE_FILES = ['http-server', 'refusals', 'src/mail', 'json', 'recipients', 'http-poster', 'install']

/** The lines of a run of tests that tell figures. */
const figuresIn = (output: string): string[] =>
  output.split('\n').filter(line => /^[✔✖]|let in|denied|^\d+ passed/.test(line.trim()))

try {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { requests: text, seed: text, slow: text, help: { type: 'boolean' } } })
  if (values.help) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const requests = Number(values.requests ?? 20_000)
  const seed = Number(values.seed ?? 1)
  const slow = Number(values.slow ?? 2_000)

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
  const honest = slow === 0 ? { failed: 0, line: 'slow connections were left out' } : await honestUnderSlowSockets(slow)
  console.log(honest.line)

  const isGood = tests.passed && http.faults.length === 0 && bus.faults.length === 0 && honest.failed === 0
  process.exit(isGood ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
