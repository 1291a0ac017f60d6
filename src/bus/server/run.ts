/** Running our own nats-server: started, asked to end, and never left behind. */
import { type StdioOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { open, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Exit, type Running, signalProcess } from '../../processes/running.ts'
import type { BrokerUser } from '../permissions.ts'
import { greetingAt } from './greeting.ts'
import { keptCommand } from './keeper.ts'
import { endOrphan } from './orphan.ts'
import { type ServerFiles, serverFiles, writeServerConfig } from './server-files.ts'

export type ServerPlan = {
  program: string
  dataDir: string
  port: number
  /** Who gets in, and what each may; with none, everybody may everything. */
  users?: readonly BrokerUser[]
  say?: (line: string) => void
}

export type RunningServer = Running & {
  url: string
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>
}

/** A large store is read at the start; more than this means that something is wrong. */
const startMs = 60_000
const pollMs = 20
/** Between the notice to clients (lame duck) and the end. */
const noticeMs = 150
const logTailLines = 5

/**
 * Starts nats-server on 127.0.0.1 with JetStream under `dataDir`/nats and resolves when it takes connections.
 * One that an earlier start left on the same files is ended first. Rejects with the end of its log when it fails.
 */
export async function runNatsServer({ program, dataDir, port, users = [], say }: ServerPlan): Promise<RunningServer> {
  const files = serverFiles(dataDir)
  const orphan = await endOrphan(files)
  if (orphan !== undefined) say?.(`Ended nats-server pid ${orphan}, which an earlier start had left on the same files`)

  // A name of its own tells this server from another one that was quicker to take the port.
  const name = `kassa-${randomUUID()}`
  await rm(files.pidFile, { force: true })
  await writeServerConfig(files, name, port, users)

  const server = await launch(program, files)
  await untilItGreets(name, port, server, files)
  return {
    ...server,
    url: `nats://127.0.0.1:${port}`,
    async stop() {
      server.ask()
      await server.exited
    },
  }
}

async function launch(program: string, files: ServerFiles): Promise<Running> {
  const { command, args, kept } = keptCommand(program, ['-c', files.configFile])
  const log = await open(files.logFile, 'a')
  // Detached: Ctrl-C in the terminal must reach the broker last, through us.
  const stdio: StdioOptions = ['pipe', 'pipe', log.fd]
  const keeper = spawn(command, args, { stdio, env: serverEnv(), detached: kept, windowsHide: true })
  keeper.stdin!.on('error', () => {})
  const exited = new Promise<Exit>(resolve => keeper.once('exit', (code, signal) => resolve({ code, signal })))
  await once(keeper, 'spawn').finally(() => log.close())

  const pid = kept ? await pidSaidBy(keeper.stdout!, exited) : keeper.pid!
  let ended = false
  void exited.then(() => {
    ended = true
  })
  const tell = (signal: NodeJS.Signals) => void (ended || signalProcess(pid, signal))

  return {
    pid,
    exited,
    ask() {
      if (process.platform !== 'win32') tell('SIGUSR2')
      // Not SIGTERM, which nats-server ignores once it has begun to take leave of its clients: it would wait for them.
      setTimeout(() => tell('SIGINT'), noticeMs)
    },
    kill: () => tell('SIGKILL'),
  }
}

/**
 * Our environment, with what keeps nats-server small unless somebody has said otherwise (docs/performance.md). Half of
 * the cores: it shares the machine with the actors; on all cores of a small one its runtime spends a third of its time
 * on looking for work between messages. And garbage is collected when the heap has grown by a third, not when it has
 * doubled.
 */
function serverEnv(): NodeJS.ProcessEnv {
  const cores = Math.max(1, Math.floor(availableParallelism() / 2))
  return { GOMAXPROCS: String(cores), GOGC: '33', ...process.env }
}

async function pidSaidBy(stdout: NodeJS.ReadableStream, exited: Promise<Exit>): Promise<number> {
  const said = await Promise.race([once(stdout, 'data'), exited.then(({ code }) => Promise.reject(keeperFault(code)))])
  return Number(String(said[0]))
}

function keeperFault(code: number | null): Error {
  return new Error(`Cannot start nats-server: sh ended with exit code ${code} before it said a pid`)
}

async function untilItGreets(name: string, port: number, server: Running, files: ServerFiles): Promise<void> {
  const ended = server.exited.then(() => true)
  const deadline = performance.now() + startMs
  while (!(await greetingAt(port))?.includes(name)) {
    const over = await Promise.race([ended, sleep(pollMs, false)])
    if (!over && performance.now() < deadline) continue

    server.kill()
    const reason = over ? 'it ended' : `it does not answer after ${startMs / 1000} s`
    throw new Error(
      `Cannot start nats-server on port ${port}: ${reason}; ${files.logFile} ends:\n${await logTail(files)}`,
    )
  }
}

async function logTail(files: ServerFiles): Promise<string> {
  const text = await readFile(files.logFile, 'utf8').catch(() => 'there is no log')
  const lines = text.trim().split('\n').slice(-logTailLines)
  return lines.map(line => `  ${line}`).join('\n')
}
