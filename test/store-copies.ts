/** Stores of actors that do not run: copied, put back, dropped, together with their write-ahead log. */
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const nameOf = (actor: string) => `${actor}-0.db`

/** The file of `actor`'s store under `dataDir`. */
export const storeOf = (dataDir: string, actor: string): string => join(dataDir, nameOf(actor))

/** Removes `actor`'s store from `dataDir`. */
export const dropStore = (dataDir: string, actor: string): void => {
  for (const end of ['', '-wal', '-shm']) rmSync(`${storeOf(dataDir, actor)}${end}`, { force: true })
}

/** Puts `actor`'s store from one directory into another, over what is there. */
export const copyStore = (actor: string, from: string, to: string): void => {
  dropStore(to, actor)
  // An actor that was ended in the middle of its stop has left its last commits in the write-ahead log.
  for (const end of ['', '-wal']) {
    const file = `${storeOf(from, actor)}${end}`
    if (existsSync(file)) cpSync(file, `${storeOf(to, actor)}${end}`)
  }
}
