/** The marker of a restore that has begun: until it has ended, the data are half a backup, and nothing may start on them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes, plainFault } from './exit.ts'

/** Where it lies. */
export const restoringFile = (dataDir: string): string => join(dataDir, 'restoring')

/** Throws a plain fault while a restore into `dataDir` has begun and not ended. */
export const refuseHalfRestored = (dataDir: string): void => {
  if (!existsSync(restoringFile(dataDir))) return
  throw plainFault(
    exitCodes.configuration,
    `Cannot use the data in ${dataDir}: a restore was interrupted there, and only half of the backup is in place; ` +
      'run the same "npm start -- restore" again',
  )
}
