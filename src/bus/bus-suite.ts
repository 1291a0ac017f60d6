/** What every bus promises, as tests: each implementation of `Bus` runs this suite. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../world/clock.ts'
import { type Bus, ConsumerTaken, type Headers, type Message, type QueuedCommand, StreamConflict } from './bus.ts'
import { createCollector } from './collector.ts'
import { chainOf, type Entry, NO_CHAIN, writeHeaders } from './entry.ts'
import { answerAsService } from './service.ts'
import { countingBus, createCounts } from './service-count.ts'
import { type Address, COMMANDS, streamOf } from './subjects.ts'
import { Unavailable } from './unavailable.ts'

/** One broker, and what a test does to it behind the buses' backs. */
export type BusBench = {
  connect: (name: string) => Promise<Bus>
  /** The same in another process, where those of `connect` share one. */
  connectElsewhere?: (name: string) => Promise<Bus>
  /** Somebody publishes who knows nothing of us. */
  publish: (subject: string, body: Uint8Array, headers?: Headers) => Promise<void>
  deleteStream: (stream: string) => Promise<void>
  removeMessage: (stream: string, seq: number) => Promise<void>
  /** The broker goes away and comes back with what it had. */
  restart: () => Promise<void>
  close: () => Promise<void>
}

const TIMEOUT_MS = 20_000
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array): string => new TextDecoder().decode(body)

/** `count` entries of a log that has `previous` as its last chain, the first being number `from`. */
export function entriesOf(address: Address, count: number, from = 1, previous = NO_CHAIN): Entry[] {
  const entries: Entry[] = []
  let chain = previous
  for (let seq = from; seq < from + count; seq++) {
    const body = bytes(`{"sequence":${seq}}`)
    const headers = writeHeaders({ command: `key-${seq}`, fingerprint: 'f1', reply: '{"status":201,"name":"Zoë"}' })
    chain = chainOf(chain, body, headers)
    entries.push({ seq, subject: `${address.actor}.${address.cell}.event.Happened.7`, headers, body, chain })
  }
  return entries
}

/** Entries as they compare: bodies as text, whatever kind of bytes they are. */
export const readable = (entries: readonly (Entry | undefined)[]) =>
  entries.map(entry => entry && { ...entry, body: text(entry.body) })

