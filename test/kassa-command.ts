/** The command line of Kassa as a person runs it, in surroundings that no other run shares. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { commandToRun } from '../src/processes/runtime.ts'

const entryFile = fileURLToPath(new URL('../bin/kassa.js', import.meta.url))

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

const directories: string[] = []
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** A directory that is removed when this process ends. */
export function newDataDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-test-'))
  directories.push(directory)
  return directory
}

/**
 * Starts a process in a group of its own. It also ends when this one does, however that comes about: it holds one end
 * of a pipe (its lifeline) whose other end goes with us.
 */
export function spawnKassa(words: string[], env: Record<string, string>): ChildProcess {
  const { command, args } = commandToRun(entryFile, words)
  return spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...surroundings(), ...env, KASSA_LIFELINE: '3' },
  })
}

/** Runs one command to its end. */
export async function runKassa(words: string[], env: Record<string, string>): Promise<Ended> {
  const child = spawnKassa(words, env)
  const ended = new Promise<Pick<Ended, 'code' | 'signal'>>(resolve =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  return { ...(await ended), stdout, stderr }
}

// What a person has set for a shop of their own is not for this one.
function surroundings(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(KASSA_|NATS_URL$)/.test(name))
  return Object.fromEntries(others)
}
