/** `npm run format`: formats every file, and mends what can be mended safely. */
import { endWithFault } from '../src/child.ts'
import { exitCodes } from '../src/exit.ts'
import { runTool } from './checking/tools.ts'

runTool('biome', ['check', '--colors=off', '--write', '.']).then(({ passed, output }) => {
  console.log(output.trimEnd())
  process.exit(passed ? exitCodes.ok : exitCodes.failed)
}, endWithFault)
