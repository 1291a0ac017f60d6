/** A queue whose name somebody has given to a consumer of their own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestWorld, emptyDisk, typesIn } from '../kernel/test-world.ts'
import { ACTOR_NAMES } from '../registry.ts'
import { orderActor } from './actor.ts'

const ORDER = { actor: 'order', cell: 0 }

/** An order actor, and a consumer `mine` on its stream that reads something else. */
const createBench = async () => {
  const world = createTestWorld()
  const disk = emptyDisk()
  const running = await world.open(orderActor, disk, { address: ORDER })
  const stream = world.client.logStream(ORDER)
  await world.finish(stream.consumer('mine', 'order.0.event.OrderCreated.*'))
  const subscribe = async () => {
    await world.ask('order.0.command.SubscribeQueue', { queue_name: 'mine' })
    await world.clock.advance(1000)
  }
  const find = () => world.ask('order.0.query.GetQueue', { queue_name: 'mine' })
  return { ...world, disk, said: running.said, stream, subscribe, find }
}

describe('a queue whose name is taken', () => {
  it('is refused, and given up in the log', async () => {
    const { subscribe, find, disk } = await createBench()
    await subscribe()
    assert.equal((await find()).code, 'name_taken')
    assert.deepEqual(typesIn(disk).slice(-2), ['QueueSubscribed', 'QueueNameTaken'])
  })

  it('is refused at once where an actor reads under it, and would remove what has it', async () => {
    const { ask, disk } = await createBench()
    for (const actor of ACTOR_NAMES) {
      const answer = await ask('order.0.command.SubscribeQueue', { queue_name: `${actor}-0` })
      assert.equal(answer.code, 'name_taken', actor)
    }
    assert.ok(!typesIn(disk).includes('QueueSubscribed'))
    assert.equal((await ask('order.0.command.SubscribeQueue', { queue_name: 'webhook-shop' })).code, undefined)
  })

  it('is not tried again for ever', async () => {
    const { subscribe, clock, said } = await createBench()
    await subscribe()
    await clock.advance(600_000)
    assert.deepEqual(
      said.filter(line => line.includes('effect failed')),
      [],
    )
  })

  it('is not made when the stream is made again: a no stays a no', async () => {
    const { subscribe, clock, broker, stream, find, finish } = await createBench()
    await subscribe()
    broker.deleteStream('ORDER_0')
    await clock.advance(20_000)
    assert.equal((await find()).code, 'name_taken')
    const theirs = await finish(stream.consumer('mine', 'order.0.event.OrderCreated.*'))
    assert.deepEqual(theirs, { pending: 0 }, 'the name is theirs again')
  })

  it('is made when it is asked for again and the name is free by then', async () => {
    const { subscribe, clock, broker, find } = await createBench()
    await subscribe()
    broker.deleteStream('ORDER_0')
    await clock.advance(20_000)
    await subscribe()
    assert.equal((await find()).body.consumer, 'mine')
  })
})
