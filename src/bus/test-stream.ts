/** A broker in memory with one log stream, on a clock that a test moves. For tests only. */
import { createSeededRandom } from '../world/seeded-random.ts'
import { finishOn } from '../world/test-finish.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import type { Entry } from './entry.ts'
import { entryHeaders } from './entry-message.ts'
import { createMemoryBroker } from './memory.ts'
import { createTestLog, type TestLog } from './test-log.ts'

export const ORDER = { actor: 'order', cell: 0 }

/** A log with `count` entries, and its stream, which nobody has made yet. */
export const createStreamBench = ({ count = 0, seed = 1 }: { count?: number; seed?: number } = {}) => {
  const clock = createVirtualClock({ start: 0 })
  const broker = createMemoryBroker({ clock, random: createSeededRandom(seed) })
  const stream = broker.connect('owner').logStream(ORDER)

  const finish = finishOn(clock)

  return {
    clock,
    broker,
    stream,
    reading: broker.connect('reader').logStream(ORDER),
    log: createTestLog(ORDER, { count }),
    finish,
    /** Makes the stream, with these entries in it. */
    fill: async (entries: readonly Entry[]) => {
      await finish(stream.create())
      await finish(stream.append(entries, ''))
    },
    /** Puts an entry into the stream whatever stands there, as somebody who wants to deceive. */
    forge: (entry: Entry, previous?: string) => {
      const claimed = Object.fromEntries(entryHeaders(entry, previous))
      const { 'Nats-Expected-Last-Sequence': _seq, 'Nats-Expected-Last-Msg-Id': _id, ...headers } = claimed
      broker.publishForeign(entry.subject, entry.body, headers)
    },
    /** What is in the stream, by number and chain. */
    chains: () => broker.messages('ORDER_0').map(({ seq, headers }) => [seq, headers['Nats-Msg-Id'] ?? '']),
  }
}

/** A log's numbers and chains. */
export const chainsOf = (log: TestLog) => log.entries.map(({ seq, chain }) => [seq, chain])
