/** What a fault may lay hands on. */
import type { SeededRandom } from '../../src/world/seeded-random.ts'
import type { Journal } from '../../test/checker/journal.ts'
import type { Disk } from './disk.ts'
import type { Kassa } from './kassa.ts'
import type { Load } from './load.ts'
import type { TortureMail } from './mail.ts'

export type Surroundings = {
  kassa: Kassa
  load: Load
  journal: Journal
  mail: TortureMail | undefined
  /** Disks of their own under the stores and under the broker, where this machine lets us have them. */
  disks: { stores: Disk; broker: Disk } | undefined
  /** Where copies of the stores are kept. */
  backupDir: string
  chance: SeededRandom
  /** The longest that anything is held up, ms. */
  longestMs: number
  /** Something that must not be; the run goes on. */
  blame: (what: string) => void
}

/** A fault: what it did, in words. It is over when this resolves; then Kassa must recover by itself. */
export type Fault = (surroundings: Surroundings) => Promise<string>

/** A length of time in ms between `from` and `to`, short ones as likely as long ones by their magnitude. */
export const aWhile = (chance: SeededRandom, from: number, to: number): number =>
  Math.round(from * (to / from) ** chance.fraction())

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
