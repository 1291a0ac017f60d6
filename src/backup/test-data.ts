/** Data of a Kassa that never ran, and backups of them. For tests only. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFINITIONS } from '../actors/definitions.ts'
import { openCore } from '../actors/kernel/core.ts'
import { openStore } from '../actors/kernel/store.ts'
import { openVault } from '../actors/kernel/vault.ts'
import { ADDRESSES } from '../actors/registry.ts'
import { settingsOf } from '../actors/settings.ts'
import { filesOf } from '../actors/store-files.ts'
import { type Config, readConfig } from '../config.ts'
import { systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import { backup } from './backup.ts'

const directories: string[] = []
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** A directory that is removed when this process ends. */
export const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-backup-'))
  directories.push(directory)
  return directory
}

export const quiet = (): void => {}

export const configOf = (dataDir: string): Config => readConfig({ KASSA_DATA: dataDir }).config

/** A data directory whose stores have an entry each. */
export const makeData = (): string => {
  const dataDir = newDirectory()
  for (const address of ADDRESSES) {
    const { store: path, keys: keysPath } = filesOf(dataDir, address)
    const [store, keys] = [openStore(path), openStore(keysPath)]
    const ports = { address, store, vault: openVault(keys, systemRandom), clock: systemClock, version: '1.0.0' }
    const core = openCore(DEFINITIONS[address.actor], { ...ports, settings: settingsOf(configOf(dataDir)) })
    core.transaction(() => core.append({ type: 'Started', data: { start_id: 's', version: '1.0.0' } }, {}, undefined))
    store.close()
    keys.close()
  }
  return dataDir
}

/** A backup of such data. */
export const makeBackup = async (): Promise<string> => {
  const directory = join(newDirectory(), 'backup')
  await backup(configOf(makeData()), directory, quiet)
  return directory
}

/** Whether an error is the plain fault that is due, for `assert.rejects`. */
export const refusedWith = (exitCode: number, message: RegExp) => (error: unknown) => {
  assert.equal((error as { exitCode: number }).exitCode, exitCode, String(error))
  assert.match((error as Error).message, message)
  return true
}
