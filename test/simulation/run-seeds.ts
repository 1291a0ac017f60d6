/** Many seeds, spread on worker threads; what came of them is given in their order, as if one had run after the other. */
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { isBun, isDeno } from '../../src/processes/runtime.ts'
import type { Counts } from './rare-paths.ts'
import type { Run, RunOptions } from './run-seed.ts'

/** What came of a seed. */
export type SeedResult = Pick<Run, 'seed' | 'violations' | 'loud' | 'hash' | 'rates' | 'requests' | 'orders'> & {
  /** The rare paths that it took. */
  counts: Counts
}

/** A bug that is planted is a function, which no thread can be sent. */
export type SeedOptions = Omit<RunOptions, 'plant'>

const PROGRAM = new URL('seed-worker.ts', import.meta.url)

/**
 * Runs `count` seeds from `from` on, on `workers` threads. Once `signal` is aborted no more are begun; those that are under
 * way are still given, so that there is never a gap. Throws what a worker dies of.
 */
export async function* runSeeds(
  { from, count, workers }: { from: number; count: number; workers: number },
  options: SeedOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<SeedResult> {
  // Every core has a thread of its own to run: whoever helps another one to collect its garbage costs more than it saves.
  if (!isBun && !isDeno) setFlagsFromString('--no-parallel-scavenge')
  const done = new Map<number, SeedResult>()
  const news = new EventTarget()
  const tell = (): void => void news.dispatchEvent(new Event('news'))
  let died: unknown
  let next = from

  const threads = Array.from({ length: Math.min(workers, count) }, () => {
    const thread = new Worker(PROGRAM, { workerData: options })
    const handOut = (): void => {
      if (next < from + count && !signal?.aborted) thread.postMessage(next++)
    }
    thread.on('message', (result: SeedResult) => {
      done.set(result.seed, result)
      handOut()
      tell()
    })
    thread.on('error', error => {
      died = error
      tell()
    })
    handOut()
    return thread
  })

  try {
    // Whoever is stopped while nothing is under way has had everything.
    for (let seed = from; seed < next; seed++) {
      while (!done.has(seed) && died === undefined) await once(news, 'news')
      if (died !== undefined) throw died
      yield done.get(seed) as SeedResult
      done.delete(seed)
    }
  } finally {
    await Promise.all(threads.map(thread => thread.terminate()))
  }
}
