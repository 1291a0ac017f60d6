/** Buses of one process keep the promises of every bus, and need no broker to ask each other. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../world/clock.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { busSuite } from './bus-suite.ts'
import { createMemoryBroker } from './memory.ts'
import { createNeighbours } from './neighbours.ts'
import { Unavailable } from './unavailable.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array): string => new TextDecoder().decode(body)
const newBroker = () => createMemoryBroker({ clock: systemClock, random: createSeededRandom(1) })

describe('a bus among neighbours', () => {
  busSuite(async () => {
    const broker = newBroker()
    const join = createNeighbours(systemClock)
    return {
      connect: async name => join(broker.connect(name)),
      connectElsewhere: async name => broker.connect(name),
      publish: async (subject, body, headers) => broker.publishForeign(subject, body, headers),
      deleteStream: async stream => broker.deleteStream(stream),
      removeMessage: async (stream, seq) => broker.remove(stream, seq),
      restart: async () => {
        broker.goDown()
        broker.comeUp()
      },
      close: async () => broker.loseEverything(),
    }
  })
})

describe('buses of one process', () => {
  const start = () => {
    const broker = newBroker()
    const join = createNeighbours(systemClock)
    const [order, gateway, stranger] = [
      join(broker.connect('order.0')),
      join(broker.connect('gateway')),
      broker.connect('x'),
    ]
    const end = async () => {
      for (const bus of [order, gateway, stranger]) await bus.close()
      broker.loseEverything()
    }
    return { broker, order, gateway, stranger, end }
  }

  test('ask each other while there is no broker, and nobody else', async () => {
    const { broker, order, gateway, end } = start()
    order.serve('order.0.query.*', request => request.respond(bytes(`${request.subject} ${text(request.body)}`)))
    broker.goDown()

    const answer = await gateway.request('order.0.query.Health', bytes('?'), { timeoutMs: 5_000 })
    assert.equal(text(answer.body), 'order.0.query.Health ?')
    await assert.rejects(gateway.request('billing.0.query.Health', bytes('?'), { timeoutMs: 50 }), Unavailable)
    broker.comeUp()
    await end()
  })

  test('answer later than the question is put: never in the middle of what asks', async () => {
    const { order, gateway, end } = start()
    const happened: string[] = []
    order.serve('order.0.query.*', request => {
      happened.push('asked')
      request.respond(bytes(''))
    })

    const answered = gateway.request('order.0.query.Health', bytes(''), { timeoutMs: 5_000 })
    happened.push('put')
    await answered
    assert.deepEqual(happened, ['put', 'asked'])
    await end()
  })

  test('serve everybody else at the broker too', async () => {
    const { order, stranger, end } = start()
    order.serve('order.0.query.*', request => request.respond(bytes('open')))

    assert.equal(text((await stranger.request('order.0.query.Health', bytes(''), { timeoutMs: 5_000 })).body), 'open')
    await end()
  })

  test('ask at the broker what nobody of them serves any more', async () => {
    const { order, gateway, stranger, end } = start()
    const near = order.serve('order.0.query.*', request => request.respond(bytes('near')))
    await near.stop()
    stranger.serve('order.0.query.*', request => request.respond(bytes('far')))

    assert.equal(text((await gateway.request('order.0.query.Health', bytes(''), { timeoutMs: 5_000 })).body), 'far')
    await end()
  })

  test('are not asked any more once closed', async () => {
    const { order, gateway, end } = start()
    order.serve('order.0.query.*', request => request.respond(bytes('open')))
    await order.close()

    await assert.rejects(gateway.request('order.0.query.Health', bytes(''), { timeoutMs: 5_000 }), Unavailable)
    await end()
  })
})
