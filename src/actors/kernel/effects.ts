/** Effects: what rows ask to be done outside, after the commit, again and again until it succeeds. */
import type { Bus } from '../../bus/bus.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import type { Effect } from './actor.ts'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 60_000

export type Effects = {
  /** Rows may ask for more now. */
  check: () => void
  /** The actor's stream was made anew. */
  streamMade: () => void
  stop: () => void
}

/** Carries out `effects`; `failed` hears of every attempt that did. */
export const createEffects = (
  effects: readonly Effect[],
  ports: { bus: Bus; clock: Clock; random: Random; failed: (name: string, error: unknown) => void },
): Effects => {
  const { bus, clock, random } = ports
  const done = new Map(effects.map(effect => [effect, new Set<string>()]))
  let stopped = false

  const attempt = (effect: Effect, key: string, retryMs: number): void => {
    effect.carryOut(key, bus).catch(error => {
      if (stopped) return
      ports.failed(effect.name, error)
      // Jitter, so that many that failed together do not come back together.
      const ms = retryMs * (0.5 + random.fraction())
      clock.after(ms, () => {
        if (!stopped) attempt(effect, key, Math.min(retryMs * 2, LAST_RETRY_MS))
      })
    })
  }

  const check = (): void => {
    if (stopped) return
    for (const effect of effects) {
      const begun = done.get(effect) as Set<string>
      for (const key of effect.wanted()) {
        if (begun.has(key)) continue
        begun.add(key)
        attempt(effect, key, FIRST_RETRY_MS)
      }
    }
  }

  return {
    check,
    streamMade: () => {
      for (const effect of effects) if (effect.againWithStream) done.get(effect)?.clear()
      check()
    },
    stop: () => {
      stopped = true
    },
  }
}
