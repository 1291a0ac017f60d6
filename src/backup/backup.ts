/** The command `backup`: every store and its keys in one consistent cut, while Kassa runs or stopped, read back and proven. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DEFINITIONS } from '../actors/definitions.ts'
import type { Settings } from '../actors/kernel/actor.ts'
import { openMemoryStore, openStore, type Store } from '../actors/kernel/store.ts'
import { openVault } from '../actors/kernel/vault.ts'
import { type ActorName, ADDRESSES } from '../actors/registry.ts'
import { settingsOf } from '../actors/settings.ts'
import { filesOf, openStopped, removeStore, type StoppedStore } from '../actors/store-files.ts'
import { verifyStore } from '../actors/verify-store.ts'
import { type Address, sourceOf } from '../bus/subjects.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import { refuseHalfRestored } from '../restoring.ts'
import { lockData } from '../start/data-lock.ts'
import { sync } from '../sync.ts'
import { productVersion } from '../version.ts'
import { systemRandom } from '../world/random.ts'
import { takeAccessKeys } from './access-keys.ts'
import { bringToOneCut, openCopy } from './cut.ts'
import { describeFile, type StoreInBackup, writeManifest } from './manifest.ts'
import { bytesOf, type Originals, runningOriginals, stoppedOriginals } from './originals.ts'
import { runningUrl } from './running-url.ts'
import { assertRoom, moveSafely } from './safe-files.ts'
import { stopBySignal } from './stop-by-signal.ts'

type Say = (line: string) => void

const definitionAt = ({ actor }: Address) => DEFINITIONS[actor as ActorName]

/**
 * Makes a backup in `directory`, which must be new or empty.
 * Gives 0 when it is there and proven; otherwise, and when a signal ends it, throws and leaves nothing.
 */
export const backup = async (config: Config, directory: string, say: Say): Promise<ExitCode> => {
  const { dataDir } = config
  if (!ADDRESSES.some(address => existsSync(filesOf(dataDir, address).store)))
    throw plainFault(exitCodes.configuration, `Cannot make a backup: there is no store in ${dataDir}`)
  refuseHalfRestored(dataDir)
  const made = makeEmpty(directory)
  const stopping = stopBySignal()
  let unlock: (() => void) | undefined
  let originals: Originals | undefined
  try {
    assertRoomFor(dataDir, directory)
    unlock = lockStopped(dataDir)
    originals = unlock ? stoppedOriginals(dataDir) : await runningOriginals(config, runningUrl(config))
    await fill(config, directory, originals, stopping.signal, say)
    return exitCodes.ok
  } catch (error) {
    for (const name of readdirSync(directory)) rmSync(join(directory, name))
    if (made) rmSync(directory, { recursive: true })
    throw error
  } finally {
    stopping.release()
    await originals?.close()
    unlock?.()
  }
}

