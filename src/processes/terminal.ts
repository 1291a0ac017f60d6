/** Whether a terminal could hang up on this process. */
import { closeSync, openSync } from 'node:fs'

/**
 * Without one SIGHUP is no terminal's end but somebody's wish, as under systemd or in a container. To be asked at the
 * start: a terminal that is gone can't be opened either. True on Windows, where SIGHUP is the end of the console.
 */
export const hasTerminal = (): boolean => {
  if (process.platform === 'win32') return true
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    // ENXIO as a rule; ENOENT where there is no such device: none in any case.
    return false
  }
}
