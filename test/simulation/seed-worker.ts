/** A worker thread of `run-seeds.ts`: it is sent seeds, runs each, and answers what came of it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Counts } from './rare-paths.ts'
import { runSeed } from './run-seed.ts'
import type { SeedOptions, SeedResult } from './run-seeds.ts'

const options = workerData as SeedOptions

// What is refused or lost in a run is an error each time, and nobody looks where it came from; --trace, in one thread, tells.
Error.stackTraceLimit = 0

parentPort?.on('message', async (seed: number) => {
  const counts: Counts = new Map()
  const { violations, loud, hash, rates, requests, orders } = await runSeed(seed, counts, options)
  const result: SeedResult = { seed, violations, loud, hash, rates, requests, orders, counts }
  parentPort?.postMessage(result)
})
