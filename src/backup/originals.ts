/** The stores that are to be copied: of a running Kassa by asking its actors, of a stopped one by opening them. */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { OPERATOR } from '../actors/broker-users.ts'
import { askActor, askLog } from '../actors/kernel/ask-actor.ts'
import { COPY_PATIENCE_MS, copyStore, filesOf, openStopped, type StoreKind } from '../actors/store-files.ts'
import { accessOf } from '../bus/broker-access.ts'
import { connectNats } from '../bus/nats.ts'
import { type Address, sourceOf } from '../bus/subjects.ts'
import { Unavailable } from '../bus/unavailable.ts'
import type { Config } from '../config.ts'
import { exitCodes, plainFault } from '../exit.ts'
import type { ReadOn } from './cut.ts'

export type Originals = {
  /** Makes a consistent copy below the data directory; gives its path. */
  copy: (address: Address, kind: StoreKind) => Promise<string>
  readOn: ReadOn
  close: () => Promise<void>
}

const CONNECT_TIMEOUT_MS = 3000

/** Bytes of the files of one actor, with what was not yet written back into them. */
export const bytesOf = (dataDir: string, address: Address): number => {
  const { store, keys } = filesOf(dataDir, address)
  const files = [store, `${store}-wal`, keys, `${keys}-wal`]
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Asks the actors at `url`, whose data must be in `config.dataDir`. */
export const runningOriginals = async (config: Config, url: string): Promise<Originals> => {
  const { dataDir } = config
  const access = accessOf(config, url, OPERATOR)
  const bus = await connectNats({ url, name: 'backup', access, connectTimeoutMs: CONNECT_TIMEOUT_MS })
  return {
    copy: async (address, kind) => {
      const body = { data_dir: realpathSync(dataDir), ...(kind === 'keys' ? { keys: true } : {}) }
      const answer = await askActor(bus, sourceOf(address), 'CopyStore', body, COPY_PATIENCE_MS)
      return (answer as { path: string }).path
    },
    readOn: async (address, from, limit) => {
      try {
        return await askLog(bus, sourceOf(address), from, limit)
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        throw plainFault(exitCodes.unavailable, `${sourceOf(address)} is not open: ${error.message}; see /readyz`)
      }
    },
    close: () => bus.close(),
  }
}

/** Opens the files below `dataDir`; nobody may run on them. */
export const stoppedOriginals = (dataDir: string): Originals => ({
  copy: async (address, kind) => {
    const path = filesOf(dataDir, address)[kind]
    const stopped = existsSync(path) ? openStopped(path) : undefined
    if (!stopped) throw plainFault(exitCodes.unavailable, `Cannot copy ${path}: it is not there, or a process holds it`)
    try {
      return await copyStore(dataDir, address, stopped.store)
    } finally {
      stopped.close()
    }
  },
  // All that was ever seen of them is in them.
  readOn: async () => ({ head: 0, chainBefore: undefined, entries: [] }),
  close: async () => {},
})
