/** What goes wrong on the bus in memory, and that it does so again for the same seed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '../world/seeded-random.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { type Bus, type QueuedCommand, StreamConflict } from './bus.ts'
import { entriesOf } from './bus-suite.ts'
import { type Entry, NO_CHAIN } from './entry.ts'
import { createMemoryBroker } from './memory.ts'
import type { Faults } from './memory-faults.ts'
import { Unavailable } from './unavailable.ts'

const address = { actor: 'order', cell: 0 }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const world = (seed: number, faults: Partial<Faults> = {}) => {
  const clock = createVirtualClock({ start: 1_700_000_000_000 })
  const broker = createMemoryBroker({ clock, random: createSeededRandom(seed), faults })
  /** Lets time pass until `promise` has settled. */
  const settled = async <T>(promise: Promise<T>, limitMs = 60_000): Promise<T> => {
    let done = false
    const mark = () => {
      done = true
    }
    promise.then(mark, mark)
    for (let passed = 0; passed < limitMs; passed++) {
      await clock.advance(1)
      if (done) return promise
    }
    throw new Error(`Nothing came of it within ${limitMs} ms`)
  }
  return { clock, broker, settled }
}

const ready = async (seed = 1, count = 0) => {
  const made = world(seed)
  const bus = made.broker.connect('owner')
  const stream = bus.logStream(address)
  const entries = entriesOf(address, count)
  await made.settled(stream.create())
  await made.settled(stream.append(entries, NO_CHAIN))
  return { ...made, bus, stream, entries }
}

describe('the bus in memory: messages', () => {
  test('a lost request is unavailable when its time is over', async () => {
    const { clock, broker, settled } = world(1)
    const bus = broker.connect('one')
    bus.serve('a', request => request.respond(bytes('')))
    broker.faults.loseRequest = 1
    await assert.rejects(settled(bus.request('a', bytes(''), { timeoutMs: 700 })), Unavailable)
    assert.equal(clock.monotonic(), 700)
  })

  test('a request whose answer is lost was handled', async () => {
    const { broker, settled } = world(1, { loseReply: 1 })
    const bus = broker.connect('one')
    let handled = 0
    bus.serve('a', request => {
      handled++
      request.respond(bytes(''))
    })
    await assert.rejects(settled(bus.request('a', bytes(''), { timeoutMs: 700 })), Unavailable)
    assert.equal(handled, 1)
  })

  test('delays turn the order between connections, never within one', async () => {
    const { clock, broker } = world(3, { delay: 1, delayMaxMs: 50 })
    const heard: string[] = []
    const server = broker.connect('server')
    server.serve('*', request => heard.push(new TextDecoder().decode(request.body)))
    await clock.advance(100)
    const [first, second] = [broker.connect('first'), broker.connect('second')]
    const dropped = () => {}
    for (let count = 0; count < 20; count++) {
      first.request('a', bytes(`first ${count}`), { timeoutMs: 10 }).catch(dropped)
      second.request('a', bytes(`second ${count}`), { timeoutMs: 10 }).catch(dropped)
    }
    await clock.advance(200)
    const of = (name: string) => heard.filter(line => line.startsWith(name))
    assert.deepEqual(
      of('first'),
      Array.from({ length: 20 }, (_, count) => `first ${count}`),
    )
    assert.deepEqual(
      of('second'),
      Array.from({ length: 20 }, (_, count) => `second ${count}`),
    )
    const sent = Array.from({ length: 20 }, (_, count) => [`first ${count}`, `second ${count}`]).flat()
    assert.notDeepEqual(heard, sent)
  })
})

