/** The same job on Kassa, on the plain design and on Restate, in one run on one machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { spreadOf } from '../figures.ts'
import type { LoadResult } from '../load/closed-loop.ts'
import type { RequestKind } from '../load/requests.ts'
import { type Generator, startGenerator } from '../load/start-generator.ts'
import type { Options } from '../options.ts'
import { startPlain } from '../plain/start-plain.ts'
import { memoryMegabytes, processesOf, type Use } from '../processes.ts'
import { rawCommits } from '../raw-commits.ts'
import { loadOnce, type System } from '../rounds.ts'
import { startKassa } from '../start-kassa.ts'
import { makeUsers } from '../users.ts'
import { fetchRestate } from './restate/fetch-restate.ts'
import { type Restate, startRestate } from './restate/start-restate.ts'

/** Restate twice: as it comes, and with as many partitions as there are cores, which suits one small machine better. */
export const PEERS = ['kassa', 'plain', 'restate', 'tuned'] as const
export type Peer = (typeof PEERS)[number]

/** What one round measured of one of them; `cpu` in seconds by process. */
export type PeerRound = { load: LoadResult; cpu: Use }

export type PeersFigures = {
  options: Options
  connections: number
  /** `partitions`: those of the second. */
  restate: { version: string; partitions: number }
  rounds: Record<Peer, PeerRound[]>
  /** Megabytes by process (PSS) after all of it. */
  memory: Record<Peer, Use>
  /** Transactions of one row a second, the median of the rounds. */
  rawCommits: number
  /** Whether Kassa's books agree, and whether every order at Restate was charged once and told of in two letters. */
  clean: { kassa: boolean; restate: boolean }
}

/** Whether all of them did the whole job. */
export const isRight = ({ clean }: PeersFigures): boolean => clean.kassa && clean.restate

type Runs = Record<Peer, System & { kind: RequestKind }>

const WARM_UP_S = 3
const RAW_COMMITS_S = 0.5
const PRICE_MINOR = 10_000

/** Runs; `say` tells how far it is. Everything it started is ended, and its files are gone, however it ends. */
export const runPeersBench = async (options: Options, say: (line: string) => void): Promise<PeersFigures> => {
  const files = await fetchRestate(say)
  const directory = mkdtempSync(join(options.directory, 'kassa-peers-'))
  const endings: (() => unknown)[] = [() => rmSync(directory, { recursive: true })]
  try {
    say('starting Kassa, the plain design and Restate')
    const kassa = await startKassa(directory, options)
    endings.unshift(kassa.stop)
    const plain = await startPlain(directory, options.users)
    endings.unshift(plain.stop)
    const restate = await startRestate(files, join(directory, 'restate'), options)
    endings.unshift(restate.stop)
    const partitions = cpus().length
    const tuned = await startRestate(files, join(directory, 'tuned'), { ...options, partitions })
    endings.unshift(tuned.stop)
    const generator = startGenerator()
    endings.unshift(generator.stop)

    const userIds = await makeUsers(kassa.port, options.users)
    const runs: Runs = {
      kassa: { kind: 'orders', port: kassa.port, userIds, processes: processesOf(kassa.pid) },
      plain: { ...plain, kind: 'orders', processes: [{ pid: plain.pid, role: 'plain' }] },
      restate: { ...restate, kind: 'restate' },
      tuned: { ...tuned, kind: 'restate' },
    }
    const measured = await measure(generator, runs, options, directory, say)

    say('checking the orders')
    const restateIsClean =
      isClean(await restate.accounts(), measured.rounds.restate) &&
      isClean(await tuned.accounts(), measured.rounds.tuned)
    await kassa.stop()
    const clean = { kassa: await kassa.verify(say), restate: restateIsClean }
    return { options, restate: { version: files.version, partitions }, ...measured, clean }
  } finally {
    for (const end of endings) await end()
  }
}

const measure = async (
  generator: Generator,
  runs: Runs,
  options: Options,
  directory: string,
  say: (line: string) => void,
) => {
  // The first: they are compared where all are at home.
  const connections = options.connections[0]!
  const load = (peer: Peer, seconds: number, keys: string) =>
    loadOnce(generator, runs[peer], { kind: runs[peer].kind, connections, seconds, keys })

  say('warming up')
  for (const peer of PEERS) await load(peer, WARM_UP_S, 'warm-up')

  const rounds: PeersFigures['rounds'] = { kassa: [], plain: [], restate: [], tuned: [] }
  const raw: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    say(`round ${round + 1} of ${options.rounds}`)
    const order = round % 2 === 0 ? PEERS : PEERS.toReversed()
    for (const peer of order) rounds[peer].push(await load(peer, options.seconds, `round-${round}`))
    raw.push(rawCommits(directory, RAW_COMMITS_S))
  }
  const memory = Object.fromEntries(PEERS.map(peer => [peer, memoryMegabytes(runs[peer].processes)]))
  return { connections, rounds, memory: memory as PeersFigures['memory'], rawCommits: spreadOf(raw).median }
}

/** Those of the warming up and of the moments around each round are there as well. */
const isClean = (
  { orders, letters, paid }: Awaited<ReturnType<Restate['accounts']>>,
  rounds: readonly PeerRound[],
): boolean => {
  const counted = rounds.reduce((sum, { load }) => sum + load.ok, 0)
  return orders >= counted && letters === 2 * orders && paid === PRICE_MINOR * orders
}
