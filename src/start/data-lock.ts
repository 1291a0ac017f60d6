/** One Kassa on one data directory: a lock that a kill -9 of its holder frees at once. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { exitCodes, plainFault } from '../exit.ts'
import { isAlive } from '../processes/running.ts'
import { readRunFile } from './run-file.ts'

/**
 * Takes the lock; returns what frees it. Refused with who runs where (exit code 69) when another has it.
 * It is SQLite's lock on an empty database: the system drops it with the process, as it does on every runtime.
 */
export function lockData(dataDir: string): () => void {
  try {
    // Money and addresses: for nobody else's eyes.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const database = new Database(join(dataDir, 'kassa.lock'), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    return () => database.close()
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? String(fault.code) : ''
    if (code.startsWith('SQLITE_BUSY')) throw plainFault(exitCodes.unavailable, heldMessage(dataDir))
    if (!/^(SQLITE_CANTOPEN|SQLITE_READONLY|EACCES|ENOTDIR|EEXIST|EROFS)/.test(code)) throw fault
    const message = `Cannot use the data directory ${dataDir}: ${(fault as Error).message}; make it writable, or choose another by KASSA_DATA`
    throw plainFault(exitCodes.configuration, message)
  }
}

/** Whether somebody has the lock now. Makes nothing: the directory may be a mistyped one. */
export function isLocked(dataDir: string): boolean {
  const file = join(dataDir, 'kassa.lock')
  if (!existsSync(file)) return false
  const database = new Database(file, { timeout: 0, readonly: true })
  try {
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    return false
  } catch (fault) {
    if (fault instanceof Database.SqliteError && fault.code.startsWith('SQLITE_BUSY')) return true
    throw fault
  } finally {
    database.close()
  }
}

function heldMessage(dataDir: string): string {
  const run = readRunFile(dataDir)
  // A start that was killed leaves its run file behind; then somebody else has the lock, who has not written one yet.
  const holder =
    run && isAlive(run.pid)
      ? `pid ${run.pid} runs there since ${run.startedAt}, ${run.url ? `at ${run.url}` : 'still starting'}`
      : 'another Kassa runs there, or a backup or restore'
  return `Cannot start on the data in ${dataDir}: ${holder}; stop it first, or choose other data by KASSA_DATA`
}
