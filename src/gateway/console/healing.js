/** What becomes of what was broken: a part that comes back, a stream that is there again, letters that leave late. */
import { who } from './api.js'

const LOOK_EVERY_MS = 200

/** Watches until it is stopped; `note` gets a line for everything that changes. */
export const watchHealing = note => {
  /** Parts that do not answer, those that did not once, and streams that were deleted; each since when. */
  const away = new Map()
  const missed = new Map()
  const deleted = new Map()
  /** How many letters have left since the mail was slowed; unset while it is not. */
  let letters
  let timer
  let slow
  let stopped = false

  const seen = (part, phase, waitsFor) => {
    if (phase === 'open') {
      missed.delete(part)
      if (!away.has(part)) return
      note(`${part} is open again, after ${((Date.now() - away.get(part)) / 1000).toFixed(1)} s.`)
      away.delete(part)
    } else if (!missed.has(part)) {
      // Once is no more than an answer that came late.
      missed.set(part, Date.now())
    } else if (!away.has(part)) {
      away.set(part, missed.get(part))
      note(`${part}: ${phase}${waitsFor ? `, waits for ${waitsFor}` : ''}.`)
    }
  }
  const look = async () => {
    try {
      // 503 tells as much as 200.
      const { parts = [] } = await (await fetch('/readyz', { headers: who() })).json()
      for (const { part, phase, waits_for } of parts) seen(part, phase, waits_for)
    } catch {
      // The gateway is away itself; the next look tells.
    }
    if (!stopped) timer = setTimeout(look, LOOK_EVERY_MS)
  }
  void look()

  return {
    killed: actor => away.set(`${actor}/0`, Date.now()),
    deleted: stream => deleted.set(stream, Date.now()),
    slowed: seconds => {
      letters ??= 0
      clearTimeout(slow)
      slow = setTimeout(() => {
        note(`The mail is as quick as before; ${letters} letters have left meanwhile.`)
        letters = undefined
      }, seconds * 1000)
    },
    /** An entry that was written since can come only from a stream that was made again, and filled up to it. */
    heard: ({ type, stream, sequence, time }) => {
      if (type === 'LetterSent' && letters !== undefined) letters++
      if (!(Date.parse(time) > deleted.get(stream))) return
      deleted.delete(stream)
      note(`${stream} is there again, with all ${sequence} entries.`)
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
      clearTimeout(slow)
    },
  }
}
