/** A worker thread of `run-seeds.ts`: it is sent seeds, runs each, and answers what came of it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Counts } from './rare-paths.ts'
import { runSeed } from './run-seed.ts'
import type { SeedOptions, SeedResult } from './run-seeds.ts'

const options = workerData as SeedOptions

parentPort?.on('message', async (seed: number) => {
  const counts: Counts = new Map()
  const { violations, loud, hash, rates, requests, orders } = await runSeed(seed, counts, options)
  const result: SeedResult = { seed, violations, loud, hash, rates, requests, orders, counts }
  parentPort?.postMessage(result)
})
