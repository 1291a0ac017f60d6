/** How often one may ask: a bucket of tokens for each key, and for each address that brings none that counts. */
import type { Clock } from '../world/clock.ts'

/** `rate`: requests a second that come back into a bucket; it holds as many as `seconds` bring. */
export type RateLimit = { rate: number; seconds: number }

/** What is left after a request, or how long to wait where there is nothing. */
export type Taken = { ok: true; left: number } | { ok: false; waitS: number }

/** So many buckets are kept; the one that was asked longest ago gives way, full again as a rule. */
const BUCKETS_MOST = 10_000

/** Makes the buckets. */
export const createBuckets = ({ rate, seconds }: RateLimit, clock: Pick<Clock, 'monotonic'>) => {
  const size = rate * seconds
  const buckets = new Map<string, { tokens: number; atMs: number }>()

  return {
    take: (whose: string): Taken => {
      const now = clock.monotonic()
      const before = buckets.get(whose) ?? { tokens: size, atMs: now }
      const tokens = Math.min(size, before.tokens + ((now - before.atMs) / 1000) * rate)
      const ok = tokens >= 1
      // Put in again, so that the first in the map is the one asked longest ago.
      buckets.delete(whose)
      buckets.set(whose, { tokens: ok ? tokens - 1 : tokens, atMs: now })
      const [oldest] = buckets.size > BUCKETS_MOST ? buckets.keys() : []
      if (oldest !== undefined) buckets.delete(oldest)
      return ok ? { ok, left: Math.floor(tokens - 1) } : { ok, waitS: Math.ceil((1 - tokens) / rate) }
    },
  }
}

/** The headers of a limited answer (draft-ietf-httpapi-ratelimit-headers-10). */
export const rateHeaders = ({ rate, seconds }: RateLimit, taken: Taken): Record<string, string> => {
  const full = taken.ok ? Math.ceil((rate * seconds - taken.left) / rate) : taken.waitS
  return {
    'RateLimit-Policy': `"requests";q=${rate * seconds};w=${seconds}`,
    RateLimit: `"requests";r=${taken.ok ? taken.left : 0};t=${full}`,
    ...(taken.ok ? {} : { 'Retry-After': String(taken.waitS) }),
  }
}
