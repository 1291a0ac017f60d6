/** The access keys in a backup: the file of their hashes, so that what was shut is shut again after a restore. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isActive } from '../access/access-key.ts'
import { ACCESS_KEYS, keyFileIn, readKeys } from '../access/key-file.ts'
import { sync } from '../sync.ts'
import { describeFile, type Manifest } from './manifest.ts'
import { copySafely } from './safe-files.ts'

type Say = (line: string) => void

/** Copies them, where somebody has made any. Throws a plain fault where the file cannot be read. */
export const takeAccessKeys = async (dataDir: string, directory: string, say: Say): Promise<Manifest['access']> => {
  const path = keyFileIn(dataDir)
  if (!existsSync(path)) return undefined
  copySafely(path, keyFileIn(directory))
  sync(keyFileIn(directory))
  say(`access keys: ${readKeys(keyFileIn(directory))?.length} copied`)
  return { ...(await describeFile(directory, ACCESS_KEYS)), name: ACCESS_KEYS }
}

/** Puts them back, unless there are some: those are newer, and know what has been revoked since. */
export const putAccessKeysBack = (
  dataDir: string,
  directory: string,
  { access, made_at }: Manifest,
  say: Say,
): void => {
  if (existsSync(keyFileIn(dataDir))) return say(`access keys: ${ACCESS_KEYS} is there and is kept`)
  if (!access) return
  copySafely(join(directory, ACCESS_KEYS), keyFileIn(dataDir))
  const active = (readKeys(keyFileIn(dataDir)) ?? []).filter(key => isActive(key, Date.now()))
  say(
    `access keys: put back as of ${made_at.slice(0, 19)}Z, ${active.length} let in. One that was revoked since then does ` +
      'so again: look at npm start -- keys list, and revoke it',
  )
}
