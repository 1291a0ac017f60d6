/** A disk so small that a test can fill it: a file system in memory, where the system lets us mount one. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newDataDir } from './kassa-command.ts'

/** Whether this process may mount one; needs Linux and its root. */
export const canMount = (): boolean => {
  if (process.platform !== 'linux') return false
  const directory = newDataDir()
  try {
    mount(directory, 1)
    unmount(directory)
    return true
  } catch {
    // Not root, or a container without that right.
    return false
  }
}

/** Mounts a disk of `megabytes` on `directory`, which is made. */
export const mountSmallDisk = (directory: string, megabytes: number) => {
  mkdirSync(directory, { recursive: true })
  mount(directory, megabytes)
  const filler = join(directory, 'filler')
  return {
    /** Leaves no room at all. */
    fill: () => {
      const bytes = Buffer.alloc(64 * 1024)
      try {
        for (;;) writeFileSync(filler, bytes, { flag: 'a' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    makeRoom: () => rmSync(filler),
    unmount: () => unmount(directory),
  }
}

const mount = (directory: string, megabytes: number) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], { stdio: 'ignore' })
const unmount = (directory: string) => execFileSync('umount', [directory], { stdio: 'ignore' })