describe('the bus in memory: log streams', () => {
  test('an append whose acknowledgement is lost is unavailable, and is there', async () => {
    const { broker, stream, settled } = await ready()
    broker.faults.loseAck = 1
    await assert.rejects(settled(stream.append(entriesOf(address, 3), NO_CHAIN)), Unavailable)
    assert.equal((await settled(stream.look()))!.lastSeq, 3)
  })

  test('the trap: the run of a killed process arrives after the first entry of the new one, and is refused', async () => {
    const { broker, bus, stream, entries, clock, settled } = await ready(1, 3)
    const late = entriesOf(address, 3, 4, entries[2]!.chain)
    stream.append(late, entries[2]!.chain).then(
      () => assert.fail('a dead process was answered'),
      () => assert.fail('a dead process was answered'),
    )
    broker.kill('owner', { arriving: 3, afterMs: 500 })
    bus.request('a', bytes(''), { timeoutMs: 1 }).catch(() => assert.fail('a dead process was answered'))

    const successor = broker.connect('owner').logStream(address)
    const [mine] = entriesOf(address, 1, 4, 'another history')
    await settled(successor.append([mine!], entries[2]!.chain))
    await clock.advance(1_000)
    const look = await settled(successor.look())
    assert.equal(look!.lastSeq, 4)
    assert.equal(look!.last!.chain, mine!.chain)
  })

  test('what a broken connection had on the way arrives from its beginning, as far as it does', async () => {
    const ends = new Set<number>()
    for (let seed = 1; seed <= 30; seed++) {
      const { broker, stream, clock, settled } = await ready(seed)
      const appended = stream.append(entriesOf(address, 5), NO_CHAIN)
      broker.cut('owner')
      await assert.rejects(settled(appended), Unavailable)
      broker.restore('owner')
      await clock.advance(2_000)
      ends.add((await settled(stream.look()))!.lastSeq)
    }
    assert.deepEqual([...ends].sort(), [0, 1, 2, 3, 4, 5])
  })

  test('a connection that breaks again and again lets everything through that is tried again', async () => {
    const { broker, stream, settled, clock } = await ready(5)
    broker.faults.disconnect = 0.02
    const entries = entriesOf(address, 200)
    const publishAll = async () => {
      for (let stands = 0; stands < entries.length; ) {
        try {
          const look = await stream.look()
          stands = look!.lastSeq
          assert.equal(look!.last?.chain ?? NO_CHAIN, entries[stands - 1]?.chain ?? NO_CHAIN)
          await stream.append(entries.slice(stands, stands + 20), entries[stands - 1]?.chain ?? NO_CHAIN)
        } catch (thrown) {
          assert.ok(thrown instanceof Unavailable || thrown instanceof StreamConflict)
          await new Promise<void>(resolve => clock.after(20, resolve))
        }
      }
    }
    await settled(publishAll())
    broker.faults.disconnect = 0
    await clock.advance(2_000)
    assert.equal((await settled(stream.look()))!.lastSeq, 200)
  })

  test('a forgotten tail was never there: its numbers and its chain are taken again', async () => {
    const { broker, stream, entries, settled } = await ready(1, 5)
    broker.forgetTail('ORDER_0', 2)
    const look = await settled(stream.look())
    assert.equal(look!.lastSeq, 3)
    assert.equal(look!.last!.chain, entries[2]!.chain)
    await settled(stream.append(entries.slice(3), entries[2]!.chain))
    assert.equal((await settled(stream.look()))!.lastSeq, 5)
  })

  test('a trimmed head and a purge leave the numbers as they were', async () => {
    const { broker, stream, settled } = await ready(1, 5)
    broker.trimHead('ORDER_0', 2)
    const { firstSeq, lastSeq } = (await settled(stream.look()))!
    assert.deepEqual([firstSeq, lastSeq], [3, 5])
    broker.purge('ORDER_0')
    const look = (await settled(stream.look()))!
    assert.deepEqual([look.firstSeq, look.lastSeq, look.last], [6, 5, undefined])
  })

  test('a follow that is broken by chance breaks once', async () => {
    const { broker, stream, clock } = await ready(1, 5)
    broker.faults.breakFollow = 1
    const breaks: string[] = []
    const delivered: Entry[] = []
    stream.follow(
      1,
      'reader',
      entry => delivered.push(entry),
      reason => breaks.push(reason),
    )
    await clock.advance(10_000)
    assert.equal(breaks.length, 1)
    assert.equal(delivered.length, 0)
  })

  test('a broker that lost everything has no stream, and its followers hear of it by silence', async () => {
    const { broker, stream, clock, settled } = await ready(1, 5)
    const breaks: number[] = []
    stream.follow(
      6,
      'reader',
      () => {},
      () => breaks.push(clock.monotonic()),
    )
    await clock.advance(10)
    const lostAt = clock.monotonic()
    broker.loseEverything()
    assert.equal(await settled(stream.look()), undefined)
    await clock.advance(5_000)
    assert.deepEqual(breaks, [lostAt + 2_000])
  })
})

