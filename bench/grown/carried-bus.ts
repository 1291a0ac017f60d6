/** A bus on which a log's stream has all of it already, as after every usual stop, without a broker that holds a million messages. */
import type { Bus, LogStream } from '../../src/bus/bus.ts'
import type { Entry } from '../../src/bus/entry.ts'
import { createMemoryBroker } from '../../src/bus/memory.ts'
import type { Address } from '../../src/bus/subjects.ts'
import { systemClock } from '../../src/world/clock.ts'
import { systemRandom } from '../../src/world/random.ts'

/** The bus of the actor at `address`, whose stream ends with `last`. Other streams are not there, and nobody answers. */
export const createCarriedBus = (address: Address, last: Entry): Bus => {
  const bus = createMemoryBroker({ clock: systemClock, random: systemRandom }).connect(address.actor)
  const own = carriedStream(last)
  return {
    ...bus,
    logStream: of => (of.actor === address.actor ? own : bus.logStream(of)),
  }
}

const carriedStream = (last: Entry): LogStream => {
  const tail = [last]
  const created = new Date(systemClock.now()).toISOString()
  const nothing = async () => {}
  return {
    create: nothing,
    describe: nothing,
    cut: nothing,
    delete: nothing,
    look: async () => ({ created, firstSeq: 1, lastSeq: tail.at(-1)!.seq, last: tail.at(-1) }),
    get: async seq => tail[seq - last.seq],
    append: async entries => void tail.push(...entries),
    follow: () => ({ stop: nothing }),
    consumer: async () => ({ pending: 0 }),
  }
}
