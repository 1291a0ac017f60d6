/** Where Kassa keeps what it has fetched, and how it keeps it whole. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** `$XDG_CACHE_HOME/kassa`, or `~/.cache/kassa`. */
export function cacheDir() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kassa')
}

/**
 * Fills `target` by `fill(directory)` in a directory beside it, then renames: `target` is whole or not there.
 * Of several that do so at once the first wins, and the others take what it made.
 */
export async function fillOnce(target, exists, fill) {
  if (exists()) return

  mkdirSync(dirname(target), { recursive: true })
  const beside = mkdtempSync(join(dirname(target), `.${basename(target)}-`))
  try {
    await fill(beside)
    renameSync(beside, target)
  } catch (fault) {
    if (!exists()) throw fault
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}
