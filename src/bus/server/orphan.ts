/** Ending a nats-server that an earlier start left behind. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandOf } from '../../processes/port-holder.ts'
import { signalProcess } from '../../processes/running.ts'
import type { ServerFiles } from './server-files.ts'

const endMs = 5_000
const pollMs = 50

/**
 * Ends the process of the pid file if it is a nats-server on our configuration file; pids are given out again,
 * so another process of that number is left alone. Returns its pid when one was ended.
 */
export async function endOrphan(files: ServerFiles): Promise<number | undefined> {
  const pid = await pidIn(files.pidFile)
  if (pid === undefined || !isOurs(pid, files)) return undefined

  signalProcess(pid, 'SIGTERM')
  for (let waitedMs = 0; isOurs(pid, files); waitedMs += pollMs) {
    if (waitedMs >= endMs) signalProcess(pid, 'SIGKILL')
    await sleep(pollMs)
  }
  return pid
}

/** The pid a file holds, or undefined. */
async function pidIn(file: string): Promise<number | undefined> {
  if (!existsSync(file)) return undefined
  const text = await readFile(file, 'utf8')
  return /^\d+\s*$/.test(text) ? Number(text) : undefined
}

function isOurs(pid: number, files: ServerFiles): boolean {
  const command = commandOf(pid) ?? ''
  return command.includes('nats-server') && command.includes(files.configFile)
}
