/** One run: Kassa and the plain design started, measured in turn, stopped, and the books of Kassa verified. */
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { describeRuntime } from '../src/processes/runtime.ts'
import { ratesOf, spreadOf } from './figures.ts'
import type { LoadResult } from './load/closed-loop.ts'
import { startGenerator } from './load/start-generator.ts'
import type { Options } from './options.ts'
import { startPlain } from './plain/start-plain.ts'
import { memoryMegabytes, processesOf, type Use } from './processes.ts'
import { rawCommits } from './raw-commits.ts'
import { type Measured, measureOpen, runRound, warmUp } from './rounds.ts'
import { startKassa } from './start-kassa.ts'
import { makeUsers } from './users.ts'

export type Results = {
  options: Options
  machine: { runtime: string; cpu: string; cpus: number; tmpfs: boolean }
  measured: Measured[]
  /** Orders in an open loop at half of the rate of the closed one, at the connections nearest to the middle. */
  open: { perSecond: number; load: LoadResult } | undefined
  /** Transactions of one row a second, by round. */
  rawCommits: number[]
  /** Megabytes by process after the last round. */
  memory: { kassa: Use; plain: Use }
  verify: { lines: string[]; clean: boolean }
}

const RAW_COMMITS_S = 0.5
/** statfs(2) */
const TMPFS = 0x01021994

/** Runs; `say` tells how far it is. Everything it started is ended, and its files are gone, however it ends. */
export const runBench = async (options: Options, say: (line: string) => void): Promise<Results> => {
  const directory = mkdtempSync(join(options.directory, 'kassa-bench-'))
  const profile = options.profile && resolve(options.profile)
  if (profile) mkdirSync(profile, { recursive: true })
  const endings: (() => unknown)[] = [() => rmSync(directory, { recursive: true })]

  try {
    say('starting Kassa and the plain design')
    const kassa = await startKassa(directory, { ...options, profile })
    endings.unshift(kassa.stop)
    const plain = await startPlain(directory, options.users)
    endings.unshift(plain.stop)
    const generator = startGenerator()
    endings.unshift(generator.stop)

    const bench = {
      generator,
      kassa: {
        port: kassa.port,
        userIds: await makeUsers(kassa.port, options.users),
        processes: processesOf(kassa.pid),
      },
      plain: { port: plain.port, userIds: plain.userIds, processes: [{ pid: plain.pid, role: 'plain' }] },
    }
    await warmUp(bench, options)

    const measured: Measured[] = []
    const raw: number[] = []
    for (let round = 0; round < options.rounds; round++) {
      say(`round ${round + 1} of ${options.rounds}`)
      measured.push(...(await runRound(bench, options, round)))
      raw.push(rawCommits(directory, RAW_COMMITS_S))
    }
    const rate = openRate(options, measured)
    if (rate !== undefined) say(`an open loop of ${rate} orders/s`)
    const open = rate === undefined ? undefined : { perSecond: rate, load: await measureOpen(bench, options, rate) }
    const memory = {
      kassa: memoryMegabytes(bench.kassa.processes),
      plain: memoryMegabytes(bench.plain.processes),
    }

    say('verifying')
    await kassa.stop()
    const lines: string[] = []
    const clean = await kassa.verify(line => lines.push(line))
    const machine = machineOf(directory)
    return { options, machine, measured, open, rawCommits: raw, memory, verify: { lines, clean } }
  } finally {
    for (const end of endings) await end()
  }
}

/** Half of what the closed loop settled a second; `undefined` where it settled nothing. */
const openRate = ({ connections }: Options, measured: readonly Measured[]): number | undefined => {
  const rates = ratesOf(measured, 'orders', openConnectionsOf(connections))
  const rate = rates.length === 0 ? 0 : Math.round(spreadOf(rates).median / 2)
  return rate === 0 ? undefined : rate
}

/** The connections whose closed loop gives the rate of the open one. */
export const openConnectionsOf = (connections: readonly number[]): number =>
  connections.includes(64) ? 64 : connections[0]!

const machineOf = (directory: string): Results['machine'] => ({
  runtime: describeRuntime(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: cpus().length,
  tmpfs: statfsSync(directory).type === TMPFS,
})
