/** The supervisor: runs parts, restarts what dies, gives up loudly, and drains in order. */
import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes } from '../exit.ts'
import type { Running } from './running.ts'

/**
 * What can be run, and run again. Parts of a lower `stage` are drained before those of a higher one, which wait for
 * `drains` times the usual time of a stage, 1 unless said. A launch that takes long gives up when `signal` says that
 * nobody wants it any more.
 */
export type Part = { name: string; stage: number; drains?: number; launch(signal: AbortSignal): Promise<Running> }

export type Happening =
  | { what: 'started'; part: string; pid: number }
  | { what: 'died'; part: string; reason: string; restartInMs: number }
  | { what: 'gave up'; part: string; reason: string; exitCode: number | null }
  | { what: 'killed'; part: string }

export type Supervisor = {
  /** Starts a part and keeps it running until `stop`, or until it is given up. */
  keep(part: Part): void
  /** Drains all parts, stage by stage; resolves when none runs. Calling it again joins the same drain. */
  stop(): Promise<void>
  /** Ends what still runs at once; for a person who asks a second time. */
  hurry(): void
  /** Ends a part at once, as a crash would; it is started again. Its pid; `undefined` where it does not run. */
  kill(name: string): number | undefined
  /** Passes SIGHUP on to a part, if it runs: it reads again what may have changed. */
  hangUp(name: string): void
}

/** Times in ms. A part that was up for `steady` starts afresh with the shortest backoff. */
const usualTimes = { backoffMin: 100, backoffMax: 5_000, steady: 10_000, stageDrain: 1_500, wholeDrain: 4_500 }
export type SupervisorTimes = typeof usualTimes

/** Deaths in a row, none of them after a steady while, after which a part is given up: about 20 s. */
const deathsToGiveUp = 10

/** `wished`: its next death is one that somebody asked for. */
type Kept = { part: Part; running?: Running; wished?: boolean; over: Promise<void>; cancel: AbortController }

/** `report` hears of everything that happens; it decides what is said and logged. */
export function createSupervisor(
  report: (happening: Happening) => void,
  times: SupervisorTimes = usualTimes,
): Supervisor {
  const all: Kept[] = []
  let stopping: Promise<void> | undefined

  async function keepRunning(kept: Kept): Promise<void> {
    const { name } = kept.part
    let deaths = 0

    while (!stopping) {
      const began = performance.now()
      const exit = await runOnce(kept)
      if (stopping) return

      // A death that was asked for does not tell that the part can't run.
      deaths = kept.wished || performance.now() - began >= times.steady ? 1 : deaths + 1
      kept.wished = false
      const refused = exit.code === exitCodes.configuration
      if (refused || deaths >= deathsToGiveUp) {
        report({
          what: 'gave up',
          part: name,
          reason: refused ? exit.reason : `${exit.reason}, ${deaths} times in a row`,
          exitCode: exit.code,
        })
        return
      }
      const restartInMs = Math.min(times.backoffMax, times.backoffMin * 2 ** (deaths - 1))
      report({ what: 'died', part: name, reason: exit.reason, restartInMs })
      await sleep(restartInMs, undefined, { signal: kept.cancel.signal }).catch(ignoreAbort)
    }
  }

  async function runOnce(kept: Kept): Promise<{ code: number | null; reason: string }> {
    try {
      kept.running = await kept.part.launch(kept.cancel.signal)
    } catch (fault) {
      return { code: null, reason: fault instanceof Error ? fault.message : String(fault) }
    }
    // Asked to stop while it was being launched: nobody else will tell it.
    if (stopping) kept.running.ask()
    report({ what: 'started', part: kept.part.name, pid: kept.running.pid })

    const { code, signal } = await kept.running.exited
    kept.running = undefined
    return { code, reason: signal ? `ended by ${signal}` : `ended with exit code ${code}` }
  }

  async function drain(): Promise<void> {
    const began = performance.now()
    for (const kept of all) kept.cancel.abort()

    const stages = [...new Set(all.map(kept => kept.part.stage))].sort((a, b) => a - b)
    for (const stage of stages) {
      const members = all.filter(kept => kept.part.stage === stage)
      for (const kept of members) kept.running?.ask()
      const drains = Math.max(...members.map(({ part }) => part.drains ?? 1))
      await within(drains * times.stageDrain, Promise.all(members.map(kept => kept.over)))
    }

    const everything = Promise.all(all.map(kept => kept.over))
    await within(times.wholeDrain - (performance.now() - began), everything)
    killAll()
    await everything
  }

  function killAll() {
    for (const { part, running } of all) {
      if (!running) continue
      report({ what: 'killed', part: part.name })
      running.kill()
    }
  }

  return {
    keep(part) {
      const kept: Kept = { part, over: Promise.resolve(), cancel: new AbortController() }
      all.push(kept)
      kept.over = keepRunning(kept)
    },
    stop() {
      // Set before draining, since a part that ends now must not be restarted.
      stopping ??= Promise.resolve().then(drain)
      return stopping
    },
    hurry: killAll,
    kill(name) {
      const kept = all.find(({ part, running }) => part.name === name && running !== undefined)
      if (!kept?.running) return undefined
      kept.wished = true
      kept.running.kill()
      return kept.running.pid
    },
    hangUp(name) {
      for (const { part, running } of all) if (part.name === name) running?.hangUp?.()
    },
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const cancel = new AbortController()
  await Promise.race([work, sleep(Math.max(0, ms), undefined, { signal: cancel.signal }).catch(ignoreAbort)])
  cancel.abort()
}

function ignoreAbort(fault: unknown) {
  if (!(fault instanceof Error) || fault.name !== 'AbortError') throw fault
}
