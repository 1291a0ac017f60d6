/** Where the Kassa that runs on these data is asked: never one that merely answers on the usual port. */
import { existsSync } from 'node:fs'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { isAlive } from '../processes/running.ts'
import { isLocked } from '../start/data-lock.ts'
import { readRunFile } from '../start/run-file.ts'

/**
 * The broker's URL. Throws a plain fault when nobody runs on the data. Where parts are run alone, nobody holds the lock,
 * and `NATS_URL` tells; in any case the actors compare the data directory before they do what they are asked.
 */
export const runningUrl = ({ dataDir, natsUrl }: Pick<Config, 'dataDir' | 'natsUrl'>): string => {
  const run = readRunFile(dataDir)
  // A run file alone may be what a killed start has left, and its port another's by now.
  if (run?.natsUrl !== undefined && isAlive(run.pid) && isLocked(dataDir)) return run.natsUrl
  if (natsUrl !== undefined && existsSync(dataDir)) return natsUrl
  throw plainFault(
    exitCodes.unavailable,
    `No Kassa runs on the data in ${dataDir}, or it is only just starting: start it, or choose other data by KASSA_DATA`,
  )
}
