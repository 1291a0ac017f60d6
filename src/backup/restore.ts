/** The command `restore`: the stores of a backup put into an empty place, for a start that takes the rest from the streams. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { ADDRESSES } from '../actors/registry.ts'
import { filesOf } from '../actors/store-files.ts'
import { verify } from '../actors/verify.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import { restoringFile } from '../restoring.ts'
import { lockData } from '../start/data-lock.ts'
import { sync } from '../sync.ts'
import { putAccessKeysBack } from './access-keys.ts'
import { describeFile, type Manifest, readManifest } from './manifest.ts'
import { assertRoom, copySafely, writeSafely } from './safe-files.ts'

type Say = (line: string) => void

/**
 * Puts the backup in `directory` into `config.dataDir`. Refused while Kassa runs there (69), where a store is there
 * already (78), and when a file of the backup is not what it was (1). One that was interrupted can be run again; until
 * then nothing starts on the data. Gives what `verify` says of the stores.
 */
export const restore = async (config: Config, directory: string, say: Say): Promise<ExitCode> => {
  const { dataDir } = config
  const manifest = readManifest(directory)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockData(dataDir)
  try {
    assertKnown(manifest)
    await assertUnchanged(directory, manifest)
    const isHalfThere = begunWith(dataDir, manifest)
    await assertNothingThere(dataDir, manifest, isHalfThere)
    assertNoLooseKeys(dataDir, manifest)
    const bytes = manifest.stores.flatMap(({ files }) => files.map(file => file.bytes))
    assertRoom(
      dataDir,
      bytes.reduce((sum, size) => sum + size, 0),
    )
    writeSafely(restoringFile(dataDir), JSON.stringify({ made_at: manifest.made_at, from: directory }))
    for (const store of manifest.stores) putBack(dataDir, directory, manifest, store, say)
    putAccessKeysBack(dataDir, directory, manifest, say)
    rmSync(restoringFile(dataDir))
    sync(dataDir)
    const code = await verify({ ...config, natsUrl: undefined }, say)
    say(
      code === exitCodes.ok
        ? 'Restored. At the next start each store takes what came after from its stream, before it answers anyone'
        : 'Restored, but not all is well: see above',
    )
    return code
  } finally {
    unlock()
  }
}

// A name in the manifest says where a file is put: none but those of the actors there are.
const assertKnown = ({ stores }: Manifest): void => {
  for (const { actor, cell, files } of stores) {
    if (!ADDRESSES.some(known => known.actor === actor && known.cell === cell))
      throw plainFault(
        exitCodes.configuration,
        `The backup has a store of ${actor}/${cell}, which this Kassa does not know; use the newer one`,
      )
    const { store, keys } = filesOf('', { actor, cell })
    const strange = files.find(({ name }) => name !== store && name !== keys)
    if (strange)
      throw plainFault(
        exitCodes.configuration,
        `The backup names a file "${strange.name}" for ${actor}/${cell}, which this Kassa does not know; use another backup`,
      )
  }
}

/** Whether a restore of this backup was interrupted here. Throws a plain fault when it was one of another. */
const begunWith = (dataDir: string, { made_at }: Manifest): boolean => {
  const path = restoringFile(dataDir)
  if (!existsSync(path)) return false
  const begun = z.object({ made_at: z.string(), from: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')))
  if (begun.made_at === made_at) return true
  throw plainFault(
    exitCodes.configuration,
    `Cannot restore into ${dataDir}: a restore of the backup of ${begun.made_at} (${begun.from}) was interrupted there. ` +
      `Run that one again; or move what it has put there away, stores and keys, and then ${path}`,
  )
}

// One store of the backup among newer ones would be refused at the start; and what is there may be all that there is.
const assertNothingThere = async (dataDir: string, { stores }: Manifest, isHalfThere: boolean): Promise<void> => {
  const files = stores.flatMap(store => store.files)
  const isOurHalf = async (name: string): Promise<boolean> =>
    isHalfThere && (await describeFile(dataDir, name)).sha256 === files.find(file => file.name === name)?.sha256
  const found: string[] = []
  for (const { actor, cell } of stores) {
    const store = basename(filesOf(dataDir, { actor, cell }).store)
    for (const name of [store, `${store}-wal`, `${store}-journal`])
      if (existsSync(join(dataDir, name)) && !(await isOurHalf(name))) found.push(name)
  }
  if (found.length === 0) return
  throw plainFault(
    exitCodes.configuration,
    `Cannot restore into ${dataDir}: ${found.join(', ')} would be overwritten; move them away first (leave nats/ and *.keys.db)`,
  )
}

// SQLite would take what is left of the lost file for the latest of the one that is put there.
const assertNoLooseKeys = (dataDir: string, { stores }: Manifest): void => {
  const loose = stores
    .map(address => filesOf(dataDir, address).keys)
    .filter(keys => !existsSync(keys))
    .flatMap(keys => [`${keys}-wal`, `${keys}-journal`].filter(beside => existsSync(beside)))
  if (loose.length === 0) return
  throw plainFault(
    exitCodes.configuration,
    `Cannot restore into ${dataDir}: ${loose.map(path => basename(path)).join(', ')} lies there without its *.keys.db ` +
      'and would be mixed with what is put there; move it away first',
  )
}

const assertUnchanged = async (directory: string, { stores, access }: Manifest): Promise<void> => {
  for (const file of [...stores.flatMap(({ files }) => files), ...(access ? [access] : [])]) {
    const now = existsSync(join(directory, file.name)) ? await describeFile(directory, file.name) : undefined
    if (now?.sha256 === file.sha256) continue
    throw plainFault(
      exitCodes.failed,
      `Cannot restore: ${join(directory, file.name)} is ${now ? 'not what was written' : 'missing'}; use another backup`,
    )
  }
}

const putBack = (
  dataDir: string,
  directory: string,
  { made_at }: Manifest,
  { actor, cell, head, chain, files }: Manifest['stores'][number],
  say: Say,
): void => {
  const into = filesOf(dataDir, { actor, cell })
  for (const { name } of files) {
    // Put there by a restore that was interrupted since.
    if (join(dataDir, name) === into.store && existsSync(into.store)) continue
    // Of the store that was there before.
    for (const end of ['.sums', '.damaged']) rmSync(join(dataDir, `${name}${end}`), { force: true })
    // The keys that are there are newer: those of people who came since, and without those of people erased since.
    if (join(dataDir, name) === into.keys && existsSync(into.keys)) {
      say(`${actor}: ${name} is there and is kept`)
      continue
    }
    copySafely(join(directory, name), join(dataDir, name))
  }
  writeSafely(into.restored, JSON.stringify({ seq: head, chain, made_at }))
  say(`${actor}: put back as of ${made_at.slice(0, 19)}Z, up to entry ${head}`)
}
