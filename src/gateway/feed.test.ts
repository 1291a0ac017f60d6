/** What a watcher is told: every entry of every log once, also after a break, a loss of a stream and a slow stretch. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { OPEN } from '../access/access.ts'
import type { TimelineStep } from '../actors/kernel/shown-shapes.ts'
import { createMemoryBroker } from '../bus/memory.ts'
import { createTestLog, type TestLog } from '../bus/test-log.ts'
import { ORDER } from '../bus/test-stream.ts'
import { createLog } from '../log.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { finishOn } from '../world/test-finish.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createApp } from './app.ts'
import { SOURCES } from './feed.ts'
import { placeText, readPlace } from './feed-place.ts'
import { Refused } from './refused.ts'
import { TEST_CONFIG } from './test-gateway.ts'

const SUBJECT = 'order.0.event.OrderCreated.7'
const NOWHERE = 'order/0=0;billing/0=0;notification/0=0;webhook/0=0'

type Heard = { id?: string | undefined; event?: string | undefined; data?: unknown }

/** A gateway on a broker in memory, in which actors are silent and streams are there. */
const createBench = async ({ access = OPEN } = {}) => {
  const clock = createVirtualClock({ start: Date.parse('2023-09-07T14:30:00Z') })
  const broker = createMemoryBroker({ clock, random: createSeededRandom(1) })
  const ending = new AbortController()
  const app = createApp({
    bus: broker.connect('gateway'),
    clock,
    random: createSeededRandom(2),
    config: TEST_CONFIG,
    log: createLog('silent', 'gateway'),
    ending: ending.signal,
    access,
  })
  const finish = finishOn(clock)
  const owner = broker.connect('owner')
  const logs: Record<string, TestLog> = {}
  const published: Record<string, number> = {}
  const publish = async (actor: string) => {
    const log = logs[actor] as TestLog
    const from = published[actor] as number
    const fresh = log.entries.slice(from)
    await finish(owner.logStream({ actor, cell: 0 }).append(fresh, log.entries[from - 1]?.chain ?? ''))
    published[actor] = log.entries.length
  }
  for (const source of SOURCES) {
    const actor = source.split('/')[0] as string
    logs[actor] = createTestLog({ actor, cell: 0 })
    published[actor] = 0
    await finish(owner.logStream({ actor, cell: 0 }).create())
  }

  /** Adds `count` entries to a log and its stream. */
  const happen = async (actor: string, count = 1, more: object = {}) => {
    const log = logs[actor] as TestLog
    for (let added = 0; added < count; added++) {
      const event = { type: 'OrderCreated', time: '2023-09-07T14:30:00.000Z', data: { order_id: '1', ...more } }
      log.append(SUBJECT.replace('order', actor), Buffer.from(JSON.stringify(event)))
    }
    await publish(actor)
  }
  /** Makes the stream of the order actor again and fills it, as its owner would after a loss. */
  const refill = async () => {
    broker.deleteStream('ORDER_0')
    await clock.advance(5_000)
    published.order = 0
    await finish(owner.logStream(ORDER).create())
    await publish('order')
  }
  const open = async (id?: string, method = 'GET') => {
    const headers: Record<string, string> = {
      authorization: 'Bearer key',
      ...(id === undefined ? {} : { 'last-event-id': id }),
    }
    return finish(Promise.resolve(app.fetch(new Request('http://localhost/v1/events', { method, headers }))))
  }
  /** Watches from `id` on. `next` reads until so many more events have come. */
  const watch = async (id?: string) => {
    const response = await open(id)
    assert.equal(response.status, 200)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const heard: Heard[] = []
    let rest = ''
    const read = async (): Promise<boolean> => {
      const { done, value } = await finish(reader.read())
      if (done) return false
      const frames = (rest + new TextDecoder().decode(value)).split('\n\n')
      rest = frames.pop() as string
      heard.push(...frames.map(frameOf))
      return true
    }
    const next = async (count: number): Promise<Heard[]> => {
      while (heard.length < count) assert.ok(await read(), 'the feed ended')
      return heard.splice(0, count)
    }
    return { response, next, read, heard, leave: () => reader.cancel() }
  }
  return { clock, broker, finish, happen, refill, open, watch, ending }
}

const frameOf = (frame: string): Heard => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1]
  const data = field('data')
  return { id: field('id'), event: field('event'), data: data && JSON.parse(data) }
}

const sequences = (heard: Heard[]) => heard.map(({ data }) => (data as TimelineStep).sequence)
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

