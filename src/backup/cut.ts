/** One consistent cut: of copies made one after the other, none may have seen what another has not. */

import type { AnyActorDefinition, Settings } from '../actors/kernel/actor.ts'
import type { Core } from '../actors/kernel/core.ts'
import { openCore } from '../actors/kernel/core.ts'
import type { Store } from '../actors/kernel/store.ts'
import type { Vault } from '../actors/kernel/vault.ts'
import type { LogPage } from '../bus/reader.ts'
import { type Address, sourceOf } from '../bus/subjects.ts'
import { exitCodes, plainFault } from '../exit.ts'
import { productVersion } from '../version.ts'
import { systemClock } from '../world/clock.ts'

/** A copy of one actor's store. */
export type StoreCopy = { address: Address; definition: AnyActorDefinition; store: Store }

/** Reads on in a log as it is now. */
export type ReadOn = (address: Address, from: number, limit: number) => Promise<LogPage>

const ENTRIES_AT_ONCE = 500

/** The core over a copy; its keys are in `vault`. Opening it deletes the keys of those who are erased. */
export const openCopy = ({ address, definition, store }: StoreCopy, vault: Vault, settings: Settings): Core =>
  openCore(definition, { address, store, vault, clock: systemClock, settings, version: productVersion })

/**
 * Brings the copies on until every cursor points into the copy of its source. A copy that was made earlier lacks what
 * the later ones have seen of it; all that is in its actor's log by now, with whatever caused it, so this comes to an end.
 * Throws a plain fault where an entry can't be had, or where two copies are of different histories.
 */
export const bringToOneCut = async (cores: readonly Core[], readOn: ReadOn): Promise<void> => {
  for (let grown = true; grown; ) {
    grown = false
    for (const core of cores) {
      const seen = Math.max(0, ...cores.map(reader => reader.cursor(sourceOf(core.address)).seq))
      if (seen <= core.log.head()) continue
      await extend(core, seen, readOn)
      grown = true
    }
  }
  for (const source of cores) for (const reader of cores) assertSeen(source, reader)
}

const extend = async (core: Core, to: number, readOn: ReadOn): Promise<void> => {
  while (core.log.head() < to) {
    const from = core.log.head() + 1
    const { entries } = await readOn(core.address, from, Math.min(ENTRIES_AT_ONCE, to - from + 1))
    if (entries.length === 0)
      throw plainFault(
        exitCodes.failed,
        `The stores are no consistent set: one has seen entry ${to} of ${sourceOf(core.address)}, which ends at ${from - 1}. ` +
          'Start Kassa, let it heal, then make the backup',
      )
    core.transaction(() => entries.forEach(core.restore))
  }
}

const assertSeen = (source: Core, reader: Core): void => {
  const { seq, chain } = reader.cursor(sourceOf(source.address))
  if (source.log.chainAt(seq) === chain) return
  throw plainFault(
    exitCodes.failed,
    `The stores are no consistent set: ${sourceOf(reader.address)} has seen another entry ${seq} of ` +
      `${sourceOf(source.address)} than that has. Start Kassa; its /readyz says what to do`,
  )
}
