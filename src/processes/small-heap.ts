/** How V8 and the C library are told to keep the memory of a part small. */

/**
 * For processes that live long, share a small machine and keep next to nothing in memory. Measured in
 * docs/performance.md: left to itself V8 lets young objects take 48 MB and old ones four times what is alive.
 */
const FLAGS = {
  // MB. A third of the young generation; what a turn needs is dead long before it is full.
  '--max-semi-space-size': '2',
  // MB. Far more than a part ever has; the nearer to it, the earlier old objects are collected (1.4 times what is alive).
  '--max-old-space-size': '512',
}

/**
 * MB, where the gateway is. All that it has in hand (64 orders at 42 KB, from the question to the letter) would live
 * through each collection of a smaller one and be copied: a quarter of its CPU went there.
 */
const SEMI_SPACES: Record<string, string> = { gateway: '8', all: '8' }

/** The flags for a Node that runs `part`; those that `nodeOptions` (NODE_OPTIONS) has already are left to whoever set them. */
export function smallHeapFlags(part = '', nodeOptions = ''): string[] {
  const isSet = (flag: string) => nodeOptions.replaceAll('_', '-').includes(flag)
  const flags = { ...FLAGS, '--max-semi-space-size': SEMI_SPACES[part] ?? FLAGS['--max-semi-space-size'] }
  return Object.entries(flags).flatMap(([flag, value]) => (isSet(flag) ? [] : [`${flag}=${value}`]))
}

/**
 * The environment of a part. Of glibc, whose every thread otherwise keeps its own memory: six of V8's and Node's hold 4 MB
 * that they need only now and then. Whoever sets it has the last word.
 */
export const withOneArena = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ MALLOC_ARENA_MAX: '1', ...env })
