/** The bus in memory keeps the promises of every bus. */
import { describe } from 'node:test'
import { systemClock } from '../world/clock.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { busSuite } from './bus-suite.ts'
import { createMemoryBroker } from './memory.ts'

describe('the bus in memory', () => {
  busSuite(async () => {
    const broker = createMemoryBroker({ clock: systemClock, random: createSeededRandom(1) })
    return {
      connect: async name => broker.connect(name),
      publish: async (subject, body, headers) => broker.publishForeign(subject, body, headers),
      deleteStream: async stream => broker.deleteStream(stream),
      removeMessage: async (stream, seq) => broker.remove(stream, seq),
      restart: async () => {
        broker.goDown()
        broker.comeUp()
      },
      // Also what waits for its acknowledgement is given up, whose timers would keep the process.
      close: async () => broker.loseEverything(),
    }
  })
})