/** Asks until somebody listens: a subscription takes a moment to get to the broker. */
async function askUntilAnswered(bus: Bus, subject: string, body = bytes('')): Promise<Message> {
  while (true) {
    try {
      return await bus.request(subject, body, { timeoutMs: 1_000 })
    } catch (thrown) {
      if (!(thrown instanceof Unavailable)) throw thrown
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

/** Runs the suite on the broker that `open` starts. */
export function busSuite(open: () => Promise<BusBench>): void {
  let bench: BusBench
  let owner: Bus
  let other: Bus
  let cells = 0

  /** Nobody else's: the tests share a broker, but no subject. */
  const newAddress = (): Address => ({ actor: 'order', cell: ++cells })
  const check = (name: string, run: () => Promise<void>) => test(name, { timeout: TIMEOUT_MS }, run)

  const ownedStream = async (count: number) => {
    const address = newAddress()
    const stream = owner.logStream(address)
    const entries = entriesOf(address, count)
    await stream.create()
    await stream.append(entries, NO_CHAIN)
    return { address, stream, entries, read: other.logStream(address) }
  }

  const restart = async () => {
    await bench.restart()
    for (const bus of [owner, other]) await untilConnected(bus)
  }

  const following = (stream: ReturnType<Bus['logStream']>, from: number) => {
    const delivered = createCollector<Entry>()
    const breaks = createCollector<string>()
    const running = stream.follow(from, 'reader', delivered.add, breaks.add)
    return { delivered, breaks, running }
  }

  before(async () => {
    bench = await open()
    owner = await bench.connect('owner')
    other = await bench.connect('other')
  })

  after(async () => {
    await owner.close()
    await other.close()
    await bench.close()
  })

  describe('a request', () => {
    check('comes with body and headers, and so does its answer', async () => {
      const serving = owner.serve('suite.1.echo', request =>
        request.respond(bytes(`${text(request.body)}, ${request.headers['X-Who']}`), { 'X-Answer': 'yes' }),
      )
      await askUntilAnswered(other, 'suite.1.echo')

      const answer = await other.request('suite.1.echo', bytes('hello'), {
        headers: { 'X-Who': 'Zoë' },
        timeoutMs: 5_000,
      })

      assert.equal(text(answer.body), 'hello, Zoë')
      assert.equal(answer.headers['X-Answer'], 'yes')
      await serving.stop()
    })

    check('reaches whoever serves a wildcard, with its own subject', async () => {
      const serving = owner.serve('suite.2.*.ask', request => request.respond(bytes(request.subject)))

      assert.equal(text((await askUntilAnswered(other, 'suite.2.anything.ask')).body), 'suite.2.anything.ask')
      await serving.stop()
    })

    check('gets the first answer when there are two', async () => {
      const serving = owner.serve('suite.3', request => {
        request.respond(bytes('first'))
        request.respond(bytes('second'))
      })

      assert.equal(text((await askUntilAnswered(other, 'suite.3')).body), 'first')
      await serving.stop()
    })

    check('is unavailable at once when nobody listens', async () => {
      await assert.rejects(other.request('suite.4', bytes(''), { timeoutMs: 10 * TIMEOUT_MS }), Unavailable)
    })

    check('is unavailable when nobody answers in time', async () => {
      const heard = createCollector<Message>()
      const serving = owner.serve('suite.5', heard.add)
      await askUntilHeard('suite.5')

      await assert.rejects(other.request('suite.5', bytes(''), { timeoutMs: 30 }), Unavailable)
      assert.ok(heard.all.length > 0)
      await serving.stop()

      async function askUntilHeard(subject: string) {
        while (heard.all.length === 0) await other.request(subject, bytes(''), { timeoutMs: 30 }).catch(() => {})
      }
    })

    check('finds nobody any more after serving has stopped, twice', async () => {
      const serving = owner.serve('suite.6', request => request.respond(bytes('')))
      await askUntilAnswered(owner, 'suite.6')

      await serving.stop()
      await serving.stop()

      await assert.rejects(owner.request('suite.6', bytes(''), { timeoutMs: 10 * TIMEOUT_MS }), Unavailable)
    })
  })

  describe('a micro service', () => {
    const askJson = async (bus: Bus, subject: string) => JSON.parse(text((await askUntilAnswered(bus, subject)).body))
    const standard = { name: 'suite-service', id: 'one', version: '1.2.3', metadata: { owner: 'suite' } }
    const endpoint = { name: 'Double', subject: 'suite.8.Double', queue_group: '' }
    const metadata = { request_schema: '{"type":"integer"}' }

    /** Doubles a number, and says no to what is none; 40 ms pass meanwhile. */
    const startService = () => {
      const counts = createCounts([endpoint.subject])
      let milliseconds = 0
      const clock = { ...systemClock, monotonic: () => milliseconds }
      const serving = countingBus(owner, counts, clock).serve('suite.8.*', request => {
        milliseconds += 40
        const number = Number(text(request.body))
        if (Number.isInteger(number)) return request.respond(bytes(String(2 * number)))
        request.respond(bytes('{}'), { 'Nats-Service-Error-Code': '400', 'Nats-Service-Error': 'no_number: "Zoe"' })
      })
      const telling = answerAsService(owner, {
        ...standard,
        description: 'doubles',
        startedAt: Date.UTC(2026, 10, 25),
        endpoints: [{ name: 'Double', subject: endpoint.subject, metadata: () => metadata }],
        counts,
      })
      return { stop: () => Promise.all([serving.stop(), telling.stop()]) }
    }

    check('answers a ping, to all services, to its name and to itself alone', async () => {
      const service = startService()
      for (const subject of ['$SRV.PING', '$SRV.PING.suite-service', '$SRV.PING.suite-service.one'])
        assert.deepEqual(await askJson(other, subject), { type: 'io.nats.micro.v1.ping_response', ...standard })

      await service.stop()
      await assert.rejects(owner.request('$SRV.PING', bytes(''), { timeoutMs: 10 * TIMEOUT_MS }), Unavailable)
    })

    check('tells its endpoints with their metadata', async () => {
      const service = startService()
      for (const subject of ['$SRV.INFO', '$SRV.INFO.suite-service', '$SRV.INFO.suite-service.one'])
        assert.deepEqual(await askJson(other, subject), {
          type: 'io.nats.micro.v1.info_response',
          ...standard,
          description: 'doubles',
          endpoints: [{ ...endpoint, metadata }],
        })
      await service.stop()
    })

    check('counts what it was asked, its errors by their code alone, and the time until its answers', async () => {
      const service = startService()
      const statsOf = (counted: object) => ({
        type: 'io.nats.micro.v1.stats_response',
        ...standard,
        started: '2026-11-25T00:00:00.000Z',
        endpoints: [{ ...endpoint, ...counted }],
      })
      const nothing = { num_requests: 0, num_errors: 0, last_error: '' }
      assert.deepEqual(
        await askJson(other, '$SRV.STATS.suite-service'),
        statsOf({ ...nothing, processing_time: 0, average_processing_time: 0 }),
      )

      for (const body of ['1', '2', 'x']) await other.request('suite.8.Double', bytes(body), { timeoutMs: 5_000 })
      await other.request('suite.8.Unknown', bytes('1'), { timeoutMs: 5_000 })

      assert.deepEqual(
        await askJson(other, '$SRV.STATS'),
        statsOf({
          num_requests: 3,
          num_errors: 1,
          last_error: '400:no_number',
          processing_time: 120_000_000,
          average_processing_time: 40_000_000,
        }),
      )
      await service.stop()
    })

    const misnamed: [what: string, change: object][] = [
      ['a name with a dot', { name: 'order.0' }],
      ['an endpoint with a blank', { endpoints: [{ ...endpoint, name: 'Create Order', metadata: () => metadata }] }],
      ['a version that is not semantic', { version: 'v1' }],
    ]
    for (const [what, change] of misnamed)
      check(`is not started with ${what}: no tool would show it`, async () => {
        const service = {
          ...standard,
          description: '',
          startedAt: 0,
          endpoints: [],
          counts: createCounts([]),
          ...change,
        }
        assert.throws(() => answerAsService(owner, service), /^Error: Cannot (call|give)/)
      })
  })

  describe('listening', () => {
    check('hears what is published from now on, until it is stopped', async () => {
      const { address, entries, stream } = await ownedStream(1)
      const heard = createCollector<Message>()
      const listening = owner.listen(`*.${address.cell}.event.>`, heard.add)

      const more = entriesOf(address, 2, 2, entries[0]!.chain)
      await stream.append(more.slice(0, 1), entries[0]!.chain)
      const [message] = await heard.first(1)
      assert.equal(message!.subject, more[0]!.subject)
      assert.equal(text(message!.body), '{"sequence":2}')
      assert.equal(message!.headers['Kassa-Command'], 'key-2')

      await listening.stop()
      await stream.append(more.slice(1), more[0]!.chain)
      assert.equal(heard.all.length, 1)
    })
  })

  describe('a log stream', () => {
    check('is not there, then empty, then not there, however often one asks for it', async () => {
      const stream = owner.logStream(newAddress())
      assert.equal(await stream.look(), undefined)
      assert.equal(await stream.get(1), undefined)

      await stream.create()
      const look = await stream.look()
      await stream.create()
      assert.deepEqual(await stream.look(), look)
      assert.deepEqual({ ...look, created: '' }, { created: '', firstSeq: 0, lastSeq: 0, last: undefined })

      await stream.delete()
      await stream.delete()
      assert.equal(await stream.look(), undefined)
    })

    check('tells by its creation that it was made again', async () => {
      const stream = owner.logStream(newAddress())
      await stream.create()
      const first = await stream.look()
      await stream.delete()
      await stream.create()
      assert.notEqual((await stream.look())!.created, first!.created)
    })

    check('shows its last entry as it was appended, bytes, headers and chain', async () => {
      const { entries, read } = await ownedStream(3)
      const look = await read.look()
      assert.equal(look!.firstSeq, 1)
      assert.equal(look!.lastSeq, 3)
      assert.deepEqual(readable([look!.last]), readable([entries[2]]))
    })

    check('gives any entry by its number', async () => {
      const { entries, read } = await ownedStream(3)
      assert.deepEqual(readable([await read.get(2)]), readable([entries[1]]))
      assert.equal(await read.get(4), undefined)
    })

    check('takes thousands of entries in one call', async () => {
      const { entries, read } = await ownedStream(2_500)
      const look = await read.look()
      assert.equal(look!.lastSeq, 2_500)
      assert.equal(look!.last!.chain, entries[2_499]!.chain)
    })

    check('takes entries of half a megabyte', async () => {
      const { address, stream } = await ownedStream(0)
      const body = bytes('x'.repeat(500_000))
      const entries: Entry[] = []
      for (let seq = 1; seq <= 10; seq++) {
        const chain = chainOf(entries[seq - 2]?.chain ?? NO_CHAIN, body, '')
        entries.push({ seq, subject: `${address.actor}.${address.cell}.event.Large._`, headers: '', body, chain })
      }
      await stream.append(entries, NO_CHAIN)
      assert.equal((await stream.look())!.last!.chain, entries[9]!.chain)
      await stream.delete()
    })

    check('has nothing to do for no entries', async () => {
      const { stream } = await ownedStream(1)
      await stream.append([], 'whatever')
      assert.equal((await stream.look())!.lastSeq, 1)
    })

    check('refuses an entry whose number is taken', async () => {
      const { address, stream, entries } = await ownedStream(2)
      const late = entriesOf(address, 1, 2, 'another history')
      await assert.rejects(stream.append(late, entries[0]!.chain), StreamConflict)
      assert.equal((await stream.look())!.last!.chain, entries[1]!.chain)
    })

    check('refuses an entry that comes too early', async () => {
      const { address, stream, entries } = await ownedStream(2)
      await assert.rejects(
        stream.append(entriesOf(address, 1, 4, entries[1]!.chain), entries[1]!.chain),
        StreamConflict,
      )
      assert.equal((await stream.look())!.lastSeq, 2)
    })

    check('refuses an entry that follows another chain than the one there', async () => {
      const { address, stream } = await ownedStream(2)
      const foreign = entriesOf(address, 1, 3, 'another history')
      await assert.rejects(stream.append(foreign, 'another history'), StreamConflict)
      assert.equal((await stream.look())!.lastSeq, 2)
    })

    check('does not take the same entry for good when it comes twice', async () => {
      const { stream, entries } = await ownedStream(1)
      await assert.rejects(stream.append(entries, NO_CHAIN), StreamConflict)
      assert.equal((await stream.look())!.lastSeq, 1)
    })

    check('refuses what is appended where no stream is', async () => {
      const address = newAddress()
      await assert.rejects(owner.logStream(address).append(entriesOf(address, 1), NO_CHAIN), StreamConflict)
    })

    check('shows a foreign message as one without a chain', async () => {
      const { address, read } = await ownedStream(1)
      await bench.publish(`order.${address.cell}.event.Forged._`, bytes('forged'))
      const look = await read.look()
      assert.equal(look!.lastSeq, 2)
      assert.deepEqual(readable([look!.last]), [
        { seq: 2, subject: `order.${address.cell}.event.Forged._`, headers: '', body: 'forged', chain: '' },
      ])
    })

    check('goes on after its last message was removed, and shows no last entry until then', async () => {
      const { address, stream, entries } = await ownedStream(2)
      await bench.removeMessage(streamOf(address), 2)

      const look = await stream.look()
      assert.equal(look!.lastSeq, 2)
      assert.equal(look!.last, undefined)
      assert.equal(await stream.get(2), undefined)

      const next = entriesOf(address, 1, 3, entries[1]!.chain)
      await stream.append(next, entries[1]!.chain)
      assert.equal((await stream.look())!.last!.chain, next[0]!.chain)
    })

    check('keeps what was appended when the broker restarts, and goes on with it', async () => {
      const { address, stream, entries } = await ownedStream(3)
      await restart()

      const next = entriesOf(address, 3, 4, entries[2]!.chain)
      await stream.append(next, entries[2]!.chain)
      assert.equal((await stream.look())!.last!.chain, next[2]!.chain)
    })
  })

  describe('following a log stream', () => {
    check('delivers what is there and what is to come, in order, each once', async () => {
      const { address, stream, entries, read } = await ownedStream(300)
      const { delivered, running, breaks } = following(read, 1)
      await delivered.first(300)
      const more = entriesOf(address, 300, 301, entries[299]!.chain)
      await stream.append(more, entries[299]!.chain)
      await delivered.first(600)

      assert.deepEqual(readable(delivered.all), readable([...entries, ...more]))
      assert.equal(breaks.all.length, 0)
      await running.stop()
    })

    check('begins where one stands', async () => {
      const { entries, read } = await ownedStream(5)
      const { delivered, running } = following(read, 4)
      assert.deepEqual(readable(await delivered.first(2)), readable(entries.slice(3)))
      await running.stop()
    })

    check('waits when it begins beyond the end', async () => {
      const { address, stream, entries, read } = await ownedStream(2)
      const { delivered, running } = following(read, 5)
      const witness = following(read, 3)
      const more = entriesOf(address, 3, 3, entries[1]!.chain)
      await stream.append(more, entries[1]!.chain)
      await witness.delivered.first(3)
      assert.deepEqual(readable(await delivered.first(1)), readable([more[2]]))
      await running.stop()
      await witness.running.stop()
    })

    check('does not hide that messages are missing', async () => {
      const { address, read } = await ownedStream(4)
      await bench.removeMessage(streamOf(address), 1)
      await bench.removeMessage(streamOf(address), 3)
      const { delivered, running } = following(read, 1)
      assert.deepEqual(
        (await delivered.first(2)).map(entry => entry.seq),
        [2, 4],
      )
      await running.stop()
    })

    check('delivers nothing more once it is stopped, twice', async () => {
      const { address, stream, entries, read } = await ownedStream(1)
      const { delivered, running, breaks } = following(read, 1)
      await delivered.first(1)
      await running.stop()
      await running.stop()

      const witness = following(read, 2)
      await stream.append(entriesOf(address, 1, 2, entries[0]!.chain), entries[0]!.chain)
      await witness.delivered.first(1)
      assert.equal(delivered.all.length, 1)
      assert.equal(breaks.all.length, 0)
      await witness.running.stop()
    })

    check('breaks when there is no stream', async () => {
      const { breaks } = following(other.logStream(newAddress()), 1)
      await breaks.first(1)
    })

    check('breaks once when the stream is deleted, also when it is made again at once', async () => {
      const { address, stream, entries, read } = await ownedStream(2)
      const { delivered, breaks } = following(read, 1)
      await delivered.first(2)
      await stream.delete()
      await stream.create()
      await stream.append(entries, NO_CHAIN)
      await breaks.first(1)

      const again = following(read, 1)
      await stream.append(entriesOf(address, 1, 3, entries[1]!.chain), entries[1]!.chain)
      await again.delivered.first(3)
      assert.equal(breaks.all.length, 1)
      assert.equal(delivered.all.length, 2)
      await again.running.stop()
    })

    check('breaks once when the broker goes, and one follows again when it is back', async () => {
      const { entries, read } = await ownedStream(2)
      const { delivered, breaks } = following(read, 1)
      await delivered.first(2)
      await restart()
      await breaks.first(1)

      const again = following(read, 1)
      assert.deepEqual(readable(await again.delivered.first(2)), readable(entries))
      assert.equal(breaks.all.length, 1)
      await again.running.stop()
    })
  })

  describe('cutting a log stream', () => {
    const firstOf = async (stream: ReturnType<Bus['logStream']>) => (await stream.look())?.firstSeq

    check('removes what is below a number, and it is still known by its last', async () => {
      const { stream, entries, address } = await ownedStream(5)
      await stream.cut(4)
      assert.deepEqual(readable([await stream.get(3), await stream.get(4)]), readable([undefined, entries[3]]))
      const look = await stream.look()
      assert.deepEqual([look?.firstSeq, look?.lastSeq], [4, 5])

      const more = entriesOf(address, 1, 6, entries[4]!.chain)
      await stream.append(more, entries[4]!.chain)
      assert.deepEqual(readable([await stream.get(6)]), readable(more))
      await stream.cut(2)
      assert.equal(await firstOf(stream), 4)
    })

    check('leaves the last, however far it is to cut', async () => {
      const { stream, entries } = await ownedStream(3)
      await stream.cut(1_000)
      const look = await stream.look()
      assert.deepEqual([look?.firstSeq, look?.lastSeq, look?.last?.chain], [3, 3, entries[2]!.chain])
    })

    check('leaves what a durable consumer waits for, and is not kept by one that waits for nothing', async () => {
      const { address, stream } = await ownedStream(4)
      await stream.consumer('waits-for-nothing', `order.${address.cell}.event.Other.*`)
      await stream.cut(3)
      assert.equal(await firstOf(stream), 3)
      await stream.consumer('waits', `order.${address.cell}.event.Happened.*`)
      await stream.cut(4)
      assert.equal(await firstOf(stream), 3)
    })

    check('gives whoever follows from what is gone the first that is there, by its number', async () => {
      const { stream, read, entries } = await ownedStream(4)
      await stream.cut(3)
      const { delivered, running } = following(read, 1)
      assert.equal((await delivered.first(1))[0]?.seq, entries[2]!.seq)
      await running.stop()
    })

    check('is no harm where there is no stream', async () => {
      const stream = owner.logStream(newAddress())
      await stream.cut(3)
      assert.equal(await stream.look(), undefined)
    })
  })

  describe('a durable consumer of a log stream', () => {
    check('counts what waits in it, however often it is made', async () => {
      const { address, stream } = await ownedStream(3)
      const subject = `order.${address.cell}.event.Happened.*`
      assert.deepEqual(await stream.consumer('anybody', subject), { pending: 3 })
      assert.deepEqual(await stream.consumer('anybody', subject), { pending: 3 })
      assert.deepEqual(await stream.consumer('nobody', `order.${address.cell}.event.Other.*`), { pending: 0 })
    })

    check('is refused under a name that another one has', async () => {
      const { address, stream } = await ownedStream(3)
      await stream.consumer('somebody', `order.${address.cell}.event.Other.*`)
      await assert.rejects(stream.consumer('somebody', `order.${address.cell}.event.Happened.*`), ConsumerTaken)
      assert.deepEqual(await stream.consumer('somebody', `order.${address.cell}.event.Other.*`), { pending: 0 })
    })

    check('is unavailable while there is no stream', async () => {
      const address = newAddress()
      await assert.rejects(owner.logStream(address).consumer('anybody', `order.${address.cell}.event.>`), Unavailable)
    })
  })

  describe('the queue', () => {
    const working = (address: Address) => {
      const delivered = createCollector<QueuedCommand>()
      const running = owner.queue.work(address, command => {
        delivered.add(command)
        command.ack()
      })
      return { delivered, running }
    }

    /** A command that was acknowledged is gone soon after; nobody tells when. */
    const untilGone = async (seq: number) => {
      while (await other.queue.get(seq)) await new Promise(resolve => setTimeout(resolve, 5))
    }

    check('keeps a command until its actor has acknowledged it', async () => {
      const address = newAddress()
      const subject = `order.${address.cell}.queue.Ship`
      assert.equal(await other.queue.oldest(address), undefined)
      const sent = await other.queue.send(subject, bytes('{}'), { id: `ship-${address.cell}`, headers: { 'X-A': 'b' } })
      assert.equal(sent.duplicate, false)

      const kept = await other.queue.get(sent.seq)
      assert.equal(kept!.subject, subject)
      assert.equal(text(kept!.body), '{}')
      const oldest = (await other.queue.oldest(address))!
      assert.ok(Math.abs(oldest - Date.now()) < 60_000, `${oldest} is a time of today in ms`)

      const { delivered, running } = working(address)
      const [command] = await delivered.first(1)
      assert.equal(command!.subject, subject)
      assert.equal(text(command!.body), '{}')
      assert.equal(command!.headers['X-A'], 'b')
      assert.equal(command!.fallbackId, `ship-${address.cell}`)
      assert.ok(Math.abs(command!.sentAt - oldest) <= 1)

      await untilGone(sent.seq)
      assert.equal(await other.queue.oldest(address), undefined)
      await running.stop()
    })

    check('knows a command that was sent already', async () => {
      const { cell } = newAddress()
      const send = () => other.queue.send(`order.${cell}.queue.Ship`, bytes('{}'), { id: `twice-${cell}` })
      const first = await send()
      assert.deepEqual(await send(), { seq: first.seq, duplicate: true })
    })

    check('delivers the oldest first, and to each actor its own', async () => {
      const [address, stranger] = [newAddress(), newAddress()]
      for (const name of ['A', 'B', 'C']) {
        await other.queue.send(`order.${stranger.cell}.queue.${name}`, bytes(''), { id: `s-${stranger.cell}-${name}` })
        await other.queue.send(`order.${address.cell}.queue.${name}`, bytes(''), { id: `o-${address.cell}-${name}` })
      }
      const { delivered, running } = working(address)
      await delivered.first(3)
      await other.queue.send(`order.${address.cell}.queue.D`, bytes(''), { id: `o-${address.cell}-D` })
      const commands = await delivered.first(4)
      assert.deepEqual(
        commands.map(command => command.subject),
        ['A', 'B', 'C', 'D'].map(name => `order.${address.cell}.queue.${name}`),
      )
      await running.stop()
    })

    check('names a bare command by the stream and its number', async () => {
      const address = newAddress()
      const { delivered, running } = working(address)
      // The first one only makes sure that there is a queue.
      await other.queue.send(`order.${address.cell}.queue.Ship`, bytes(''), { id: `bare-${address.cell}` })
      await bench.publish(`order.${address.cell}.queue.Ship`, bytes('1'))
      await bench.publish(`order.${address.cell}.queue.Ship`, bytes('2'))
      const [, first, second] = await delivered.first(3)
      assert.match(first!.fallbackId, /^\d{4}-\d\d-\d\dT[\d:.]+Z\/\d+$/)
      const [created, seq] = first!.fallbackId.split('/')
      assert.equal(second!.fallbackId, `${created}/${Number(seq) + 1}`)
      await running.stop()
    })

    check('goes on when the broker was away', async () => {
      const address = newAddress()
      const { delivered, running } = working(address)
      await other.queue.send(`order.${address.cell}.queue.Before`, bytes(''), { id: `before-${address.cell}` })
      await delivered.first(1)
      await restart()
      await other.queue.send(`order.${address.cell}.queue.After`, bytes(''), { id: `after-${address.cell}` })
      assert.equal((await delivered.first(2))[1]!.subject, `order.${address.cell}.queue.After`)
      await running.stop()
    })

    check('is made again when it was deleted', async () => {
      const address = newAddress()
      const { delivered, running } = working(address)
      await other.queue.send(`order.${address.cell}.queue.Before`, bytes(''), { id: `made-${address.cell}` })
      await delivered.first(1)
      await bench.deleteStream(COMMANDS)
      await other.queue.send(`order.${address.cell}.queue.After`, bytes(''), { id: `made-again-${address.cell}` })
      assert.equal((await delivered.first(2))[1]!.subject, `order.${address.cell}.queue.After`)
      await running.stop()
    })
  })

  describe('the connection', () => {
    check('tells when it goes and when it is back, and what is asked meanwhile is unavailable at once', async () => {
      const bus = await bench.connect('watcher')
      const elsewhere = await (bench.connectElsewhere ?? bench.connect)('elsewhere')
      const changes = createCollector<boolean>()
      const refused = createCollector<unknown>()
      bus.onConnection(connected => {
        changes.add(connected)
        if (!connected) bus.request('suite.7', bytes(''), { timeoutMs: 10 * TIMEOUT_MS }).catch(refused.add)
      })
      const serving = elsewhere.serve('suite.7', request => request.respond(bytes('still here')))
      await restart()
      assert.deepEqual(await changes.first(2), [false, true])
      assert.ok((await refused.first(1))[0] instanceof Unavailable)
      assert.equal(text((await askUntilAnswered(other, 'suite.7')).body), 'still here')
      await serving.stop()
      await elsewhere.close()
      await bus.close()
    })

    check('ends quietly: nothing breaks, and whatever is asked is unavailable', async () => {
      const { address } = await ownedStream(1)
      const bus = await bench.connect('leaver')
      const { delivered, breaks } = following(bus.logStream(address), 1)
      const queue = bus.queue.work(address, command => command.ack())
      await delivered.first(1)

      await bus.close()

      assert.equal(breaks.all.length, 0)
      await assert.rejects(bus.request('suite.8', bytes(''), { timeoutMs: 1_000 }), Unavailable)
      await assert.rejects(bus.logStream(address).look(), Unavailable)
      await assert.rejects(bus.logStream(address).append(entriesOf(address, 1), NO_CHAIN), Unavailable)
      await assert.rejects(bus.queue.send('order.0.queue.Ship', bytes(''), { id: 'x' }), Unavailable)
      await queue.stop()
    })

    check('sends what is buffered before it ends', async () => {
      const { address, entries, stream } = await ownedStream(1)
      const bus = await bench.connect('leaver')
      const more = entriesOf(address, 500, 2, entries[0]!.chain)
      const appended = bus.logStream(address).append(more, entries[0]!.chain)
      await bus.close()
      await appended.catch(thrown => assert.ok(thrown instanceof Unavailable))
      // They are at the broker, which may still be storing them.
      while ((await stream.look())!.lastSeq < 501) await new Promise(resolve => setTimeout(resolve, 5))
    })
  })

  /** A look gets through again. */
  async function untilConnected(bus: Bus): Promise<void> {
    while (true) {
      try {
        await bus.logStream({ actor: 'order', cell: 0 }).look()
        return
      } catch (thrown) {
        if (!(thrown instanceof Unavailable)) throw thrown
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
  }
}
