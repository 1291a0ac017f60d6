/** How many transactions of one row SQLite commits a second on this disk: what one FULL transaction a request is up against. */
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Commits for `seconds` into a store of its own in `directory`; gives commits a second. Blocks meanwhile. */
export const rawCommits = (directory: string, seconds: number): number => {
  const store = new Database(join(directory, 'raw.db'))
  store.pragma('locking_mode = EXCLUSIVE')
  store.pragma('journal_mode = WAL')
  store.pragma('synchronous = FULL')
  store.exec('CREATE TABLE IF NOT EXISTS raw (one INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
  const insert = store.prepare("INSERT INTO raw (body) VALUES ('one row')")

  const began = performance.now()
  const end = began + seconds * 1000
  let commits = 0
  while (performance.now() < end) {
    insert.run()
    commits++
  }
  const rate = (commits * 1000) / (performance.now() - began)
  store.close()
  return rate
}
