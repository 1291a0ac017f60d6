/** One state of a file told from another without reading it. */
import { statSync } from 'node:fs'

/** Changes whenever the file is written anew or replaced; `''` where there is none. */
export const stampOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : ''
}
