/** The relay: whatever happens to the stream, in the end it is the log. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pause } from '../world/clock.ts'
import { type LogStream, StreamConflict } from './bus.ts'
import type { Entry } from './entry.ts'
import { createRelay, type RelayPorts } from './relay.ts'
import { createTestLog } from './test-log.ts'
import { chainsOf, createStreamBench, ORDER } from './test-stream.ts'

/** A relay from a log with `count` entries; it runs by itself once `relay.run()` is called. */
const createBench = (options: Parameters<typeof createStreamBench>[0] = {}) => {
  const bench = createStreamBench(options)
  const made: string[] = []
  const aside: Entry[] = []
  const diverged: string[] = []
  const arrived: number[] = []
  const ports: RelayPorts = {
    made: reason => void made.push(reason),
    keepAside: entries => void aside.push(...entries),
    arrived: () => void arrived.push(bench.log.head()),
    waits: () => {},
    diverged: reason => void diverged.push(reason),
  }
  const relay = createRelay(bench.log, bench.stream, bench.clock, ports)
  const isTheLog = () => assert.deepEqual(bench.chains(), chainsOf(bench.log))
  return { ...bench, ports, relay, made, aside, diverged, arrived, isTheLog }
}

describe('a relay: running', () => {
  it('makes the stream where there is none, and fills it', async () => {
    const { relay, clock, made, isTheLog } = createBench({ count: 3 })
    relay.run()
    await clock.advance(100)
    isTheLog()
    assert.deepEqual(made, ['there was none'])
    assert.equal(relay.confirmed(), 3)
  })

  it('goes on after what the stream has, and makes nothing anew', async () => {
    const { relay, clock, made, log, fill, isTheLog } = createBench({ count: 5 })
    await fill(log.read(1, 3))
    relay.run()
    await clock.advance(100)
    isTheLog()
    assert.deepEqual(made, [])
  })

  it('publishes at once what the log says next', async () => {
    const { relay, clock, log, isTheLog } = createBench()
    relay.run()
    await clock.advance(100)
    log.grow(1)
    relay.wake()
    await clock.advance(1)
    isTheLog()
  })

  it('says when the stream has all that the log has, and not before', async () => {
    const { clock, log, stream, ports, arrived } = createBench()
    const append: LogStream['append'] = async (entries, previous) => {
      await pause(clock, 10)
      await stream.append(entries, previous)
    }
    const relay = createRelay(log, { ...stream, append }, clock, ports)
    relay.run()
    await clock.advance(100)
    log.grow(1)
    relay.wake()
    await clock.advance(5)
    log.grow(1)
    relay.wake()
    await clock.advance(10)
    assert.equal(relay.confirmed(), 1)
    assert.deepEqual(arrived, [])
    await clock.advance(10)
    assert.deepEqual(arrived, [2])
  })

  it('publishes thousands of entries', async () => {
    const { relay, clock, isTheLog } = createBench({ count: 5000 })
    relay.run()
    await clock.advance(1000)
    isTheLog()
  })
})

describe('a relay: an idle one looks again, within two seconds or so', () => {
  const idle = async (change: (bench: ReturnType<typeof createBench>) => void) => {
    const bench = createBench({ count: 5 })
    bench.relay.run()
    await bench.clock.advance(100)
    change(bench)
    await bench.clock.advance(2100)
    return bench
  }

  it('and publishes again a tail that the broker lost', async () => {
    const { isTheLog, made } = await idle(({ broker }) => broker.forgetTail('ORDER_0', 2))
    isTheLog()
    assert.deepEqual(made, ['there was none'], 'made once, at the start')
  })

  it('and makes a stream again that was deleted', async () => {
    const { isTheLog, made } = await idle(({ broker }) => broker.deleteStream('ORDER_0'))
    isTheLog()
    assert.equal(made.length, 2)
  })

  it('and makes a stream again that was purged', async () => {
    const { isTheLog, aside } = await idle(({ broker }) => broker.purge('ORDER_0'))
    isTheLog()
    assert.deepEqual(aside, [])
  })

  it('and keeps a foreign message aside, and makes the stream again without it', async () => {
    const { isTheLog, aside, diverged } = await idle(({ broker }) =>
      broker.publishForeign('order.0.event.Rubbish._', Buffer.from('rubbish')),
    )
    isTheLog()
    assert.deepEqual(
      aside.map(({ body }) => Buffer.from(body).toString()),
      ['rubbish'],
    )
    assert.deepEqual(diverged, [])
  })

  it('and stops when another owner went on: it must start over', async () => {
    const { diverged, log, chains, clock, relay } = await idle(({ log, forge }) => {
      const other = createTestLog(ORDER, { history: 'another', after: log.entries })
      other.grow(1)
      forge(other.entries[5]!)
    })
    assert.deepEqual(diverged, ['the stream shows entries that the log has not'])
    const before = chains()
    log.grow(1)
    relay.wake()
    await clock.advance(10_000)
    assert.deepEqual(chains(), before)
    assert.equal(diverged.length, 1)
  })
})

