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
  dataDir: string
  /** Seconds from the command until it was ready. */
  readyS: number
  /** Says what `verify` says; whether all was well. */
  verify: (say: (line: string) => void) => Promise<boolean>
  stop: () => Promise<void>
}

const entry = fileURLToPath(new URL('../bin/kassa.js', import.meta.url))
const START_MS = 120_000
const POLL_MS = 10

type How = { processes: 'many' | 'one'; profile?: string | undefined }

/** Starts it under `directory`. With `profile` each of its processes leaves a CPU profile there when it ends. */
export const startKassa = async (directory: string, { processes, profile }: How): Promise<Kassa> => {
  const dataDir = join(directory, 'kassa')
  const logFile = join(directory, 'kassa.log')
  mkdirSync(dataDir, { recursive: true })
  const free = { KASSA_DATA: dataDir, KASSA_PORT: '0', KASSA_NATS_PORT: '0' }
  const env = { ...process.env, ...free, KASSA_PROCESSES: processes }
  const profiling = profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profile}` } : {}
  const log = openSync(logFile, 'a')

  const began = performance.now()
  const child = spawn(process.execPath, [entry], { env: { ...env, ...profiling }, stdio: ['ignore', log, log] })
  let ended = false
  const exited = once(child, 'exit').then(() => {
    ended = true
  })
  const stop = async () => {
    if (!ended) child.kill('SIGTERM')
    await exited
  }

  for (;;) {
    const url = readRunFile(dataDir)?.url
    if (url !== undefined && !ended) {
      const readyS = (performance.now() - began) / 1000
      const port = Number(new URL(url).port)
      return { pid: child.pid!, port, dataDir, readyS, verify: say => verify(env, say), stop }
    }
    if (ended || performance.now() > began + START_MS) {
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
