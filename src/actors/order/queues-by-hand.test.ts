/** What somebody with only a NATS client puts into the order actor's queue, and reads from a queue of their own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumerTaken } from '../../bus/bus.ts'
import { createTestWorld, emptyDisk, typesIn } from '../kernel/test-world.ts'
import { orderActor } from './actor.ts'

const ORDER = { actor: 'order', cell: 0 }
/** The broker itself knows an id no longer by then. */
const LONG_AFTER_MS = 600_000

const createBench = async () => {
  const world = createTestWorld()
  const disk = emptyDisk()
  await world.open(orderActor, disk, { address: ORDER })
  const publish = async (user_id: string, headers = {}) => {
    const person = { user_id, first_name: 'Anna', last_name: 'Petrova', email: 'anna@example.com' }
    world.broker.publishForeign('order.0.queue.RegisterUser', Buffer.from(JSON.stringify(person)), headers)
    await world.clock.advance(1000)
  }
  const count = (type: string) => typesIn(disk).filter(found => found === type).length
  return { ...world, disk, publish, count }
}

describe('a queued command of any NATS client', () => {
  it('is carried out once under its Nats-Msg-Id, however late it comes again', async () => {
    const { publish, count, clock } = await createBench()
    await publish('anna', { 'Nats-Msg-Id': 'm1' })
    await clock.advance(LONG_AFTER_MS)
    await publish('anna', { 'Nats-Msg-Id': 'm1' })
    assert.equal(count('UserCreated'), 1)
    assert.equal(count('DeadLettered'), 0)
  })

  it('is set aside under the same Nats-Msg-Id with other content', async () => {
    const { publish, count, clock } = await createBench()
    await publish('anna', { 'Nats-Msg-Id': 'm1' })
    await clock.advance(LONG_AFTER_MS)
    await publish('boris', { 'Nats-Msg-Id': 'm1' })
    assert.equal(count('UserCreated'), 1)
    assert.equal(count('DeadLettered'), 1)
  })

  it('is carried out once by what it names, with no id at all', async () => {
    const { publish, count } = await createBench()
    await publish('anna')
    await publish('anna')
    await publish('boris')
    assert.equal(count('UserCreated'), 2)
    assert.equal(count('DeadLettered'), 0)
  })
})

describe('a queue of created users', () => {
  it('stands in the log of the order actor, and is made again with the stream', async () => {
    const { ask, broker, clock, client, disk, finish } = await createBench()
    await ask('order.0.command.SubscribeQueue', { queue_name: 'mine' })
    assert.equal(typesIn(disk).at(-1), 'QueueSubscribed')

    broker.deleteStream('ORDER_0')
    await clock.advance(20_000)

    // It is there, with what it reads: under its name nobody gets a consumer that reads something else.
    const other = client.logStream(ORDER).consumer('mine', 'order.0.event.OrderCreated.*')
    await assert.rejects(finish(other), ConsumerTaken)
  })
})