suite('the feed of events', () => {
  test('begins where the logs end, says so, and tells what happens from then on', async () => {
    const { happen, watch } = await createBench()
    await happen('order', 3)
    const { response, next } = await watch()
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    const [place] = await next(1)
    assert.deepEqual([place?.event, place?.id], ['place', 'order/0=3;billing/0=0;notification/0=0;webhook/0=0'])

    await happen('billing')
    await happen('order')
    const [first, second] = await next(2)
    assert.equal(first?.id, 'order/0=3;billing/0=1;notification/0=0;webhook/0=0')
    assert.equal(second?.id, 'order/0=4;billing/0=1;notification/0=0;webhook/0=0')
    assert.deepEqual(second?.data, {
      actor: 'order',
      type: 'OrderCreated',
      time: '2023-09-07T14:30:00.000Z',
      subject: SUBJECT,
      stream: 'ORDER_0',
      sequence: 4,
      command: 'one-4',
      caused_by: null,
      data: { order_id: '1' },
    })
  })

  test('leaves out what is personal', async () => {
    const { happen, watch } = await createBench()
    const { next } = await watch()
    await next(1)
    await happen('order', 1, { sealed: 'c2VhbGVk' })
    const [event] = await next(1)
    assert.deepEqual((event as { data: TimelineStep }).data.data, { order_id: '1' })
  })

  test('goes on after the id that a watcher had last, with nothing missing and nothing twice', async () => {
    const { happen, watch } = await createBench()
    const first = await watch()
    await first.next(1)
    await happen('order', 5)
    const seen = await first.next(2)
    await first.leave()
    await happen('order', 5)
    await happen('billing', 2)

    const { next } = await watch(seen[1]?.id)
    await next(1)
    const told = await next(10)
    const of = (actor: string) => told.filter(({ data }) => (data as TimelineStep).actor === actor)
    assert.deepEqual(sequences(of('order')), upTo(3, 10))
    assert.deepEqual(sequences(of('billing')), [1, 2])
  })

  test('goes on where it stood when a stream was lost and is made again', async () => {
    const { happen, refill, watch } = await createBench()
    const { next } = await watch()
    await next(1)
    await happen('order', 4)
    assert.deepEqual(sequences(await next(4)), upTo(1, 4))
    await refill()
    await happen('order', 3)
    assert.deepEqual(sequences((await next(3)).filter(({ data }) => data)), upTo(5, 7))
  })

  test('takes the end of a log for a place beyond it, which is of another log', async () => {
    const { happen, watch } = await createBench()
    await happen('order', 2)
    const { next } = await watch('order/0=900;billing/0=0')
    const [place] = await next(1)
    assert.equal(place?.id, 'order/0=2;billing/0=0;notification/0=0;webhook/0=0')
  })

  test('lets the streams go for a watcher who takes nothing, and misses nothing for who then takes again', async () => {
    const { clock, happen, watch } = await createBench()
    const { next } = await watch()
    await next(1)
    // Far more than what may wait.
    await happen('order', 3_000, { filler: 'x'.repeat(200) })
    await clock.advance(10_000)
    assert.deepEqual(sequences(await next(3_000)), upTo(1, 3_000))
  })

  test('drops a watcher who takes nothing for long', async () => {
    const { clock, happen, watch } = await createBench()
    const { next, read } = await watch()
    await next(1)
    await happen('order')
    await clock.advance(60_000)
    assert.equal(await read(), false)
  })

  test('is heard to go on while nothing happens', async () => {
    const { next } = await (await createBench()).watch()
    await next(1)
    assert.deepEqual(await next(2), [
      { id: undefined, event: undefined, data: undefined },
      { id: undefined, event: undefined, data: undefined },
    ])
  })

  test('ends within a second for a watcher whose key is revoked, also where something waits', async () => {
    let isRevoked = false
    const callerWith = () => (isRevoked ? undefined : ({ name: 'boss', role: 'operator' } as const))
    const { clock, happen, watch } = await createBench({ access: { isOn: () => true, callerWith } })
    const [kept, next] = [await watch(), await watch()]
    await clock.advance(5_000)
    await happen('order')
    assert.equal((await kept.next(2)).length, 2)
    await happen('order')
    isRevoked = true
    await clock.advance(1_000)
    await happen('order')
    for (const watcher of [kept, next]) assert.equal(await watcher.read(), false)
    assert.deepEqual([kept.heard, next.heard], [[], []])
  })

  test('ends when the gateway does', async () => {
    const { watch, ending } = await createBench()
    const { next, read } = await watch()
    await next(1)
    ending.abort()
    assert.equal(await read(), false)
  })

  test('has room for so many, and again when one has left', async () => {
    const { open, watch } = await createBench()
    const all = await Promise.all(upTo(1, 16).map(() => watch()))
    const refused = await open()
    assert.deepEqual([refused.status, (await refused.json()).code], [429, 'overloaded'])
    await all[0]?.leave()
    assert.equal((await open()).status, 200)
  })

  test('answers HEAD with no watcher behind it', async () => {
    const { open, watch } = await createBench()
    await Promise.all(upTo(1, 15).map(() => watch()))
    for (let times = 0; times < 3; times++) assert.equal((await open(undefined, 'HEAD')).status, 200)
    assert.equal((await open()).status, 200)
  })

  test('says 503 where nobody can tell how far the logs have come', async () => {
    const { broker, open } = await createBench()
    broker.deleteStream('ORDER_0')
    assert.equal((await open()).status, 503)
    assert.equal((await open(NOWHERE)).status, 200)
  })

  test('takes no parameters, and no id that it did not give', async () => {
    const { open } = await createBench()
    for (const id of ['17', 'order/0=x', 'order/0=1;', 'order/0=-1']) assert.equal((await open(id)).status, 400, id)
  })
})

suite('the place of a watcher', () => {
  test('is read as it was written', () => {
    const place = { 'order/0': 12, 'billing/0': 0 }
    assert.equal(placeText(place), 'order/0=12;billing/0=0')
    assert.deepEqual(readPlace(placeText(place), SOURCES), place)
  })

  test('has only logs that there are', () => {
    assert.deepEqual(readPlace('order/0=12;stock/0=3', SOURCES), { 'order/0': 12 })
    assert.throws(() => readPlace('__proto__=3', SOURCES), Refused)
  })
})
