/** `npm run format`: formats every file, and mends what can be mended safely. */

import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { runTool } from './checking/tools.ts'

runTool('biome', ['check', '--colors=off', '--write', '.']).then(({ passed, output }) => {
  console.log(output.trimEnd())
  process.exit(passed ? exitCodes.ok : exitCodes.failed)
}, endWithFault)
