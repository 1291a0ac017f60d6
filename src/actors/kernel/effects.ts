/** Effects: what rows ask to be done outside, after the commit, again and again until it succeeds. */
import { type Cancel, pause } from '../../world/clock.ts'
import type { Effect, EffectPorts, Told } from './actor.ts'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 60_000
/** What is under way may so long come to its end when everything stops: else a letter that is just leaving leaves twice. */
const FINISH_MS = 2000
/** setTimeout holds no more than this; a later moment is simply looked at again. */
const LONGEST_MS = 2 ** 31 - 1

export type Effects = {
  /** Rows may ask for more now. */
  check: () => void
  /** The actor's stream was made anew. */
  streamMade: () => void
  /** Begins nothing more; resolves when what was under way has come to its end, or had its time. */
  stop: () => Promise<void>
}

export type EffectsPorts = EffectPorts & {
  /** Milliseconds of now, by which rows fall due. */
  now: () => number
  /** What came of an effect, for the next turn. */
  tell: (command: Told) => void
  /** Hears of every attempt that threw. */
  failed: (name: string, error: unknown) => void
}

/** Carries out `effects`. What is done once and tells nothing is not done again, until the stream is made anew. */
export const createEffects = (effects: readonly Effect[], ports: EffectsPorts): Effects => {
  const { clock, random } = ports
  const begun = new Map(effects.map(effect => [effect, new Set<string>()]))
  const running = new Map(effects.map(effect => [effect, 0]))
  let cancel: Cancel | undefined
  const underWay = new Set<Promise<unknown>>()
  let stopping = false
  let stopped = false

  const carryOut = async (effect: Effect, key: string): Promise<void> => {
    const told = await effect.carryOut(key, ports)
    // The turn that takes it in changes the row; until then the key stays begun, so that it is not done twice.
    if (told && !stopped) ports.tell({ ...told, after: () => void begun.get(effect)?.delete(key) })
  }

  const attempt = async (effect: Effect, key: string): Promise<void> => {
    for (let retryMs = FIRST_RETRY_MS; !stopping; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      const doing = carryOut(effect, key)
      underWay.add(doing)
      try {
        return await doing
      } catch (error) {
        if (stopping) return
        ports.failed(effect.name, error)
      } finally {
        underWay.delete(doing)
      }
      // Jitter, so that many that failed together do not come back together.
      await pause(clock, retryMs * (0.5 + random.fraction()))
    }
  }

  const begin = (effect: Effect, key: string): void => {
    begun.get(effect)?.add(key)
    running.set(effect, (running.get(effect) ?? 0) + 1)
    attempt(effect, key)
      .finally(() => running.set(effect, (running.get(effect) ?? 1) - 1))
      .then(check, error => ports.failed(effect.name, error))
  }

  const check = (): void => {
    if (stopping) return
    cancel?.()
    cancel = undefined
    const now = ports.now()
    let next = Number.POSITIVE_INFINITY
    for (const effect of effects) {
      const { keys, nextAt } = effect.due(now)
      for (const key of keys) {
        if ((running.get(effect) ?? 0) >= effect.atOnce) break
        if (!begun.get(effect)?.has(key)) begin(effect, key)
      }
      if (nextAt !== undefined) next = Math.min(next, nextAt)
    }
    if (next === Number.POSITIVE_INFINITY) return
    cancel = clock.after(Math.min(Math.max(next - now, 1), LONGEST_MS), check)
  }

  return {
    check,
    streamMade: () => {
      for (const effect of effects) if (effect.againWithStream) begun.get(effect)?.clear()
      check()
    },
    stop: async () => {
      stopping = true
      cancel?.()
      if (underWay.size > 0) await Promise.race([Promise.allSettled(underWay), pause(clock, FINISH_MS)])
      stopped = true
    },
  }
}
