/** The bus over NATS keeps the promises of every bus, on a real broker that is killed, emptied and lied to. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream'
import { type NatsConnection, headers as natsHeaders } from '@nats-io/transport-node'
import { productVersion } from '../version.ts'
import { type Bus, type LogStream, type QueuedCommand, StreamConflict } from './bus.ts'
import { busSuite, entriesOf, readable } from './bus-suite.ts'
import { createCollector } from './collector.ts'
import { type Entry, NO_CHAIN } from './entry.ts'
import { entryHeaders } from './entry-message.ts'
import { connectNats } from './nats.ts'
import { startTestBroker, type TestBroker } from './test-broker.ts'
import { Unavailable } from './unavailable.ts'

const ACTORS = [
  { actor: 'order', cell: 0 },
  { actor: 'billing', cell: 0 },
]
const NANOS_PER_MS = 1_000_000
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the bus over NATS', () => {
  busSuite(async () => {
    const broker = await startTestBroker()
    let raw = await broker.raw()
    return {
      connect: name => connectNats({ url: broker.url, name }),
      publish: async (subject, body, headers = {}) => {
        const carried = natsHeaders()
        for (const [name, value] of Object.entries(headers)) carried.set(name, value)
        await raw.request(subject, body, { timeout: 5_000, headers: carried })
      },
      deleteStream: async stream => void (await api(raw, `STREAM.DELETE.${stream}`)),
      removeMessage: async (stream, seq) => void (await api(raw, `STREAM.MSG.DELETE.${stream}`, { seq })),
      restart: async () => {
        await broker.end('SIGTERM')
        await broker.start()
        await raw.close()
        raw = await broker.raw()
      },
      close: async () => {
        await raw.close()
        await broker.close()
      },
    }
  })
})

describe('the bus over NATS, when the broker fails', { timeout: 120_000 }, () => {
  let broker: TestBroker
  let bus: Bus
  let stream: LogStream
  const address = { actor: 'order', cell: 0 }
  const lines = createCollector<{ facts: object; text: string }>()
  const log = {
    info: (facts: object, text: string) => lines.add({ facts, text }),
    warn: (facts: object, text: string) => lines.add({ facts, text }),
  }

  before(async () => {
    broker = await startTestBroker()
    bus = await connectNats({ url: broker.url, name: 'order.0', log, actors: ACTORS })
    stream = bus.logStream(address)
  })

  after(async () => {
    await bus.close()
    await broker.close()
  })

  test('connecting is unavailable where no broker is', async () => {
    await assert.rejects(connectNats({ url: 'nats://127.0.0.1:1', name: 'x', connectTimeoutMs: 50 }), Unavailable)
  })

  test('a log stream is made without an fsync a message by a broker that knows how', async () => {
    const raw = await broker.raw()
    const { api: abilities } = await api<{ api: { level?: number } }>(raw, 'INFO')
    await stream.create()
    const { config } = await api<{ config: { persist_mode?: string; duplicate_window: number } }>(
      raw,
      'STREAM.INFO.ORDER_0',
    )
    assert.equal(config.persist_mode ?? 'default', (abilities.level ?? 0) >= 2 ? 'async' : 'default')
    assert.equal(config.duplicate_window, 100 * NANOS_PER_MS)
    await raw.close()
  })

  test('the queue takes commands for every actor from its first day, and is synced', async () => {
    const raw = await broker.raw()
    await bus.queue.send('order.0.queue.Ship', bytes('{}'), { id: 'first-day' })
    const { config } = await api<{ config: { subjects: string[]; retention: string; persist_mode?: string } }>(
      raw,
      'STREAM.INFO.COMMANDS',
    )
    assert.deepEqual(config.subjects, ['order.0.queue.*', 'billing.0.queue.*'])
    assert.equal(config.retention, 'workqueue')
    assert.notEqual(config.persist_mode, 'async')

    await bus.queue.send('notification.0.queue.Send', bytes('{}'), { id: 'another-actor' })
    const later = await api<{ config: { subjects: string[] } }>(raw, 'STREAM.INFO.COMMANDS')
    assert.deepEqual(later.config.subjects, ['order.0.queue.*', 'billing.0.queue.*', 'notification.0.queue.*'])
    await raw.close()
  })

  test('the queue takes nothing for a cell that there is not: nobody would ever carry it out', async () => {
    const raw = await broker.raw()
    await bus.queue.send('order.0.queue.Ship', bytes('{}'), { id: 'known-cell' })
    await assert.rejects(raw.request('order.7.queue.Ship', '{}', { timeout: 1000 }), /no responders/i)

    // As an earlier version has made it.
    const { config } = await api<{ config: { subjects: string[] } }>(raw, 'STREAM.INFO.COMMANDS')
    await api(raw, 'STREAM.UPDATE.COMMANDS', { ...config, subjects: ['order.*.queue.*', 'billing.*.queue.*'] })
    const working = bus.queue.work({ actor: 'order', cell: 0 }, () => {})
    for (let subjects: string[] = []; !subjects.includes('order.0.queue.*'); )
      ({ subjects } = (await api<{ config: { subjects: string[] } }>(raw, 'STREAM.INFO.COMMANDS')).config)
    await working.stop()
    await assert.rejects(raw.request('order.7.queue.Ship', '{}', { timeout: 1000 }), /no responders/i)
    await raw.close()
  })

  test('a stream of an earlier version is described anew; what it stores, its limits and what others wrote of it stay', async () => {
    const raw = await broker.raw()
    await stream.delete()
    const earlier = {
      name: 'ORDER_0',
      subjects: ['order.0.event.>'],
      description: 'as an earlier version said',
      metadata: { 'kassa.log': 'order/0', mine: 'yes' },
      max_age: 3_600_000 * NANOS_PER_MS,
    }
    await api(raw, 'STREAM.CREATE.ORDER_0', earlier)
    await stream.append(entriesOf(address, 3), NO_CHAIN)
    const before = await api<StreamInfo>(raw, 'STREAM.INFO.ORDER_0')

    await stream.describe()

    const after = await api<StreamInfo>(raw, 'STREAM.INFO.ORDER_0')
    const { description, metadata = {} } = after.config
    assert.equal(description, 'The log of order/0: one message an entry, numbered like the log')
    assert.equal(metadata['kassa.owner'], 'order/0')
    assert.equal(metadata['kassa.schema'], 'CloudEvents 1.0 JSON')
    assert.equal(metadata['kassa.version'], productVersion)
    assert.equal(metadata.mine, 'yes')
    assert.deepEqual({ ...after.config, description, metadata }, { ...before.config, description, metadata })
    assert.deepEqual(after.state, before.state)
    assert.equal(after.created, before.created)
    await stream.delete()
    await raw.close()
  })

  test('where there is no stream there is nothing to describe, and none is made', async () => {
    await stream.delete()
    await stream.describe()
    assert.equal(await stream.look(), undefined)
  })

  test('the queue and its consumers of an earlier version are described anew, and keep what waits', async () => {
    const raw = await broker.raw()
    await bus.queue.send('billing.0.queue.Pay', bytes('{}'), { id: 'waits-for-the-new-version' })
    const { config } = await api<StreamInfo>(raw, 'STREAM.INFO.COMMANDS')
    await api(raw, 'STREAM.UPDATE.COMMANDS', { ...config, description: 'old', metadata: {} })
    const consumer = { durable_name: 'billing-0', filter_subject: 'billing.0.queue.*', deliver_policy: 'all' }
    const old = { ...consumer, ack_policy: 'explicit', ack_wait: 30_000 * NANOS_PER_MS, max_ack_pending: 1_000 }
    await api(raw, 'CONSUMER.DURABLE.CREATE.COMMANDS.billing-0', { stream_name: 'COMMANDS', config: old })

    const delivered = createCollector<QueuedCommand>()
    const working = bus.queue.work({ actor: 'billing', cell: 0 }, delivered.add)
    const [command] = await delivered.first(1)
    assert.equal(command?.headers['Nats-Msg-Id'], 'waits-for-the-new-version')
    command?.ack()

    const queue = (await api<StreamInfo>(raw, 'STREAM.INFO.COMMANDS')).config
    assert.equal(queue.description, 'Commands that nobody waits for, until their actor has carried them out')
    assert.equal(queue.metadata?.['kassa.version'], productVersion)
    assert.deepEqual(queue.subjects, config.subjects)
    const itsConsumer = (await api<ConsumerInfo>(raw, 'CONSUMER.INFO.COMMANDS.billing-0')).config
    assert.equal(itsConsumer.description, 'Commands for billing/0')
    assert.equal(itsConsumer.metadata?.['kassa.owner'], 'billing/0')
    await working.stop()
    await raw.close()
  })

  test('kill -9 in the middle of an append: whatever the stream then has follows the chain, and the rest is appended again', async () => {
    const entries = entriesOf(address, 20_000)
    await stream.delete()
    await stream.create()
    const appended = stream.append(entries, NO_CHAIN).then(
      () => 'done',
      thrown => {
        assert.ok(thrown instanceof Unavailable || thrown instanceof StreamConflict, String(thrown))
        return 'broken off'
      },
    )
    while (((await stream.look())?.lastSeq ?? 0) < 2_000) await nextTurn()
    await broker.end('SIGKILL')
    assert.equal(await appended, 'broken off')
    await broker.start()

    const look = await untilAvailable(() => stream.look())
    const stands = look!.lastSeq
    assert.ok(stands < entries.length)
    const previous = stands === 0 ? NO_CHAIN : entries[stands - 1]!.chain
    assert.equal(look!.last?.chain ?? NO_CHAIN, previous)
    await stream.append(entries.slice(stands), previous)

    const delivered = createCollector<Entry>()
    const running = stream.follow(1, 'reader', delivered.add, () => {})
    await delivered.first(entries.length)
    assert.deepEqual(readable(delivered.all), readable(entries))
    await running.stop()
  })

  test('a broker that comes back empty is filled again, followed again, and has a queue again', async () => {
    const entries = entriesOf(address, 3)
    await stream.delete()
    await stream.create()
    await stream.append(entries, NO_CHAIN)
    const commands = createCollector<QueuedCommand>()
    const working = bus.queue.work(address, command => {
      commands.add(command)
      command.ack()
    })
    await bus.queue.send('order.0.queue.Ship', bytes(''), { id: 'before' })
    await untilFound(commands, 'before')
    const breaks = createCollector<string>()
    stream.follow(1, 'reader', () => {}, breaks.add)

    await broker.end('SIGKILL')
    broker.empty()
    await broker.start()

    await breaks.first(1)
    assert.equal(await untilAvailable(() => stream.look()), undefined)
    await stream.create()
    await stream.append(entries, NO_CHAIN)
    assert.equal((await stream.look())!.last!.chain, entries[2]!.chain)
    await bus.queue.send('order.0.queue.Ship', bytes(''), { id: 'after' })
    await untilFound(commands, 'after')
    await working.stop()
  })

  test('a stream that is deleted while it is followed is noticed soon', async () => {
    await stream.delete()
    await stream.create()
    const breaks = createCollector<string>()
    const delivered = createCollector<Entry>()
    stream.follow(1, 'reader', delivered.add, breaks.add)
    await stream.append(entriesOf(address, 1), NO_CHAIN)
    await delivered.first(1)

    const deletedAt = performance.now()
    await stream.delete()
    await breaks.first(1)
    // It takes 1.5 to 2 s; the rest is for a slow machine.
    assert.ok(performance.now() - deletedAt < 5_000, `noticed after ${performance.now() - deletedAt} ms`)
  })

  test('the trap: the late run of an older connection, expecting numbers alone, would be taken; expecting chains it is not', async () => {
    await stream.delete()
    await stream.create()
    const common = entriesOf(address, 3)
    await stream.append(common, NO_CHAIN)
    const late = entriesOf(address, 3, 4, common[2]!.chain)
    const [mine] = entriesOf(address, 1, 4, 'the new owner writes something else')
    await stream.append([mine!], common[2]!.chain)

    const raw = await broker.raw()
    const previousOf = (index: number) => (index === 0 ? common[2]!.chain : late[index - 1]!.chain)
    await publishLate(index => entryHeaders(late[index]!, previousOf(index)))
    const look = await stream.look()
    assert.equal(look!.lastSeq, 4)
    assert.equal(look!.last!.chain, mine!.chain)

    // The same run without the chains shows that the test above can fail.
    await publishLate(index => entryHeaders(late[index]!, undefined))
    assert.equal((await stream.look())!.lastSeq, 6)
    await raw.close()

    /** The last one asks for an answer, so that all have been dealt with; which answer does not matter. */
    async function publishLate(headersOf: (index: number) => [string, string][]) {
      for (const [index, { subject, body }] of late.entries()) {
        const options = { headers: carried(headersOf(index)) }
        if (index < late.length - 1) raw.publish(subject, body, options)
        else await raw.request(subject, body, { ...options, timeout: 5_000 })
      }
    }
  })

  test('a broker that has forgotten the id of its last message still takes what follows it', async () => {
    await stream.delete()
    await stream.create()
    const entries = entriesOf(address, 5)
    await stream.append(entries.slice(0, 2), NO_CHAIN)
    await broker.end('SIGTERM')
    // Older than the broker looks back for ids when it starts.
    await new Promise(resolve => setTimeout(resolve, 200))
    await broker.start()

    await untilAvailable(() => stream.look())
    await stream.append(entries.slice(2), entries[1]!.chain)
    assert.equal((await stream.look())!.last!.chain, entries[4]!.chain)
    await assert.rejects(stream.append(entriesOf(address, 2, 6, 'another'), 'another'), StreamConflict)
  })

  test('an unacknowledged command comes again', async () => {
    const commands = createCollector<QueuedCommand>()
    const working = bus.queue.work(address, commands.add)
    const sent = await bus.queue.send('order.0.queue.Ship', bytes(''), { id: 'again' })
    await untilFound(commands, 'again')
    const raw = await broker.raw()
    await shortenAckWait(raw)
    await untilFound(commands, 'again', 2)
    for (const command of commands.all) command.ack()
    while (await bus.queue.get(sent.seq)) await nextTurn()
    await raw.close()
    await working.stop()
  })

  test('what the broker refuses is told to the log', async () => {
    const before = lines.all.length
    bus.listen('a..b', () => {}) // No such subject can be.
    while (!lines.all.slice(before).some(({ text }) => text.includes('refused'))) await nextTurn()
  })

  async function shortenAckWait(raw: NatsConnection) {
    const { config } = await api<{ config: object }>(raw, 'CONSUMER.INFO.COMMANDS.order-0')
    const question = { stream_name: 'COMMANDS', config: { ...config, ack_wait: 200 * NANOS_PER_MS } }
    await api(raw, 'CONSUMER.DURABLE.CREATE.COMMANDS.order-0', question)
  }
})

/** Asks the broker's API; throws what it refuses. */
async function api<T = object>(raw: NatsConnection, what: string, question?: object): Promise<T> {
  const answer = await raw.request(`$JS.API.${what}`, question ? JSON.stringify(question) : '', { timeout: 5_000 })
  const found = answer.json<T & { error?: { description: string } }>()
  if (found.error) throw new Error(`Cannot ask ${what}: ${found.error.description}`)
  return found
}

const carried = (pairs: readonly [string, string][]) => {
  const headers = natsHeaders()
  for (const [name, value] of pairs) headers.set(name, value)
  return headers
}

const nextTurn = () => new Promise(resolve => setTimeout(resolve, 5))

async function untilAvailable<T>(ask: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await ask()
    } catch (thrown) {
      if (!(thrown instanceof Unavailable)) throw thrown
      await nextTurn()
    }
  }
}

/** Until `id` was delivered `times` times. */
async function untilFound(commands: { all: QueuedCommand[] }, id: string, times = 1): Promise<void> {
  while (commands.all.filter(command => command.fallbackId === id).length < times) await nextTurn()
}
