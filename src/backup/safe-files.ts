/** Files that survive a power cut: written, synced, and only then under their name. */
import { constants, copyFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { exitCodes, plainFault } from '../exit.ts'
import { sync } from '../sync.ts'

/** What else may come onto the disk meanwhile. */
const SPARE = 1.1

/** Writes a small file. */
export const writeSafely = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  underItsName(`${path}.new`, path)
}

/** Copies `from` to `to`, which must not be there. */
export const copySafely = (from: string, to: string): void => {
  copyFileSync(from, `${to}.new`, constants.COPYFILE_FICLONE)
  underItsName(`${to}.new`, to)
}

/** Moves `from` to `to`, also onto another disk. */
export const moveSafely = (from: string, to: string): void => {
  try {
    underItsName(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    copySafely(from, to)
    rmSync(from)
  }
}

/** Throws a plain fault when the disk of `directory` has less room than `bytes` and a little more. */
export const assertRoom = (directory: string, bytes: number): void => {
  const { bavail, bsize } = statfsSync(directory)
  const needed = bytes * SPARE
  if (bavail * bsize >= needed) return
  throw plainFault(
    exitCodes.unavailable,
    `There is not room enough in ${directory}: ${megabytes(needed)} are needed, ${megabytes(bavail * bsize)} are free`,
  )
}

const underItsName = (from: string, to: string): void => {
  sync(from)
  renameSync(from, to)
  sync(dirname(to))
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
