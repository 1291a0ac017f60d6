/** Which faults come in which order, all from the seed: as cards are dealt, so that each kind has its turn. */
import { createSeededRandom } from '../../src/world/seeded-random.ts'
import { isOfMail, type Kind } from './faults.ts'

/** A fault to come: after `gapMs` of quiet; `seed` decides on all that it chooses. */
export type Planned = { kind: Kind; gapMs: number; seed: number }

const SHORTEST_GAP_MS = 300
const LONGEST_GAP_MS = 2200
const SEEDS = 2 ** 31

/** The faults of one round. Where there is mail its kinds come twice: only every other round has it. */
export const planRound = (seed: number, round: number, kinds: readonly Kind[], byMail: boolean): Planned[] => {
  const chance = createSeededRandom(seed * 1000 + round)
  const deck = kinds.filter(kind => byMail || !isOfMail(kind))
  const more = byMail ? kinds.filter(isOfMail) : []
  const left = [...deck, ...more]
  const planned: Planned[] = []
  while (left.length > 0) {
    const [kind] = left.splice(chance.integer(left.length), 1) as [Kind]
    const gapMs = SHORTEST_GAP_MS + chance.integer(LONGEST_GAP_MS - SHORTEST_GAP_MS)
    planned.push({ kind, gapMs, seed: chance.integer(SEEDS) })
  }
  return planned
}
