/** Waiting for what comes about in other processes, where nothing tells of it but another look. */
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/** Looks until `look` gives something, and returns that. Throws after `withinMs`, saying what was waited for. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}`)
    await sleep(POLL_MS)
  }
}