const assertRoomFor = (dataDir: string, directory: string): void => {
  const sizes = ADDRESSES.map(address => bytesOf(dataDir, address))
  assertRoom(
    directory,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  // Each copy is made beside its store first, where its actor may write.
  assertRoom(dataDir, Math.max(...sizes))
}

const fill = async (
  config: Config,
  directory: string,
  originals: Originals,
  signal: AbortSignal,
  say: Say,
): Promise<void> => {
  const settings = settingsOf(config)
  const madeAt = new Date().toISOString()
  const take = async (address: Address, kind: 'store' | 'keys') => {
    signal.throwIfAborted()
    const copy = await originals.copy(address, kind)
    try {
      signal.throwIfAborted()
      moveSafely(copy, filesOf(directory, address)[kind])
    } finally {
      // A copy of keys that is forgotten would outlive an erasure.
      removeStore(copy)
    }
  }

  for (const address of ADDRESSES) {
    await take(address, 'store')
    say(`${address.actor}: store copied`)
  }
  await cut(directory, settings, originals)
  // After the stores: then they hold the key of everybody who is in them and was not erased since.
  for (const address of ADDRESSES) await take(address, 'keys')
  await forgetTheErased(directory, settings)

  const stores: StoreInBackup[] = []
  for (const address of ADDRESSES) {
    stores.push(await readBack(directory, address, settings, say))
    signal.throwIfAborted()
  }
  const access = await takeAccessKeys(config.dataDir, directory, say)
  sync(directory)
  writeManifest(directory, { kassa: productVersion, made_at: madeAt, stores, ...(access ? { access } : {}) })
  say(
    `Backup of ${madeAt.slice(0, 19)}Z in ${directory}: ${stores.map(({ actor, head }) => `${actor} ${head}`).join(', ')}`,
  )
}

const cut = async (directory: string, settings: Settings, { readOn }: Originals): Promise<void> => {
  await withCopies(directory, 'store', async opened => {
    // Nothing is sealed or unsealed here, and the keys are not there yet.
    const noKeys = openVault(openMemoryStore(), systemRandom)
    await bringToOneCut(
      opened.map(({ address, store }) =>
        openCopy({ address, definition: definitionAt(address), store }, noKeys, settings),
      ),
      readOn,
    )
  })
}

/** Opening the core deletes the keys of those whose erasure is in the log. */
const forgetTheErased = (directory: string, settings: Settings): Promise<void> =>
  withCopies(directory, 'store', stores =>
    withCopies(directory, 'keys', async keys => {
      for (const [at, { address, store }] of stores.entries())
        openCopy(
          { address, definition: definitionAt(address), store },
          openVault((keys[at] as Opened).store, systemRandom),
          settings,
        )
    }),
  )

type Opened = { address: Address; store: Store }

const withCopies = async (
  directory: string,
  kind: 'store' | 'keys',
  work: (opened: Opened[]) => Promise<void>,
): Promise<void> => {
  const opened: Opened[] = []
  try {
    for (const address of ADDRESSES) opened.push({ address, store: openStore(filesOf(directory, address)[kind]) })
    await work(opened)
  } finally {
    for (const { address, store } of opened) {
      store.close()
      rmSync(`${filesOf(directory, address)[kind]}.pid`, { force: true })
    }
  }
}

/** Proves a copied store as `verify` does, and tells what its files hash to. */
const readBack = async (directory: string, address: Address, settings: Settings, say: Say): Promise<StoreInBackup> => {
  const files = filesOf(directory, address)
  const { store, close } = openStopped(files.store) as StoppedStore
  let last: { seq: number; chain: string } | undefined
  try {
    const { entries, faults } = verifyStore(definitionAt(address), address, store, settings)
    if (faults.length > 0)
      throw plainFault(
        exitCodes.failed,
        `The copy of ${sourceOf(address)} is not in order: ${faults[0]}; run "npm start -- verify"`,
      )
    last = store
      .prepare<[], { seq: number; chain: string }>('SELECT seq, chain FROM log ORDER BY seq DESC LIMIT 1')
      .get()
    say(`${address.actor}: ${entries} entries read back, chain whole, tables equal the log, books balance`)
  } finally {
    close()
  }
  for (const path of [files.store, files.keys]) sync(path)
  const described = [files.store, files.keys].map(path => describeFile(directory, basename(path)))
  return { ...address, head: last?.seq ?? 0, chain: last?.chain ?? '', files: await Promise.all(described) }
}

/** Whether the directory was made here. */
const makeEmpty = (directory: string): boolean => {
  const isThere = existsSync(directory)
  if (isThere && readdirSync(directory).length > 0)
    throw plainFault(
      exitCodes.configuration,
      `Cannot make a backup in ${directory}: it is not empty; give a new directory`,
    )
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return !isThere
}

/** The lock on stopped data, or nothing where Kassa runs on them. */
const lockStopped = (dataDir: string): (() => void) | undefined => {
  try {
    return lockData(dataDir)
  } catch (error) {
    if ((error as { exitCode?: ExitCode }).exitCode !== exitCodes.unavailable) throw error
    return undefined
  }
}
