/** The file of keys: read by the gateway, written by `npm start -- keys`. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { exitCodes, plainFault } from '../exit.ts'
import { sync } from '../sync.ts'
import { type KeptKey, keptKey } from './access-key.ts'

const contents = z.strictObject({ version: z.literal(1), keys: z.array(keptKey) })

export const ACCESS_KEYS = 'access-keys.json'

/** Beside the stores; 0600. */
export const keyFileIn = (dataDir: string): string => join(dataDir, ACCESS_KEYS)

/** All keys that were ever made, also those revoked; `undefined` where there is no file: nobody made any. */
export const readKeys = (path: string): KeptKey[] | undefined => {
  const text = textIn(path)
  if (text === undefined) return undefined
  try {
    return contents.parse(JSON.parse(text)).keys
  } catch {
    // The text may be what is left of a disk: it is not to be quoted.
    throw plainFault(
      exitCodes.configuration,
      `Cannot read ${path}: it is not a file of keys; put back a copy, or remove it and make new keys`,
    )
  }
}

/** Writes what `change` makes of the keys, synced before this returns. Two at once: the second is refused. */
export const changeKeys = (path: string, change: (keys: KeptKey[]) => KeptKey[]): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.new`
  const file = openNew(beside)
  try {
    writeFileSync(file, `${JSON.stringify({ version: 1, keys: change(readKeys(path) ?? []) }, undefined, 2)}\n`)
    fsyncSync(file)
    renameSync(beside, path)
  } catch (fault) {
    rmSync(beside, { force: true })
    throw fault
  } finally {
    closeSync(file)
  }
  sync(dirname(path))
}

const textIn = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (fault) {
    if (codeOf(fault) === 'ENOENT') return undefined
    throw plainFault(exitCodes.configuration, `Cannot read ${path} (${codeOf(fault)})`)
  }
}

const openNew = (path: string): number => {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (fault) {
    if (codeOf(fault) === 'EEXIST')
      throw plainFault(
        exitCodes.unavailable,
        `Cannot change the keys: another command does so, or died doing so; if none runs, remove ${path}`,
      )
    throw plainFault(exitCodes.unavailable, `Cannot write ${path} (${codeOf(fault)})`)
  }
}

const codeOf = (fault: unknown): string => (fault as NodeJS.ErrnoException).code ?? String(fault)
