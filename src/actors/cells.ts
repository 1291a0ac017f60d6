/** Which cell a thing lives in: 64 slots fixed for ever, and a table that says which cell holds which slot. */
import { createHash } from 'node:crypto'

/** Never to be changed: the ids that were allotted are congruent to their slot. */
export const SLOTS = 64

/** The cell of each slot; today one cell holds them all. */
const CELL_OF_SLOT: readonly number[] = Array.from({ length: SLOTS }, () => 0)

/** The cells there are, each once, ascending. */
export const CELLS: readonly number[] = [...new Set(CELL_OF_SLOT)].sort((a, b) => a - b)

const CANONICAL_DECIMAL = /^(0|[1-9]\d*)$/

/** The cell that holds `id`: the id of a user, or whatever else tells where something new belongs. */
export const cellOf = (id: string): number => CELL_OF_SLOT[slotOf(id)] as number

/** 0 to 63: a canonical decimal by its value, so that an actor can allot ids of its own slots; any other text by its hash. */
export const slotOf = (id: string): number => {
  // 64 divides a million, so the last six digits say as much as all of them, however many there are.
  if (CANONICAL_DECIMAL.test(id)) return Number(id.slice(-6)) % SLOTS
  return createHash('sha256').update(id).digest().readUInt8(0) % SLOTS
}
