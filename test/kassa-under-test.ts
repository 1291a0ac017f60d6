/** A whole Kassa for a test: its real processes, on free ports, on data of its own. */
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { readRunFile } from '../src/start/run-file.ts'
import { eventually } from './eventually.ts'
import { type Ended, newDataDir, runKassa, spawnKassa } from './kassa-command.ts'

/** A process that the supervisor keeps running. */
export type PartName = (typeof PARTS)[number] | 'gateway and actors'

/** Those of the usual topology. */
export const PARTS = ['order', 'billing', 'notification', 'webhook', 'gateway', 'nats-server'] as const

export type KassaUnderTest = {
  url: string
  natsUrl: string
  dataDir: string
  /** The supervisor's pid, which is the process group's too. */
  pid: number
  /** The pid of a part as it runs now. */
  pidOf(part: PartName): number
  /** Ends a part as a crash would. Resolves when the supervisor runs it again and all parts are open. */
  kill9(part: PartName): Promise<void>
  /** Resolves when all parts are open. */
  ready(): Promise<void>
  /** All lines that its processes have said so far. */
  lines: readonly string[]
  /** Resolves with the first line that fits, from line number `since` on, said already or yet to come. */
  said(pattern: RegExp, since?: number): Promise<string>
  /** The end of the supervisor. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Ends it as Ctrl-C or a service manager would and resolves when it is gone. Twice is harmless. */
  stop(): Promise<void>
  /** Runs `kassa verify` on its data. */
  verify(): Promise<Ended>
}

/** A first start on this machine may have to fetch a nats-server. */
const START_MS = 120_000
const SAY_MS = 15_000
/** An actor that comes back has to open its store and to ask its witnesses. */
const READY_MS = 20_000
/** A drain may take 5 s; beyond it something hangs and is ended by force. */
const STOP_MS = 15_000

const running = new Set<number>()
process.once('exit', () => {
  // Its parts end by themselves when it is gone.
  for (const pid of running) process.kill(pid, 'SIGKILL')
})

/** Starts Kassa and resolves when it says that it is ready. `env` are further settings. */
export async function startKassa({
  dataDir = newDataDir(),
  env = {} as Record<string, string>,
} = {}): Promise<KassaUnderTest> {
  const usual = {
    KASSA_PORT: '0',
    KASSA_NATS_PORT: '0',
    // Only then the supervisor tells the pids of its parts.
    KASSA_LOG_LEVEL: 'debug',
    // A machine that is busy with other tests may not settle an order in the usual 300 ms.
    KASSA_SETTLE_WAIT_MS: '10000',
  }
  const settings = { ...usual, ...env, KASSA_DATA: dataDir }
  const child = spawnKassa(['start'], settings)
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(resolve =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  )
  const { pid } = child
  // Not by waiting for 'spawn': under `bun test` it may have been told before anybody can listen.
  assert.ok(pid, 'Kassa could be started')
  running.add(pid)
  void exited.then(() => running.delete(pid))

  const lines: string[] = []
  const pids = new Map<string, number>()
  let closed = false
  let wake = Promise.withResolvers<void>()
  const hear = (line: string) => {
    lines.push(line)
    const { msg, part, partPid } = line.startsWith('{') ? JSON.parse(line) : {}
    if (msg === 'started') pids.set(part, partPid)
    wake.resolve()
    wake = Promise.withResolvers()
  }
  for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', hear)
  child.once('close', () => {
    closed = true
    wake.resolve()
  })

  const until = async (what: string, withinMs: number, holds: () => boolean) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      wake.resolve()
    }, withinMs)
    while (!holds() && !late && !closed) await wake.promise
    clearTimeout(timer)
    if (!holds()) throw new Error(`Kassa did not come to ${what}; it said:\n${lines.join('\n')}`)
  }

  const stop = async () => {
    if (running.has(pid)) process.kill(pid, 'SIGTERM')
    const timer = setTimeout(() => process.kill(pid, 'SIGKILL'), STOP_MS)
    await exited
    clearTimeout(timer)
  }

  try {
    await until('being ready', START_MS, () => lines.some(line => /^Kassa \S+ is ready/.test(line)))
  } catch (fault) {
    await stop()
    throw fault
  }
  const run = readRunFile(dataDir)
  assert.ok(run?.url && run.natsUrl, 'the run file tells where a ready Kassa answers')
  const { url, natsUrl } = run

  const pidOf = (part: PartName) => {
    const known = pids.get(part)
    assert.ok(known, `the supervisor told the pid of ${part}`)
    return known
  }
  const ready = async () => {
    await eventually('all parts are open', READY_MS, async () => {
      // While the gateway is away nobody answers.
      const response = await fetch(`${url}/readyz`).catch(() => undefined)
      await response?.arrayBuffer()
      return response?.status === 200 || undefined
    })
  }

  return {
    url,
    natsUrl,
    dataDir,
    pid,
    pidOf,
    async kill9(part) {
      const before = pidOf(part)
      process.kill(before, 'SIGKILL')
      await until(`a restart of ${part}`, READY_MS, () => pidOf(part) !== before)
      await ready()
    },
    ready,
    lines,
    async said(pattern, since = 0) {
      const find = () => lines.slice(since).find(line => pattern.test(line))
      await until(`saying ${pattern}`, SAY_MS, () => find() !== undefined)
      return find()!
    },
    exited,
    stop,
    verify: () => runKassa(['verify'], { KASSA_DATA: dataDir, ...env }),
  }
}

/** Asserts that `kassa verify` finds all stores right, running and stopped. */
export async function assertRightBooks(kassa: KassaUnderTest): Promise<void> {
  const whileRunning = await kassa.verify()
  assert.equal(whileRunning.code, 0, whileRunning.stdout)
  await kassa.stop()
  const stopped = await kassa.verify()
  assert.equal(stopped.code, 0, stopped.stdout)
}
