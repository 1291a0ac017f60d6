/** `npm run controls`: bugs planted in copies of the source; the checker from outside must see each, and none without one. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../src/exit.ts'
import { endWithFault } from '../src/processes/child.ts'
import { change, copySource } from './controls/changed-copy.ts'
import { PLANTED, type Planted } from './controls/planted.ts'
import { prepareEnvironment } from './testing/environment.ts'
import { isGoodRound } from './torture/campaign.ts'
import { findMeans, type Means } from './torture/faults.ts'
import { type RoundResult, runRound } from './torture/round.ts'

const USAGE = `npm run controls [-- words]
Plants bugs in copies of the source, each by itself, and runs a short round of torture on each: all must be seen.
With words: only those bugs that have one of them in their name.`

/** Time for the clients before the first fault, ms, and a seed that deals every variant of the faults in use. */
const GAP_MS = 1500
const SEED = 3
const NO_FAULT: Planted = { changes: [], faults: [] }

const runOn = async (directory: string, planted: Planted, means: Means): Promise<RoundResult> => {
  const source = join(directory, 'source')
  copySource(source)
  change(source, planted.changes)
  const place = join(directory, 'round')
  mkdirSync(place)
  const { faults, byMail = false, deeds = {}, seed = SEED } = planted
  return await runRound({
    directory: place,
    entry: join(source, 'bin', 'kassa.js'),
    seed,
    planned: [...faults.map((kind, index) => ({ kind, gapMs: GAP_MS, seed: seed * 100 + index }))],
    byMail,
    hasDisks: means.hasDisks,
    clients: 8,
    rate: 60,
    users: 12,
    deeds,
    longestMs: 2000,
    recoveryMs: 15_000,
    restMs: 15_000,
    until: Number.POSITIVE_INFINITY,
    say: () => {},
  })
}

/** What was seen of a bug, the first of it; `undefined` when all seemed well. */
const look = async (planted: Planted, means: Means): Promise<string | undefined> => {
  const directory = mkdtempSync(join(tmpdir(), 'kassa-control-'))
  try {
    const result = await runOn(directory, planted, means)
    if (isGoodRound(result)) return undefined
    return (result.verdict.violations[0]?.text ?? result.blamed[0])?.split('\n')[0]
  } catch (fault) {
    // It could not even be brought to its end.
    return (fault as Error).message.split('\n')[0]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const controls = async (words: string[]): Promise<boolean> => {
  await prepareEnvironment()
  const directory = mkdtempSync(join(tmpdir(), 'kassa-control-'))
  const means = await findMeans(directory)
  rmSync(directory, { recursive: true, force: true })
  const wanted = Object.entries(PLANTED).filter(
    ([name]) => words.length === 0 || words.some(word => name.includes(word)),
  )
  const possible = wanted.filter(
    ([, { faults, needsDisks = false }]) =>
      !faults.some(kind => means.leftOut.has(kind)) && (means.hasDisks || !needsDisks),
  )

  // Every fault that is used, without any bug: what is red then proves nothing.
  const kinds = [...new Set(possible.flatMap(([, { faults }]) => faults))]
  const deeds = { cancel: 5, refund: 5, 'another body': 5, 'three through the queue': 5 }
  const good = await look({ ...NO_FAULT, faults: kinds, byMail: true, deeds }, means)
  console.log(good === undefined ? '   green  no bug' : `   WRONG  no bug: ${good}`)

  let unseen = 0
  for (const [name, planted] of possible) {
    const seen = await look(planted, means)
    if (seen === undefined) unseen++
    console.log(seen === undefined ? `  UNSEEN  ${name}` : `     red  ${name}: ${seen}`)
  }
  for (const [name] of wanted.filter(one => !possible.includes(one)))
    console.log(`left out  ${name}: this machine does not allow its faults`)
  console.log(`${possible.length} bugs planted, ${possible.length - unseen} seen`)
  return good === undefined && unseen === 0 && possible.length > 0
}

const words = process.argv.slice(2).filter(word => word !== '--')
try {
  if (words.includes('--help')) {
    console.log(USAGE)
    process.exit(exitCodes.ok)
  }
  process.exit((await controls(words)) ? exitCodes.ok : exitCodes.failed)
} catch (fault) {
  endWithFault(fault)
}
