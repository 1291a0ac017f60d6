/** How what happens to the parts is logged, and said where a person must know. */

import type { Log } from '../log.ts'
import type { Happening } from '../processes/supervisor.ts'

/**
 * A restart is a line in the log; a part that is given up is said in plain words as well.
 * `ends` says whether the whole start ends over it.
 */
export function tellHappening(happening: Happening, ends: boolean, log: Log, say: (line: string) => void): void {
  const { what, ...details } = happening
  // Not `pid`: every line has the supervisor's under that name.
  if (happening.what === 'started') return log.debug({ part: happening.part, partPid: happening.pid }, what)
  if (happening.what !== 'gave up') return log.warn(details, what)

  log.fatal(details, what)
  const outlook = ends ? 'Nothing can run without it' : 'The other parts go on; stop and start again when it is mended'
  say(`\n*** Gave up on ${happening.part}: ${happening.reason} (what it said stands above). ${outlook}. ***\n`)
}