describe('the bus in memory: the queue', () => {
  const working = (bus: Bus, handle: (command: QueuedCommand) => void) => {
    const ids: string[] = []
    bus.queue.work(address, command => {
      ids.push(command.fallbackId)
      handle(command)
    })
    return ids
  }

  test('a command that is not acknowledged comes again after half a minute', async () => {
    const { broker, clock, settled } = world(1)
    const bus = broker.connect('one')
    const ids = working(bus, () => {})
    await settled(bus.queue.send('order.0.queue.Ship', bytes(''), { id: 'a' }))
    await clock.advance(29_000)
    assert.deepEqual(ids, ['a'])
    await clock.advance(2_000)
    assert.deepEqual(ids, ['a', 'a'])
  })

  test('a command may come twice although it was acknowledged', async () => {
    const { broker, clock, settled } = world(1, { redeliver: 1 })
    const bus = broker.connect('one')
    const ids = working(bus, command => command.ack())
    await settled(bus.queue.send('order.0.queue.Ship', bytes(''), { id: 'a' }))
    await clock.advance(2_000)
    assert.deepEqual(ids, ['a', 'a'])
    assert.equal(await settled(bus.queue.oldest(address)), undefined)
  })

  test('what a killed process had not acknowledged goes to the next one', async () => {
    const { broker, clock, settled } = world(1)
    const sender = broker.connect('sender')
    const lost = working(broker.connect('worker'), () => {})
    await settled(sender.queue.send('order.0.queue.Ship', bytes(''), { id: 'a' }))
    await clock.advance(10)
    broker.kill('worker')
    const ids = working(broker.connect('worker'), command => command.ack())
    await clock.advance(31_000)
    assert.deepEqual([lost, ids], [['a'], ['a']])
  })
})

describe('the bus in memory: the seed', () => {
  const all: Partial<Faults> = {
    loseRequest: 0.05,
    loseReply: 0.05,
    loseAck: 0.05,
    delay: 0.3,
    redeliver: 0.1,
    breakFollow: 0.05,
    disconnect: 0.02,
  }

  /** A small crowd, with everything going wrong, and all that was seen. */
  const trace = async (seed: number): Promise<string> => {
    const { clock, broker } = world(seed, all)
    const lines: string[] = []
    const say = (line: string) => lines.push(`${clock.monotonic()} ${line}`)
    const owner = broker.connect('owner')
    const reader = broker.connect('reader')
    const stream = owner.logStream(address)
    const entries = entriesOf(address, 100)
    owner.serve('order.0.command.*', request => request.respond(request.body))
    owner.queue.work(address, command => {
      say(`queue ${command.fallbackId}`)
      command.ack()
    })
    const follow = (from: number) => {
      let next = from
      reader.logStream(address).follow(
        from,
        'reader',
        entry => {
          say(`read ${entry.seq}`)
          next = entry.seq + 1
        },
        reason => {
          say(`broken ${reason}`)
          clock.after(50, () => follow(next))
        },
      )
    }
    const tell = (what: string, asked: Promise<unknown>) =>
      void asked.then(
        () => say(`${what} done`),
        (thrown: Error) => say(`${what} ${thrown.name}`),
      )
    const appendSome = async () => {
      const stands = (await stream.look())?.lastSeq ?? 0
      await stream.append(entries.slice(stands, stands + 3), entries[stands - 1]?.chain ?? NO_CHAIN)
    }
    tell('create', stream.create())
    follow(1)
    for (let step = 0; step < 100; step++) {
      tell(`ask ${step}`, reader.request('order.0.command.Do', bytes(`${step}`), { timeoutMs: 300 }))
      tell(`send ${step}`, reader.queue.send('order.0.queue.Do', bytes(''), { id: `q${step}` }))
      tell(`append ${step}`, appendSome())
      if (step === 50) broker.goDown()
      if (step === 55) broker.comeUp()
      await clock.advance(40)
    }
    await clock.advance(40_000)
    return lines.join('\n')
  }

  test('makes the same run again, down to the millisecond', async () => {
    const first = await trace(42)
    assert.ok(first.includes('Unavailable') && first.includes('broken') && first.includes('read 100'), first)
    assert.equal(await trace(42), first)
  })

  test('makes another run when it is another', async () => {
    assert.notEqual(await trace(42), await trace(43))
  })
})
