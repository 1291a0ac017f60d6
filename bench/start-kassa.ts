/** A whole Kassa, as a person would start it, in a directory of its own and on free ports. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readRunFile } from '../src/start/run-file.ts'

export type Kassa = {
  pid: number
  port: number
  /** Says what `verify` says; whether all was well. */
  verify: (say: (line: string) => void) => Promise<boolean>
  stop: () => Promise<void>
}

const entry = fileURLToPath(new URL('../bin/kassa.js', import.meta.url))
const START_MS = 120_000
const POLL_MS = 50

/** Starts it under `directory`. With `profileDir` each of its processes leaves a CPU profile there when it ends. */
export const startKassa = async (directory: string, profileDir: string | undefined): Promise<Kassa> => {
  const dataDir = join(directory, 'kassa')
  const logFile = join(directory, 'kassa.log')
  mkdirSync(dataDir, { recursive: true })
  const env = { ...process.env, KASSA_DATA: dataDir, KASSA_PORT: '0', KASSA_NATS_PORT: '0' }
  const profiling = profileDir ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` } : {}
  const log = openSync(logFile, 'a')

  const child = spawn(process.execPath, [entry], { env: { ...env, ...profiling }, stdio: ['ignore', log, log] })
  let ended = false
  const exited = once(child, 'exit').then(() => {
    ended = true
  })
  const stop = async () => {
    if (!ended) child.kill('SIGTERM')
    await exited
  }

  const deadline = performance.now() + START_MS
  for (;;) {
    const url = readRunFile(dataDir)?.url
    if (url !== undefined && !ended) {
      return { pid: child.pid!, port: Number(new URL(url).port), verify: say => verify(env, say), stop }
    }
    if (ended || performance.now() > deadline) {
      await stop()
      throw new Error(`Cannot start Kassa; its log ends:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
    }
    await sleep(POLL_MS)
  }
}

const verify = async (env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<boolean> => {
  const child = spawn(process.execPath, [entry, 'verify'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const hear = (text: Buffer) => {
    said += text
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const [code] = await once(child, 'close')
  for (const line of said.trim().split('\n')) say(line)
  return code === 0
}
