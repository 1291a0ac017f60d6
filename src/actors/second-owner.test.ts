/** A second installation at one broker: refused as long as the first one answers. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryBroker } from '../bus/memory.ts'
import { MayNotAsk } from '../bus/unavailable.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { refuseSecondOwner } from './second-owner.ts'

const address = { actor: 'order', cell: 0 }

const createBroker = () => {
  const clock = createVirtualClock({ start: 0 })
  return { clock, broker: createMemoryBroker({ clock, random: createSeededRandom(1) }) }
}

describe('a second owner of an address', () => {
  it('is refused with 78 and who answers there', async () => {
    const { clock, broker } = createBroker()
    broker.connect('first').serve('order.0.query.*', request => request.respond(Buffer.from('{"pid":4711}')))
    const refused = assert.rejects(refuseSecondOwner(broker.connect('second'), address), {
      exitCode: 78,
      message: /order\/0 here: another one \(pid 4711/,
    })
    await clock.advance(1000)
    await refused
  })

  it('may start where nobody listens', async () => {
    const { clock, broker } = createBroker()
    const allowed = refuseSecondOwner(broker.connect('second'), address)
    await clock.advance(1000)
    await allowed
  })

  it('is refused with 78 where it may not ask', async () => {
    const request = () => Promise.reject(new MayNotAsk('No answer: the broker does not let this user ask it'))
    await assert.rejects(refuseSecondOwner({ request }, address), {
      exitCode: 78,
      message: /order\/0 here: the broker lets nobody here ask whether another one answers/,
    })
  })

  it('may start where whoever listens does not answer', async () => {
    const { clock, broker } = createBroker()
    broker.connect('first').serve('order.0.query.*', () => {})
    const allowed = refuseSecondOwner(broker.connect('second'), address)
    await clock.advance(1000)
    await allowed
  })
})
