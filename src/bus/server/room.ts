/** Whether there is room on a disk: found out by writing, since quotas and reserved blocks count too. */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A nats-server that starts with less is full again at once. */
const roomBytes = 4 * 1024 * 1024
const pollMs = 500

/** Writes and removes a file in `directory`; false when that can't be done. */
export function hasRoom(directory: string): boolean {
  const path = join(directory, 'room.probe')
  try {
    mkdirSync(directory, { recursive: true })
    const file = openSync(path, 'w')
    try {
      const bytes = Buffer.alloc(roomBytes)
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
    } finally {
      closeSync(file)
    }
    return true
  } catch (fault) {
    if (!/^(ENOSPC|EDQUOT|EFBIG|EIO|EROFS)$/.test(String((fault as NodeJS.ErrnoException).code))) throw fault
    return false
  } finally {
    rmSync(path, { force: true })
  }
}

/** Waits until there is room in `directory`, and says so when it has to. Throws when `signal` says that nobody waits. */
export async function untilRoom(directory: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  for (let told = false; !hasRoom(directory); told = true) {
    if (!told) say(`There is no room on the disk for ${directory}; nats-server is started as soon as there is`)
    await sleep(pollMs, undefined, { signal })
  }
}
