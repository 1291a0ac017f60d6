/** How little Kassa needs: memory by process over many orders, CPU at rest, disk, and how soon it is ready again. */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Generator, startGenerator } from './load/start-generator.ts'
import type { Options } from './options.ts'
import { cpuSeconds, memoryMegabytes, processesOf, type Use } from './processes.ts'
import { type Kassa, startKassa } from './start-kassa.ts'
import { makeUsers } from './users.ts'

/** Memory when so many orders had been settled, by process, MB (PSS). */
export type MemoryAt = { orders: number; memory: Use }

export type SmallFigures = {
  /** From the first, before any order, to the last, after a rest. */
  memory: MemoryAt[]
  orders: number
  perSecond: number
  /** Seconds of CPU by process, all orders together. */
  cpu: Use
  /** Seconds of CPU a second by process, with nothing to do, after the load. */
  idle: Use
  /** Megabytes on the disk that the orders added: the stores, and the broker's files. */
  disk: { stores: number; broker: number }
  /** Seconds from the command to ready, with a store of nothing and with that of all orders. */
  start: { cold: number; warm: number }
  clean: boolean
}

const CONNECTIONS = 64
const LOAD_S = 5
/** How many looks at the memory there are while the load runs. */
const LOOKS = 5
/** After the load, before the last look and the idle CPU. */
const REST_MS = 10_000
const IDLE_MS = 20_000

/** Runs; `say` tells how far it is. Everything it started is ended, and its files are gone, however it ends. */
export const runSmallBench = async (options: Options, say: (line: string) => void): Promise<SmallFigures> => {
  const directory = mkdtempSync(join(options.directory, 'kassa-small-'))
  const endings: (() => unknown)[] = [() => rmSync(directory, { recursive: true })]
  try {
    say('starting Kassa')
    const first = await startKassa(directory, options)
    endings.unshift(first.stop)
    const generator = startGenerator()
    endings.unshift(generator.stop)
    const loaded = await load(first, generator, options, say)

    say('starting it again')
    await first.stop()
    const again = await startKassa(directory, options)
    endings.unshift(again.stop)
    const start = { cold: first.readyS, warm: again.readyS }
    await again.stop()
    return { ...loaded, start, clean: await again.verify(say) }
  } finally {
    for (const end of endings) await end()
  }
}

const load = async (kassa: Kassa, generator: Generator, options: Options, say: (line: string) => void) => {
  const { port, dataDir } = kassa
  const processes = processesOf(kassa.pid)
  const memory: MemoryAt[] = [{ orders: 0, memory: memoryMegabytes(processes) }]
  const userIds = await makeUsers(port, options.users)
  const diskBefore = diskOf(dataDir)
  const cpuBefore = cpuSeconds(processes)
  let orders = 0
  let seconds = 0

  for (let look = 1; look <= LOOKS; look++) {
    while (orders < (options.orders * look) / LOOKS) {
      const plan = { kind: 'orders', port, connections: CONNECTIONS, seconds: LOAD_S, userIds } as const
      const result = await generator.run(plan, () => {})
      orders += result.ok + result.pending
      seconds += result.seconds
    }
    say(`${orders} of ${options.orders} orders`)
    memory.push({ orders, memory: memoryMegabytes(processes) })
  }
  const cpu = difference(cpuSeconds(processes), cpuBefore)
  const disk = difference(diskOf(dataDir), diskBefore)

  await sleep(REST_MS)
  memory.push({ orders, memory: memoryMegabytes(processes) })
  const restBefore = cpuSeconds(processes)
  await sleep(IDLE_MS)
  const idle = difference(cpuSeconds(processes), restBefore)
  for (const role of Object.keys(idle)) idle[role]! /= IDLE_MS / 1000
  return { memory, orders, perSecond: orders / seconds, cpu, idle, disk }
}

const difference = <Names extends string>(after: Record<Names, number>, before: Record<Names, number>) =>
  Object.fromEntries(
    Object.entries<number>(after).map(([name, value]) => [name, value - before[name as Names]]),
  ) as Record<Names, number>

/** Megabytes: the broker's files and all others. */
const diskOf = (dataDir: string) => {
  const all = megabytesIn(dataDir)
  const broker = megabytesIn(join(dataDir, 'nats'))
  return { stores: all - broker, broker }
}

/** What the files take on the disk, holes left out. */
const megabytesIn = (directory: string): number => {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return files.reduce((sum, file) => sum + (lstatSync(join(directory, file)).blocks * 512) / 1e6, 0)
}
