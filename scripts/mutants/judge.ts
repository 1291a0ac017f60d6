/** Whether a mutant is caught: by the unit tests beside it, by the simulation, or by the checker from outside. */
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isGoodRound } from '../torture/campaign.ts'
import { runRound } from '../torture/round.ts'

export type Caught = 'unit tests' | 'simulation' | 'checker' | undefined

const UNIT_MS = 120_000
const SIMULATION_MS = 180_000
const SEEDS = 60
const FAULTS = [
  'kill -9 of billing',
  'a stream deleted',
  'kill -9 of the broker',
  'duplicates on the bus',
  'kill -9 of order',
] as const

type Ended = { code: number | null; said: string }

const run = (directory: string, words: string[], mostMs: number): Promise<Ended> =>
  new Promise(resolve => {
    // In a group of its own: whatever a mutant starts and leaves ends with it.
    const child = spawn(process.execPath, words, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let said = ''
    const hear = (text: Buffer): void => {
      said = (said + text).slice(-20_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), mostMs)
    child.once('close', code => {
      clearTimeout(timer)
      resolve({ code, said })
    })
  })

/** The unit tests that speak of `file`: its own first, for they are quick to say no, then those beside it. */
const unitTests = (directory: string, file: string): string[][] => {
  const beside = globSync(join(dirname(file), '*.test.ts'), { cwd: directory })
  // Of the bus only what needs no broker: the others take long and say nothing of it.
  const meant =
    dirname(file) === 'src/bus' ? beside.filter(name => /\/(relay|reader|memory)\.test\.ts$/.test(name)) : beside
  const own = file.replace(/\.ts$/, '.test.ts')
  return [[own], meant.filter(name => name !== own)]
}

/** Tries the source at `directory`, in which `file` was changed; the unit tests alone where not `wholly`. */
export const judge = async (directory: string, file: string, wholly: boolean): Promise<Caught> => {
  for (const tests of unitTests(directory, file))
    if (tests.length > 0 && (await run(directory, ['--test', ...tests], UNIT_MS)).code !== 0) return 'unit tests'
  if (!wholly) return undefined

  const simulated = await run(directory, ['bin/kassa.js', 'run', 'simulate', '--seeds', String(SEEDS)], SIMULATION_MS)
  if (!/: 0 broke a promise/.test(simulated.said)) return 'simulation'

  // Twice, for on a machine that is busy with other things a recovery that takes too long is no proof.
  return (await isSeenFromOutside(directory)) && (await isSeenFromOutside(directory)) ? 'checker' : undefined
}

const isSeenFromOutside = async (source: string): Promise<boolean> => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-mutant-'))
  try {
    const result = await runRound({
      directory,
      entry: join(source, 'bin', 'kassa.js'),
      seed: 1,
      planned: FAULTS.map((kind, index) => ({ kind, gapMs: 1000, seed: index })),
      byMail: false,
      hasDisks: false,
      clients: 8,
      rate: 80,
      users: 12,
      deeds: { cancel: 10, refund: 10, 'three through the queue': 5 },
      longestMs: 2000,
      recoveryMs: 20_000,
      restMs: 20_000,
      until: Number.POSITIVE_INFINITY,
      say: () => {},
    })
    return !isGoodRound(result)
  } catch {
    // It could not even be brought to its end.
    return true
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