describe('a relay: while it publishes', () => {
  it('and a foreign message comes in between: it is kept aside, and none of ours is lost', async () => {
    const { relay, clock, log, broker, aside, isTheLog } = createBench({ count: 5 })
    relay.run()
    await clock.advance(100)
    broker.publishForeign('order.0.event.Rubbish._', Buffer.from('rubbish'))
    log.grow(3)
    relay.wake()
    await clock.advance(1000)
    isTheLog()
    assert.equal(aside.length, 1)
  })

  it('and the stream is deleted: it is made again', async () => {
    const { relay, clock, log, broker, isTheLog } = createBench({ count: 5 })
    relay.run()
    await clock.advance(100)
    broker.deleteStream('ORDER_0')
    log.grow(3)
    relay.wake()
    await clock.advance(1000)
    isTheLog()
  })

  it('and the acknowledgement is lost: nothing is there twice', async () => {
    const { relay, clock, log, broker, isTheLog } = createBench({ count: 5 })
    relay.run()
    await clock.advance(100)
    broker.faults.loseAck = 1
    log.grow(3)
    relay.wake()
    await clock.advance(1000)
    broker.faults.loseAck = 0
    await clock.advance(10_000)
    isTheLog()
    assert.equal(relay.confirmed(), 8)
  })

  it('and the stream takes nothing: it asks a few times a second, no more', async () => {
    const { log, stream, clock } = createBench({ count: 3 })
    let refused = 0
    const append: LogStream['append'] = async () => {
      refused++
      throw new StreamConflict('a stream that nobody may write to')
    }
    const ports = { made: () => {}, keepAside: () => {}, arrived: () => {}, waits: () => {}, diverged: () => {} }
    createRelay(log, { ...stream, append }, clock, ports).run()
    await clock.advance(2000)
    assert.ok(refused > 5 && refused < 15, `${refused} times in 2 s`)
  })

  it('and the broker is away: it goes on when it is back', async () => {
    const { relay, clock, log, broker, isTheLog } = createBench({ count: 5 })
    relay.run()
    await clock.advance(100)
    broker.goDown()
    log.grow(3)
    relay.wake()
    await clock.advance(60_000)
    broker.comeUp()
    await clock.advance(1000)
    isTheLog()
  })

  it('and the connection breaks again and again: in the end it is the log', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const { relay, clock, log, broker, diverged, isTheLog } = createBench({ seed })
      Object.assign(broker.faults, { disconnect: 0.1, loseAck: 0.2, loseReply: 0.1, delay: 0.3 })
      relay.run()
      for (let step = 0; step < 40; step++) {
        log.grow(step % 4)
        relay.wake()
        await clock.advance(100)
      }
      Object.assign(broker.faults, { disconnect: 0, loseAck: 0, loseReply: 0, delay: 0 })
      await clock.advance(30_000)
      isTheLog()
      assert.deepEqual(diverged, [], `seed ${seed}`)
    }
  })
})

describe('a relay: catching up', () => {
  it('is done when the stream is the log, and a look has shown it', async () => {
    const { relay, finish, isTheLog } = createBench({ count: 700 })
    assert.equal(await finish(relay.catchUp()), true)
    isTheLog()
  })

  it('does not believe an acknowledgement: a broker may lose what it acknowledged', async () => {
    const { log, stream, clock, broker, finish, chains } = createStreamBench({ count: 5 })
    let losses = 2
    const forgetful: LogStream = {
      ...stream,
      append: async (entries, previous) => {
        await stream.append(entries, previous)
        if (losses-- > 0) broker.forgetTail('ORDER_0', 2)
      },
    }
    const relay = createRelay(log, forgetful, clock, {
      made: () => {},
      keepAside: () => assert.fail('nothing was foreign'),
      arrived: () => {},
      waits: () => {},
      diverged: reason => assert.fail(reason),
    })
    assert.equal(await finish(relay.catchUp()), true)
    assert.deepEqual(chains(), chainsOf(log))
  })

  it('waits for the broker', async () => {
    const { relay, clock, broker, isTheLog } = createBench({ count: 3 })
    broker.goDown()
    let caughtUp: boolean | undefined
    void relay.catchUp().then(result => (caughtUp = result))
    await clock.advance(60_000)
    assert.equal(caughtUp, undefined)
    broker.comeUp()
    await clock.advance(1000)
    assert.equal(caughtUp, true)
    isTheLog()
  })

  for (const [what, same] of [
    ['goes on where the log ends', 3],
    ['says other things than the log', 2],
  ] as const)
    it(`is not possible where the stream ${what}`, async () => {
      const { relay, finish, log, fill } = createBench({ count: 3 })
      const other = createTestLog(ORDER, { history: 'another', after: log.entries.slice(0, same) })
      other.grow(1)
      await fill(other.entries)
      assert.equal(await finish(relay.catchUp()), false)
    })
})

describe('a relay: stopping', () => {
  it('publishes what is left first', async () => {
    const { relay, clock, log, finish, isTheLog } = createBench({ count: 3 })
    relay.run()
    await clock.advance(100)
    log.grow(600)
    await finish(relay.stop(1500))
    isTheLog()
  })

  it('is over as soon as nothing is left', async () => {
    const { relay, clock, log, finish } = createBench({ count: 3 })
    relay.run()
    await clock.advance(100)
    log.grow(1)
    const began = clock.now()
    await finish(relay.stop(1500))
    assert.ok(clock.now() - began < 100, `${clock.now() - began} ms`)
  })

  it('does not wait longer than it may', async () => {
    const { relay, clock, log, broker } = createBench({ count: 3 })
    relay.run()
    await clock.advance(100)
    broker.goDown()
    log.grow(1)
    let stopped = false
    void relay.stop(1500).then(() => {
      stopped = true
    })
    await clock.advance(1499)
    assert.equal(stopped, false)
    await clock.advance(1)
    assert.equal(stopped, true)
  })

  it('ends it: what the log says later is left to the next start', async () => {
    const { relay, clock, log, finish, chains } = createBench({ count: 3 })
    relay.run()
    await clock.advance(100)
    await finish(relay.stop(1500))
    log.grow(1)
    relay.wake()
    await clock.advance(10_000)
    assert.equal(chains().length, 3)
  })

  it('may come before it ever ran', async () => {
    const { relay, finish } = createBench({ count: 3 })
    await finish(relay.stop(1500))
  })
})
