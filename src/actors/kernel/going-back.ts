/** A reader whose source has begun a new epoch goes back to what both still have, and notes what it did after that. */
import type { Bus } from '../../bus/bus.ts'
import { NO_CHAIN } from '../../bus/entry.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import { type Clock, pause } from '../../world/clock.ts'
import { askEpochs, askLog } from './ask-actor.ts'
import type { Core } from './core.ts'
import { type Caused, causedAfter } from './epochs.ts'

export type GoingBackPorts = {
  core: Core
  bus: Bus
  clock: Clock
  /** Whose log it is that differs. */
  source: string
  /** There is no new epoch as yet, or the source does not say; told once. */
  waits: () => void
  stopped: () => boolean
}

const RETRY_MS = 500

/**
 * Goes back in the log of `source` when it has begun a new epoch, once for each: to the newest entry of ours whose cause
 * the source still has. Gives how many of ours are orphans by it. Until there is one, the histories simply differ.
 */
export const goBack = async (ports: GoingBackPorts): Promise<number | undefined> => {
  for (let told = false; !ports.stopped(); told = true) {
    const orphans = await attempt(ports).catch((error: unknown) => {
      // It starts just now, perhaps because it was adopted.
      if (!(error instanceof Unavailable)) throw error
      return undefined
    })
    if (orphans !== undefined) return orphans
    if (!told) ports.waits()
    await pause(ports.clock, RETRY_MS)
  }
  return undefined
}

const attempt = async ({ core, bus, source }: GoingBackPorts): Promise<number | undefined> => {
  const epoch = (await askEpochs(bus, source)).at(-1)?.seq ?? 0
  if (epoch <= core.epochs.lastWentBack(source)) return undefined

  // The newest first. Those that an earlier epoch orphaned hold no more, though older and newer ones may.
  const { isOrphan } = core.epochs
  const caused = [...causedAfter(core.log, source, 0, core.log.head())].filter(({ seq }) => !isOrphan(seq))
  const isShared = async ({ causeSeq, causeChain }: Caused): Promise<boolean> => {
    const { head, chainBefore } = await askLog(bus, source, causeSeq + 1, 0)
    return head >= causeSeq && chainBefore === causeChain
  }
  const orphans = await countUntil(caused, isShared)
  const shared = caused[orphans]
  const data = { source, epoch, seq: shared?.causeSeq ?? 0, chain: shared?.causeChain ?? NO_CHAIN, orphans }
  core.transaction(() => core.append({ type: 'WentBack', data }, {}, undefined))
  return orphans
}

/** How many come before the first that holds; once one holds, all after it do. */
const countUntil = async <T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<number> => {
  let least = 0
  let most = items.length
  while (least < most) {
    const middle = (least + most) >> 1
    if (await holds(items[middle] as T)) most = middle
    else least = middle + 1
  }
  return least
}
