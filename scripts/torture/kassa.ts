/** The Kassa under torture: started, frozen, killed and started again, on the same data and the same ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesOf } from '../../bench/processes.ts'
import { commandToRun } from '../../src/processes/runtime.ts'
import { eventually } from '../../test/eventually.ts'

export type ActorPart = 'order' | 'billing' | 'notification' | 'webhook'
export type Part = ActorPart | 'gateway' | 'nats-server' | 'supervisor'
export const ACTOR_PARTS: readonly ActorPart[] = ['order', 'billing', 'notification', 'webhook']

const READY_MS = 120_000
/** A command that is refused ends in a second or two; `verify` reads all there is. */
const RUN_MS = 60_000
const PID_MS = 30_000
const GONE_MS = 20_000

export type KassaPlan = {
  /** The program to run: bin/kassa.js of this clone, or of a copy with a bug in it. */
  entry: string
  dataDir: string
  logFile: string
  env: Record<string, string>
}

export type Kassa = {
  url: string
  natsUrl: string
  dataDir: string
  start: () => Promise<void>
  /** Starts it without waiting for anything. */
  launch: () => void
  /** The pid of a part as it runs now; waits for one that is just being started. */
  pidOf: (part: Part, other?: number) => Promise<number>
  signal: (part: Part, signal: NodeJS.Signals) => Promise<void>
  /** Kills a part and waits until its process is gone. */
  kill9: (part: Part) => Promise<void>
  /** Kills the supervisor and starts another at once, while what the first one ran is still ending; waits until that is gone. */
  replaceSupervisor: () => Promise<void>
  /** Stops or continues all of its processes at once. */
  signalAll: (signal: NodeJS.Signals) => void
  /** Ends every process without warning and waits until none is left. */
  killAll: () => Promise<void>
  isReady: () => Promise<boolean>
  ready: () => Promise<void>
  /** Asks it to end; the exit code. */
  stop: () => Promise<number | null>
  /** Moves the wall clock of its processes, as seen from the right time. */
  setClock: (offsetMs: number) => void
  /** Runs one command of Kassa to its end in the same surroundings; the exit code and what it said. */
  run: (words: string[], env?: Record<string, string>) => Promise<{ code: number | null; said: string }>
  logTail: (lines: number) => string
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const isAlive = (pid: number): boolean => {
  try {
    // A zombie has ended; only its parent, which may be stopped, has not taken that in.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const tell = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'ESRCH') throw fault
  }
}

/** Chooses its ports; `start` starts it. */
export const prepareKassa = async ({ entry, dataDir, logFile, env }: KassaPlan): Promise<Kassa> => {
  const [port, natsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const natsUrl = `nats://127.0.0.1:${natsPort}`
  const clockFile = join(logFile, '..', 'clock')
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(clockFile, '0')
  const settings = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KASSA_|NATS_URL$)/.test(name))),
    KASSA_DATA: dataDir,
    KASSA_PORT: String(port),
    KASSA_NATS_PORT: String(natsPort),
    NODE_OPTIONS: `--import ${new URL('clock-shift.ts', import.meta.url).href}`,
    TORTURE_CLOCK: clockFile,
    ...env,
  }
  let child: ChildProcess | undefined
  let exited: Promise<number | null> = Promise.resolve(null)

  const launch = (): void => {
    const log = openSync(logFile, 'a')
    const { command, args } = commandToRun(entry, ['start'])
    const started = spawn(command, args, {
      env: { ...settings, KASSA_LIFELINE: '3' },
      stdio: ['ignore', log, log, 'pipe'],
      detached: true,
    })
    closeSync(log)
    child = started
    exited = new Promise(resolve => started.once('exit', code => resolve(code)))
  }
  const rootPid = (): number => child!.pid!
  const family = () => processesOf(rootPid())

  const pidOf = async (part: Part, other?: number): Promise<number> =>
    eventually(`${part} runs`, PID_MS, () => {
      const found = family().find(({ role, pid }) => role === part && pid !== other && isAlive(pid))
      return found?.pid
    })
  const gone = (pids: number[]): Promise<true> =>
    eventually(`${pids.join(', ')} are gone`, GONE_MS, () => !pids.some(isAlive) || undefined)

  const isReady = async (): Promise<boolean> => {
    // While the gateway is away nobody answers.
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await response?.arrayBuffer().catch(() => {})
    return response?.status === 200
  }
  const ready = async (): Promise<void> => {
    await eventually('Kassa is ready', READY_MS, async () => (await isReady()) || undefined)
  }
  const signalAll = (signal: NodeJS.Signals): void => {
    for (const { pid } of family()) tell(pid, signal)
  }

  return {
    url,
    natsUrl,
    dataDir,
    launch,
    start: async () => {
      launch()
      await ready()
    },
    pidOf,
    signal: async (part, signal) => tell(await pidOf(part), signal),
    kill9: async part => {
      const pid = await pidOf(part)
      tell(pid, 'SIGKILL')
      await gone([pid])
    },
    signalAll,
    replaceSupervisor: async () => {
      const pids = family().map(({ pid }) => pid)
      tell(rootPid(), 'SIGKILL')
      await gone([rootPid()])
      launch()
      await gone(pids)
    },
    killAll: async () => {
      // Stopped first, so that nobody sees the others die and starts something.
      signalAll('SIGSTOP')
      const pids = family().map(({ pid }) => pid)
      for (const pid of pids) tell(pid, 'SIGKILL')
      await gone(pids)
    },
    isReady,
    ready,
    stop: async () => {
      signalAll('SIGCONT')
      tell(rootPid(), 'SIGTERM')
      const code = await Promise.race([exited, sleep(GONE_MS, null)])
      const pids = family().map(({ pid }) => pid)
      for (const pid of pids) if (isAlive(pid)) tell(pid, 'SIGKILL')
      return code
    },
    setClock: offsetMs => {
      // Beside and renamed: a file that is half written would be another time.
      writeFileSync(`${clockFile}.new`, String(offsetMs))
      renameSync(`${clockFile}.new`, clockFile)
    },
    run: (words, more = {}) =>
      new Promise(resolve => {
        const { command, args } = commandToRun(entry, words)
        const one = spawn(command, args, {
          env: { ...settings, ...more },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let said = ''
        const timer = setTimeout(() => one.kill('SIGKILL'), RUN_MS)
        const hear = (text: Buffer): void => {
          said += text
        }
        for (const stream of [one.stdout, one.stderr]) stream.on('data', hear)
        one.once('close', code => {
          clearTimeout(timer)
          resolve({ code, said })
        })
      }),
    logTail: lines => {
      const text = readFileSync(logFile, 'utf8').trimEnd().split('\n')
      return text.slice(-lines).join('\n')
    },
  }
}
