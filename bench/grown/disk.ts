/** What the stores of a shop take on the disk, by table and index. */
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { filesOf } from '../../src/actors/store-files.ts'
import { PARTS } from './shop.ts'

/** Megabytes: all files, and each table and index (`order log`). */
export type Disk = { megabytes: number; byTable: Record<string, number> }

/** Of the closed shop in `directory`. Reads every page. */
export const diskOf = (directory: string): Disk => {
  const byTable: Record<string, number> = {}
  let megabytes = 0
  for (const part of PARTS) {
    const files = filesOf(directory, { actor: part, cell: 0 })
    for (const file of [files.store, `${files.store}.sums`, files.keys]) megabytes += statSync(file).size / 1e6
    const store = new Database(files.store, { readonly: true })
    // sqlite.org/dbstat.html
    const sizes = store.prepare<[], { name: string; pgsize: number }>(
      'SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE',
    )
    for (const { name, pgsize } of sizes.all()) byTable[`${part} ${name}`] = pgsize / 1e6
    store.close()
  }
  return { megabytes, byTable }
}
