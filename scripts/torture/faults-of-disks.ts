/** Faults of disks: power cuts, no room, slow and failing fsync, an old store put back. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../test/eventually.ts'
import type { Reachable } from '../../test/nats-look.ts'
import { withNats } from './broker-look.ts'
import { ACTOR_PARTS, type ActorPart } from './kassa.ts'
import { aWhile, type Fault, type Surroundings, seconds } from './surroundings.ts'

/** What a broker's log stream may lose at a cut without a disk of its own, in bytes. */
const MOST_TAIL_BYTES = 200_000

/**
 * Where no disk can be cut off: the ends of the files that the broker never syncs, those of the log streams, go. What it
 * syncs before it acknowledges, the queue, stays.
 */
const truncateUnsynced = ({ kassa, chance }: Surroundings): void => {
  for (const file of globSync(join(kassa.dataDir, 'nats', 'store', '**', '*_0', 'msgs', '*.blk')))
    truncateSync(file, Math.max(0, statSync(file).size - chance.integer(MOST_TAIL_BYTES)))
}

const brokerPowerCut: Fault = async surroundings => {
  const { kassa, disks } = surroundings
  // Else the supervisor starts the next one before the power is back.
  await kassa.signal('supervisor', 'SIGSTOP')
  await kassa.signal('nats-server', 'SIGSTOP')
  await disks?.broker.cutPower()
  await kassa.kill9('nats-server')
  if (disks) await disks.broker.restorePower()
  else truncateUnsynced(surroundings)
  await kassa.signal('supervisor', 'SIGCONT')
  return 'the power of the broker was cut'
}

const machinePowerCut: Fault = async surroundings => {
  const { kassa, disks } = surroundings
  kassa.signalAll('SIGSTOP')
  await disks?.stores.cutPower()
  await disks?.broker.cutPower()
  await kassa.killAll()
  if (disks) {
    // The broker's disk is mounted inside the other one.
    await disks.broker.unmount()
    await disks.stores.restorePower()
    await disks.broker.mount()
  } else truncateUnsynced(surroundings)
  kassa.launch()
  return 'the power of the whole machine was cut'
}

const SHORTEST_FULL_MS = 500
const LONGEST_FULL_MS = 5000

const full =
  (which: 'stores' | 'broker'): Fault =>
  async ({ disks, chance }) => {
    const ms = aWhile(chance, SHORTEST_FULL_MS, LONGEST_FULL_MS)
    await disks![which].fill()
    await sleep(ms)
    disks![which].makeRoom()
    return `the disk of the ${which} was full for ${seconds(ms)}`
  }

/** Has system calls of a process that sync a file changed, as strace calls it, until the function given is called. */
const injectFsync = async (pid: number, what: string): Promise<{ tracer: ChildProcess; stop: () => Promise<void> }> => {
  const calls = 'fsync,fdatasync'
  const words = [
    '-qq',
    '-f',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:${what}`,
    '-p',
    String(pid),
  ]
  const tracer = spawn('strace', words, { stdio: 'ignore' })
  const ended = once(tracer, 'exit')
  return {
    tracer,
    stop: async () => {
      if (tracer.exitCode === null) tracer.kill('SIGINT')
      await ended
    },
  }
}

const SYNCERS = [...ACTOR_PARTS, 'nats-server'] as const

const slowFsync: Fault = async ({ kassa, chance }) => {
  const part = chance.pick(SYNCERS)
  const delayMs = aWhile(chance, 10, 400)
  const ms = aWhile(chance, 1000, 5000)
  const { stop } = await injectFsync(await kassa.pidOf(part), `delay_exit=${delayMs * 1000}`)
  await sleep(ms)
  await stop()
  return `every fsync of ${part} took ${delayMs} ms longer, for ${seconds(ms)}`
}

/** The process may end over it, and strace with it. */
const LONGEST_FAILING_MS = 4000

const failingFsync: Fault = async ({ kassa, chance }) => {
  const part = chance.pick(SYNCERS)
  const first = 1 + chance.integer(20)
  const pid = await kassa.pidOf(part)
  const { tracer, stop } = await injectFsync(pid, `error=EIO:when=${first}`)
  await Promise.race([once(tracer, 'exit'), sleep(LONGEST_FAILING_MS)])
  await stop()
  return `fsync number ${first} of ${part} failed`
}

// ---- yesterday's store

const ENDS = ['', '-wal'] as const
const storeOf = (dataDir: string, actor: ActorPart) => join(dataDir, `${actor}-0.db`)

/** Copies every store as it is, its process held meanwhile: what a person has who keeps backups. */
export const backUpStores = async ({ kassa, backupDir }: Pick<Surroundings, 'kassa' | 'backupDir'>): Promise<void> => {
  mkdirSync(backupDir, { recursive: true })
  for (const actor of ACTOR_PARTS) {
    await kassa.signal(actor, 'SIGSTOP')
    for (const end of ENDS) {
      const file = `${storeOf(kassa.dataDir, actor)}${end}`
      if (existsSync(file)) copyFileSync(file, join(backupDir, `${actor}${end}`))
    }
    await kassa.signal(actor, 'SIGCONT')
  }
}

const CAUGHT_UP_MS = 60_000
const CALM_MS = 100

/**
 * Waits until every stream holds its log: what only the store holds would be lost with it, and that is no promise. The
 * gateway must be stopped.
 */
const untilStreamsAreWhole = async (kassa: Reachable): Promise<void> => {
  type Health = { head: number; stream: number; phase: string }
  let before = ''
  await eventually('every stream is its log', CAUGHT_UP_MS, async () => {
    // Who does not answer now is asked again.
    const health = await withNats(kassa, nats =>
      Promise.all(ACTOR_PARTS.map(actor => nats.ask<Health>(`${actor}.0.query.Health`).catch(() => undefined))),
    )
    const isWhole = health.every(one => one?.phase === 'open' && one.stream === one.head)
    const heads = health.map(one => one?.head).join()
    const isStill = heads === before
    before = heads
    await sleep(CALM_MS)
    return (isWhole && isStill) || undefined
  })
}

const oldStorePutBack: Fault = async ({ kassa, backupDir, chance }) => {
  const actor = chance.pick(ACTOR_PARTS)
  await kassa.signal('gateway', 'SIGSTOP')
  try {
    await untilStreamsAreWhole(kassa)
    await kassa.signal('supervisor', 'SIGSTOP')
    await kassa.kill9(actor)
    for (const end of ENDS) {
      const file = `${storeOf(kassa.dataDir, actor)}${end}`
      rmSync(file, { force: true })
      if (existsSync(join(backupDir, `${actor}${end}`))) copyFileSync(join(backupDir, `${actor}${end}`), file)
    }
  } finally {
    await kassa.signal('supervisor', 'SIGCONT')
    await kassa.signal('gateway', 'SIGCONT')
  }
  return `the store of ${actor} was replaced by an old copy`
}

export const FAULTS_OF_DISKS = {
  'power cut of the broker': brokerPowerCut,
  'power cut of the machine': machinePowerCut,
  'full disk of the stores': full('stores'),
  'full disk of the broker': full('broker'),
  'slow fsync': slowFsync,
  'failing fsync': failingFsync,
  'an old store put back': oldStorePutBack,
} satisfies Record<string, Fault>
