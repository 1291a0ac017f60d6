/** The command `verify`: every store of an installation, running or stopped, a line each. */
import { existsSync, realpathSync } from 'node:fs'
import Database from 'better-sqlite3'
import { accessOf } from '../bus/broker-access.ts'
import { connectNats } from '../bus/nats.ts'
import { type Address, sourceOf } from '../bus/subjects.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { systemRandom } from '../world/random.ts'
import { OPERATOR } from './broker-users.ts'
import { DEFINITIONS } from './definitions.ts'
import type { Settings } from './kernel/actor.ts'
import { askActor } from './kernel/ask-actor.ts'
import { openKernelTables } from './kernel/kernel-tables.ts'
import { openLog } from './kernel/log.ts'
import { checkKeys, type KeyFindings } from './kernel/lost-keys.ts'
import { openMemoryStore, type Store } from './kernel/store.ts'
import { openVault } from './kernel/vault.ts'
import { ACTOR_NAMES, type ActorName } from './registry.ts'
import { settingsOf } from './settings.ts'
import { COPY_PATIENCE_MS, filesOf, openStopped, removeStore, type StoppedStore } from './store-files.ts'
import { type CheckKeys, lostKeyFaults } from './verify-keys.ts'
import { type Finding, verifyStore } from './verify-store.ts'

const MOST_FAULTS_SHOWN = 10

/**
 * Verifies every store under `config.dataDir` and says a line an actor. A running actor is asked for a copy of its
 * store. Gives the exit code: 0 when all is well, 1 at any difference, 69 when a store can't be had.
 */
export const verify = async (config: Config, say: (line: string) => void): Promise<ExitCode> => {
  const settings = settingsOf(config)
  let code: ExitCode = exitCodes.ok
  for (const name of ACTOR_NAMES) {
    const address = { actor: name, cell: 0 }
    const path = filesOf(config.dataDir, address).store
    if (!existsSync(path)) {
      say(`${name}: no store at ${path} yet`)
      continue
    }
    const finding = await findIn(config, name, address, path, settings)
    if ('reason' in finding) {
      say(`${name}: cannot be verified: ${finding.reason}`)
      if (code === exitCodes.ok) code = exitCodes.unavailable
      continue
    }
    if (finding.faults.length === 0) {
      say(`${name}: ${finding.entries} entries, chain whole, tables equal the log, books balance`)
      continue
    }
    say(`${name}: ${finding.entries} entries, ${finding.faults.length} faults`)
    for (const fault of finding.faults.slice(0, MOST_FAULTS_SHOWN)) say(`  ${fault}`)
    code = exitCodes.failed
  }
  return code
}

const findIn = async (
  config: Config,
  name: ActorName,
  address: Address,
  path: string,
  settings: Settings,
): Promise<Finding | { reason: string }> => {
  const findWith = async (store: Store, check: CheckKeys): Promise<Finding> => {
    const finding = verifyStore(DEFINITIONS[name], address, store, settings)
    // A log that can't be gone through has been told of; beside it no key matters.
    const keyFaults = finding.faults.length === 0 ? await lostKeyFaults(store, check) : []
    return { ...finding, faults: [...finding.faults, ...keyFaults] }
  }

  let stopped: StoppedStore | undefined
  try {
    stopped = openStopped(path)
  } catch (error) {
    return { entries: 0, faults: [`the store cannot be opened: ${messageOf(error)}`] }
  }
  if (stopped) {
    const { store, damage, close } = stopped
    try {
      const finding = await findWith(store, async seqs => checkWith(store, filesOf(config.dataDir, address).keys, seqs))
      return { ...finding, faults: damage === undefined ? finding.faults : [damage, ...finding.faults] }
    } finally {
      close()
    }
  }
  try {
    return await askRunning(config, address, findWith)
  } catch (error) {
    return { reason: messageOf(error) }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const checkWith = (store: Store, keysPath: string, seqs: number[]): KeyFindings => {
  // Not made where there are none: a file without a key would look like one that lost them.
  const keys = existsSync(keysPath) ? new Database(keysPath, { timeout: 0 }) : openMemoryStore()
  try {
    const vault = openVault(keys, systemRandom)
    return checkKeys({ log: openLog(store), tables: openKernelTables(store), vault }, seqs)
  } finally {
    keys.close()
  }
}

/** A running actor gives a copy of its store; its keys are not copied for this: it is asked what they open. */
const askRunning = async (
  config: Config,
  address: Address,
  findWith: (store: Store, check: CheckKeys) => Promise<Finding>,
): Promise<Finding> => {
  const url = config.natsUrl ?? runningUrl(config)
  const bus = await connectNats({
    url,
    name: 'verify',
    access: accessOf(config, url, OPERATOR),
    connectTimeoutMs: 3000,
  })
  const ask = (query: string, body: object) => askActor(bus, sourceOf(address), query, body, COPY_PATIENCE_MS)
  try {
    const { path } = (await ask('CopyStore', { data_dir: realpathSync(config.dataDir) })) as { path: string }
    const store = new Database(path)
    try {
      return await findWith(store, async entries => (await ask('CheckKeys', { entries })) as KeyFindings)
    } finally {
      store.close()
      removeStore(path)
    }
  } finally {
    await bus.close()
  }
}

const runningUrl = (config: Config): string => `nats://127.0.0.1:${config.natsPort}`
