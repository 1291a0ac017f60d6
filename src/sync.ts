/** What was written is on the disk: files, and the names in a directory. */
import { closeSync, fsyncSync, openSync } from 'node:fs'

/** What was written to `path` is on the disk when this returns; a directory too. */
export const sync = (path: string): void => {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
