/** A quick look at the stores of an installation that stands still: can they be opened, is the end of the log whole. */
import { existsSync } from 'node:fs'
import { type Address, sourceOf } from '../bus/subjects.ts'
import { openLog } from './kernel/log.ts'
import { ADDRESSES } from './registry.ts'
import { filesOf, openStopped } from './store-files.ts'

/** The newest entries are the ones that a crash or a copy can have hurt; `verify` looks at all. */
const LOOKED_AT = 1_000

/** What was seen: `inUse` by a process, or how many entries there are, when the last was written (ms), and what is wrong. */
export type StoreLook = { actor: string; path: string } & (
  | { state: 'none' | 'in use' }
  | { state: 'open'; entries: number; lastAt: number; fault: string | undefined }
  | { state: 'closed'; fault: string }
)

/** Looks at every store below `dataDir`; makes none. */
export const lookAtStores = (dataDir: string): StoreLook[] => ADDRESSES.map(address => lookAt(dataDir, address))

const lookAt = (dataDir: string, address: Address): StoreLook => {
  const path = filesOf(dataDir, address).store
  const about = { actor: sourceOf(address), path }
  if (!existsSync(path)) return { ...about, state: 'none' }
  try {
    const stopped = openStopped(path)
    if (!stopped) return { ...about, state: 'in use' }
    const { store, damage, close } = stopped
    try {
      const log = openLog(store)
      const entries = log.head()
      // Read with its chain: whatever is not what was written throws.
      log.read(Math.max(1, entries - LOOKED_AT + 1), LOOKED_AT)
      return { ...about, state: 'open', entries, lastAt: log.lastTime(), fault: damage }
    } finally {
      close()
    }
  } catch (error) {
    return { ...about, state: 'closed', fault: error instanceof Error ? error.message : String(error) }
  }
}
