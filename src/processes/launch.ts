/** Launching a child process that ends when we do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { supervisedVariable } from './child.ts'
import { type Exit, type Running, signalProcess } from './running.ts'

export type ChildSpec = {
  command: string
  args: string[]
  env: NodeJS.ProcessEnv
  /** In a process group of its own, where Ctrl-C in the terminal does not reach it. */
  detached?: boolean
  stdout?: 'inherit' | 'ignore'
}

/**
 * Starts a process whose stdin is a pipe held by us, so that it notices our end however we come to it
 * (`endWithParent` of child.ts). Rejects when the program can't be run at all.
 */
export async function launchProcess({ command, args, env, detached, stdout }: ChildSpec): Promise<Running> {
  const child = spawn(command, args, {
    stdio: ['pipe', stdout ?? 'inherit', 'inherit'],
    env: { ...env, [supervisedVariable]: '1' },
    detached: detached ?? false,
    windowsHide: true,
  })
  // A child that ends closes its side of the pipe, which is no fault of ours.
  child.stdin?.on('error', () => {})

  const exited = new Promise<Exit>(resolve => child.once('exit', (code, signal) => resolve({ code, signal })))
  await once(child, 'spawn')
  const pid = child.pid!
  let ended = false
  void exited.then(() => {
    ended = true
  })

  return {
    pid,
    exited,
    ask: () => void (ended || signalProcess(pid, 'SIGTERM')),
    kill: () => void (ended || signalProcess(pid, 'SIGKILL')),
    hangUp: () => void (ended || signalProcess(pid, 'SIGHUP')),
  }
}
