/** A place in memory for files that nobody needs after the run. */
import { accessSync, constants } from 'node:fs'

const IN_MEMORY = '/dev/shm'

/**
 * From now on temporary files of this process, and of threads that it starts, lie in memory, where the machine has such a
 * directory: stores that live for milliseconds wait for no disk. A `TMPDIR` that somebody has set is left.
 */
export const useMemoryDirectory = (): void => {
  try {
    accessSync(IN_MEMORY, constants.W_OK)
  } catch {
    return
  }
  process.env.TMPDIR ??= IN_MEMORY
}
