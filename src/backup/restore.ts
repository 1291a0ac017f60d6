/** The command `restore`: the stores of a backup put into an empty place, for a start that takes the rest from the streams. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isActorName } from '../actors/registry.ts'
import { filesOf } from '../actors/store-files.ts'
import { verify } from '../actors/verify.ts'
import type { Config } from '../config.ts'
import { type ExitCode, exitCodes, plainFault } from '../exit.ts'
import { lockData } from '../start/data-lock.ts'
import { describeFile, type Manifest, readManifest } from './manifest.ts'
import { assertRoom, copySafely, writeSafely } from './safe-files.ts'

type Say = (line: string) => void

/**
 * Puts the backup in `directory` into `config.dataDir`. Refused while Kassa runs there (69), where a store is there
 * already (78), and when a file of the backup is not what it was (1). Gives what `verify` says of the stores.
 */
export const restore = async (config: Config, directory: string, say: Say): Promise<ExitCode> => {
  const { dataDir } = config
  const manifest = readManifest(directory)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockData(dataDir)
  try {
    assertNothingThere(dataDir, manifest)
    await assertUnchanged(directory, manifest)
    const bytes = manifest.stores.flatMap(({ files }) => files.map(file => file.bytes))
    assertRoom(
      dataDir,
      bytes.reduce((sum, size) => sum + size, 0),
    )
    for (const store of manifest.stores) putBack(dataDir, directory, manifest, store, say)
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

// One store of the backup among newer ones would be refused at the start; and what is there may be all that there is.
const assertNothingThere = (dataDir: string, { stores }: Manifest): void => {
  const names = stores.map(({ actor, cell }) => new RegExp(`^${actor}-${cell}\\.db(-wal|-journal)?$`))
  const found = readdirSync(dataDir).filter(file => names.some(name => name.test(file)))
  if (found.length === 0) return
  throw plainFault(
    exitCodes.configuration,
    `Cannot restore into ${dataDir}: ${found.join(', ')} would be overwritten; move them away first (leave nats/ and *.keys.db)`,
  )
}

const assertUnchanged = async (directory: string, { stores }: Manifest): Promise<void> => {
  for (const { files, actor } of stores) {
    if (!isActorName(actor))
      throw plainFault(
        exitCodes.configuration,
        `The backup has a store of ${actor}, which this Kassa does not know; use the newer one`,
      )
    for (const file of files) {
      const now = existsSync(join(directory, file.name)) ? await describeFile(directory, file.name) : undefined
      if (now?.sha256 === file.sha256) continue
      throw plainFault(
        exitCodes.failed,
        `Cannot restore: ${join(directory, file.name)} is ${now ? 'not what was written' : 'missing'}; use another backup`,
      )
    }
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
