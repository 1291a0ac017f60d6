/** What a running actor is given: its files, its bus, time and chance, and how it speaks. */
import type { Bus } from '../../bus/bus.ts'
import type { Entry } from '../../bus/entry.ts'
import type { Address } from '../../bus/subjects.ts'
import type { Fields } from '../../log.ts'
import type { Figure } from '../../metrics/figure.ts'
import type { Spans } from '../../tracing/span.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import type { Settings } from './actor.ts'
import type { CopyStore } from './kernel-answers.ts'
import type { MarkFile } from './mark.ts'
import type { Meters } from './meters.ts'
import type { RestoredNote } from './restored.ts'
import type { Store } from './store.ts'

/** What an actor says of itself. pino fits. */
export type ActorLog = {
  info: (facts: Fields, text: string) => void
  warn: (facts: Fields, text: string) => void
  error: (facts: Fields, text: string) => void
}

export type ActorPorts = {
  address: Address
  bus: Bus
  store: Store
  keys: Store
  clock: Clock
  random: Random
  settings: Settings
  version: string
  mark: MarkFile
  /** Left by `restore`; without it the store was never put back by it. */
  restored?: RestoredNote
  /** Actors that read this one's log. */
  readers: readonly string[]
  /** Keeps messages that are not ours where a person finds them. */
  keepAside: (stream: Address, entries: Entry[]) => void
  copyStore: CopyStore
  /** Where its files lie, as the system calls it; without it nobody can ask whether they are the right ones. */
  dataDir?: string
  /** Ends this process, to be started again: the store was adopted. */
  startOver?: () => void
  pid: number
  say: ActorLog
  /** Counts turns, commits and events; without them nothing is counted. */
  meters?: Meters
  /** Records traces; unset where nobody wishes for them. */
  spans?: Spans
  /** What the process around the actor tells of itself. */
  processFigures?: () => Figure[]
}
