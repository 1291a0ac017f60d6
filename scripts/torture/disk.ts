/** A disk of its own for a part of the data: a file system in a file, whose power can be cut and which can be full. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { sync } from '../../src/sync.ts'

const run = promisify(execFile)

/** Sparse: only what is written takes room. */
const SIZE = 2 * 2 ** 30
const UNMOUNT_TRIES = 100
const UNMOUNT_EVERY_MS = 50

/** What is mounted now: a run that is broken off leaves nothing behind. */
const mounted = new Set<string>()
process.once('exit', () => {
  // Lazily, for Kassa may take a moment longer to end; the one that lies inside another was mounted later.
  for (const path of [...mounted].reverse()) {
    try {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' })
    } catch {
      // It was not mounted any more: that is what is wanted.
    }
  }
})

export type Disk = {
  path: string
  /** The power fails: what is not synced by now is gone when it comes back. Whoever writes there gets errors. */
  cutPower: () => Promise<void>
  /** The power is back. Whoever had files open there must have ended. */
  restorePower: () => Promise<void>
  /** Fills it to the last block. */
  fill: () => Promise<void>
  makeRoom: () => void
  mount: () => Promise<void>
  unmount: () => Promise<void>
}

/**
 * The ioctl by which a file system stops at once, without writing what it still holds: EXT4_IOC_SHUTDOWN with
 * EXT4_GOING_FLAGS_NOLOGFLUSH (linux, fs/ext4/ext4.h). Node has no ioctl; perl is on every Linux that has ext4 tools.
 */
const SHUTDOWN = 'my $how = pack("L", 2); open(F, "<", $ARGV[0]) or die $!; ioctl(F, 0x8004587d, $how) or die $!'

/** Makes a disk mounted at `path`, its blocks in the file `image`. Rejects where that is not allowed. */
export const makeDisk = async (image: string, path: string): Promise<Disk> => {
  mkdirSync(path, { recursive: true })
  writeFileSync(image, '')
  truncateSync(image, SIZE)
  // No blocks set aside for root, who would still have room on a full disk.
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', image])
  const mount = async (): Promise<void> => {
    await run('mount', ['-o', 'loop', image, path])
    mounted.add(path)
  }
  await mount()

  const filler = join(path, 'filler')
  const unmount = async (): Promise<void> => {
    for (let left = UNMOUNT_TRIES; ; left--) {
      try {
        await run('umount', [path])
        mounted.delete(path)
        return
      } catch (fault) {
        // Whoever was killed a moment ago may still hold a file.
        if (left === 0) throw fault
        await sleep(UNMOUNT_EVERY_MS)
      }
    }
  }

  return {
    path,
    cutPower: async () => void (await run('perl', ['-e', SHUTDOWN, path])),
    restorePower: async () => {
      await unmount()
      await mount()
    },
    fill: async () => {
      const { bavail, bsize } = statfsSync(path)
      // Somebody else may take the last blocks meanwhile: that is what is wanted.
      await run('fallocate', ['-l', String(bavail * bsize), filler]).catch(() => {})
      await run('dd', ['if=/dev/zero', `of=${filler}.rest`, 'bs=4096', 'status=none']).catch(() => {})
    },
    makeRoom: () => {
      rmSync(filler, { force: true })
      rmSync(`${filler}.rest`, { force: true })
      // Else the next power cut brings the filler back, and the disk is full for good.
      sync(path)
    },
    mount,
    unmount,
  }
}

/** Whether this machine lets us have disks of our own, and what keeps it from that otherwise. */
export const whyNoDisks = async (directory: string): Promise<string | undefined> => {
  if (process.platform !== 'linux') return 'file systems in files are mounted on Linux only'
  try {
    const disk = await makeDisk(join(directory, 'try.img'), join(directory, 'try'))
    await disk.cutPower()
    await disk.unmount()
    return undefined
  } catch (fault) {
    return `no file system in a file can be mounted: ${String((fault as Error).message)
      .trim()
      .split('\n')
      .at(-1)}`
  } finally {
    rmSync(join(directory, 'try.img'), { force: true })
  }
}

/** Whether system calls of a process can be slowed down and made to fail here. */
export const whyNoStrace = async (): Promise<string | undefined> => {
  try {
    await run('strace', ['-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', 'inject=fsync:delay_exit=1', 'true'])
    return undefined
  } catch {
    return 'there is no strace that may watch other processes'
  }
}
