/** `npm run bench`: how quick Kassa is on this machine, beside its own empty route and beside the plain design. */
import { writeFileSync } from 'node:fs'
import { runGrownBench } from '../bench/grown/grown.ts'
import { grownReport } from '../bench/grown/grown-report.ts'
import { readOptions, USAGE, wantsHelp } from '../bench/options.ts'
import { isRight, runPeersBench } from '../bench/peers/peers.ts'
import { peersReport } from '../bench/peers/peers-report.ts'
import { plotOf, report, reportJson } from '../bench/report.ts'
import { runBench } from '../bench/run.ts'
import { runSmallBench } from '../bench/small.ts'
import { smallReport } from '../bench/small-report.ts'
import { runStormBench } from '../bench/storm.ts'
import { isWhole, stormReport } from '../bench/storm-report.ts'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'

const words = process.argv.slice(2)
try {
  if (wantsHelp(words)) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const options = readOptions(words)
  if (options.storm) {
    const figures = await runStormBench(options, line => console.error(line))
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : stormReport(figures).join('\n'))
    process.exit(isWhole(figures) ? exitCodes.ok : exitCodes.failed)
  }
  if (options.small) {
    const figures = await runSmallBench(options, line => console.error(line))
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : smallReport(figures).join('\n'))
    process.exit(figures.clean ? exitCodes.ok : exitCodes.failed)
  }
  if (options.grown) {
    const figures = await runGrownBench(options, line => console.error(line))
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : grownReport(figures).join('\n'))
    process.exit(exitCodes.ok)
  }
  if (options.peers) {
    const figures = await runPeersBench(options, line => console.error(line))
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : peersReport(figures).join('\n'))
    process.exit(isRight(figures) ? exitCodes.ok : exitCodes.failed)
  }
  const results = await runBench(options, line => console.error(line))
  const plot = plotOf(results)
  if (options.plot !== undefined && plot !== undefined) writeFileSync(options.plot, plot)
  console.log(options.json ? reportJson(results) : report(results).join('\n'))
  process.exit(results.verify.clean ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
