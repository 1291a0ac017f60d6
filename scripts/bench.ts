/** `npm run bench`: how quick Kassa is on this machine, beside its own empty route and beside the plain design. */
import { writeFileSync } from 'node:fs'
import { runGrownBench } from '../bench/grown/grown.ts'
import { grownReport } from '../bench/grown/grown-report.ts'
import { type Options, readOptions, USAGE, wantsHelp } from '../bench/options.ts'
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

const say = (line: string) => console.error(line)

/** Measures as it is asked to; the text to print, and whether all that must hold has held. */
const measure = async (options: Options): Promise<{ text: string; holds: boolean }> => {
  const shown = (figures: object, report: string[], holds: boolean) => ({
    text: options.json ? JSON.stringify(figures, undefined, 2) : report.join('\n'),
    holds,
  })
  if (options.storm) {
    const figures = await runStormBench(options, say)
    return shown(figures, stormReport(figures), isWhole(figures))
  }
  if (options.small) {
    const figures = await runSmallBench(options, say)
    return shown(figures, smallReport(figures), figures.clean)
  }
  if (options.grown) {
    const figures = await runGrownBench(options, say)
    return shown(figures, grownReport(figures), true)
  }
  if (options.peers) {
    const figures = await runPeersBench(options, say)
    return shown(figures, peersReport(figures), isRight(figures))
  }
  const results = await runBench(options, say)
  const plot = plotOf(results)
  if (options.plot !== undefined && plot !== undefined) writeFileSync(options.plot, plot)
  return { text: options.json ? reportJson(results) : report(results).join('\n'), holds: results.verify.clean }
}

const words = process.argv.slice(2)
try {
  if (wantsHelp(words)) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  const { text, holds } = await measure(readOptions(words))
  console.log(text)
  process.exit(holds ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
