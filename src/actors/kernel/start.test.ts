/** Taking a log over (protocol, R5): lock, heal, fence, witnesses, open; and every case in which it must not be. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bus, Running } from '../../bus/bus.ts'
import { chainOf } from '../../bus/entry.ts'
import { querySubject } from '../../bus/subjects.ts'
import { createSeededRandom } from '../../world/seeded-random.ts'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import { openCore } from './core.ts'
import { HistoryRefused } from './history-refused.ts'
import { START, TEST_SETTINGS } from './test-core.ts'
import { createToyActor } from './test-toy.ts'
import { copyOf, createTestWorld, emptyDisk, type TestDisk, type TestWorld, TOY, typesIn } from './test-world.ts'
import { openVault } from './vault.ts'

const toy = createToyActor()

/** A world in which a toy has run on a disk, has added 1, 2 and 3, and has stopped. */
const afterARun = async () => {
  const world = createTestWorld()
  const disk = emptyDisk()
  const running = await world.open(toy, disk)
  const early = copyOf(disk)
  for (const by of [1, 2, 3]) await world.command('Add', { name: 'a', by }, { 'Idempotency-Key': `k${by}` })
  await world.finish(running.stop())
  return { world, disk, early }
}

/** Has a store say something more, as a process that nobody heard. */
const sayUnheard = (disk: TestDisk, type: string, data: object) => {
  const core = openCore(toy, {
    address: TOY,
    store: disk.store,
    vault: openVault(disk.keys, createSeededRandom(2)),
    clock: createVirtualClock({ start: START }),
    settings: TEST_SETTINGS,
    version: '1.0.0',
  })
  return core.transaction(() => core.append({ type, data: { ...data } }, {}, undefined))
}

/** Somebody who reads the toy's log, and says that it has seen `cursor` of it; its own fence stands, or not. */
const witness = (world: TestWorld, cursor: { seq: number; chain: string }, fenced = true): Running =>
  world.client.serve(querySubject({ actor: 'reader', cell: 0 }, 'Cursor'), request =>
    request.respond(Buffer.from(JSON.stringify({ source: 'toy/0', ...cursor, fenced }))),
  )

const chainIn = ({ store }: TestDisk, seq: number) =>
  store.prepare<[number], string>('SELECT chain FROM log WHERE seq = ?').pluck().get(seq) as string

const refusalOf = async (world: TestWorld, opened: Promise<void>): Promise<string> => {
  const error = await world.finish(opened).then(
    () => assert.fail('it opened'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof HistoryRefused, String(error))
  return error.message
}

describe('a start: healing', () => {
  it('of a new actor makes the stream and says that it has started', async () => {
    const world = createTestWorld()
    const running = await world.open(toy, emptyDisk())
    assert.equal(running.phase(), 'open')
    assert.deepEqual(await world.typesOf(TOY), ['Started'])
  })

  it('goes on after what was there', async () => {
    const { world, disk } = await afterARun()
    await world.open(toy, disk)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 6 })
  })

  for (const [what, from] of [
    ['an empty store', emptyDisk],
    ['a store of an hour ago', undefined],
  ] as const)
    it(`fills ${what} from the stream, tables and ids of commands as well`, async () => {
      const { world, disk, early } = await afterARun()
      const restored = from?.() ?? early
      const running = await world.open(toy, restored)

      assert.deepEqual(typesIn(restored), [...typesIn(disk), 'Started'])
      assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 6 })
      const again = await world.command('Add', { name: 'a', by: 2 }, { 'Idempotency-Key': 'k2' })
      assert.deepEqual(again.body, { total: 3 })
      assert.equal(again.headers['Kassa-Replayed'], 'true')
      assert.match(running.said.join('\n'), /taking entries \d to 4 back from the stream/)
    })

  it('fills a store by many entries at a time', async () => {
    const world = createTestWorld()
    const disk = emptyDisk()
    const running = await world.open(toy, disk)
    await world.finish(
      Promise.all(
        Array.from({ length: 1200 }, () => {
          const subject = 'toy.0.command.Add'
          return world.client.request(subject, Buffer.from('{"name":"a","by":-1}'), { timeoutMs: 5000 })
        }),
      ),
    )
    await world.finish(running.stop())

    await world.open(toy, emptyDisk())
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: -1200 })
  })

  it('publishes what a stream has lost at its end', async () => {
    const { world, disk } = await afterARun()
    world.broker.forgetTail('TOY_0', 2)
    await world.open(toy, disk)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
  })

  it('makes a stream that is gone again, and fills it', async () => {
    const { world, disk } = await afterARun()
    world.broker.deleteStream('TOY_0')
    await world.open(toy, disk)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
  })

  it('makes a purged stream again, and fills it', async () => {
    const { world, disk } = await afterARun()
    world.broker.purge('TOY_0')
    await world.open(toy, disk)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
  })

  it('keeps a foreign message aside, and makes the stream again without it', async () => {
    const { world, disk } = await afterARun()
    world.broker.publishForeign('toy.0.event.Rubbish._', Buffer.from('rubbish'))
    const running = await world.open(toy, disk)
    assert.deepEqual(
      running.aside.map(entry => Buffer.from(entry.body).toString()),
      ['rubbish'],
    )
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
  })

  it('of an old store takes what is ours up to a foreign message, and keeps that aside', async () => {
    const { world, early } = await afterARun()
    world.broker.publishForeign('toy.0.event.Rubbish._', Buffer.from('rubbish'))
    const running = await world.open(toy, early)
    assert.equal(running.aside.length, 1)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
  })

  it('refuses a store older than the first message the stream still has: nothing may be jumped over', async () => {
    const { world } = await afterARun()
    world.broker.trimHead('TOY_0', 2)
    const running = world.start(toy, emptyDisk())
    assert.match(
      await refusalOf(world, running.opened),
      /The store of toy\/0 lacks entry 1, and its stream has no copy/,
    )
    assert.equal(running.phase(), 'refused')
  })

  it('refuses a store when a message in the middle is gone', async () => {
    const { world, early } = await afterARun()
    world.broker.remove('TOY_0', 3)
    assert.match(
      await refusalOf(world, world.start(toy, early).opened),
      /lacks entry 3.*Put back a newer copy.*npm start -- adopt/,
    )
  })

  it('looks again before it misses an entry: the stream may lose its end while it is looked at', async () => {
    const { world, disk } = await afterARun()
    world.broker.publishForeign('toy.0.event.Rubbish._', Buffer.from('rubbish'))
    let lost = false
    const change = (bus: Bus): Bus => ({
      ...bus,
      logStream: address => {
        const stream = bus.logStream(address)
        return {
          ...stream,
          look: async () => {
            const seen = await stream.look()
            if (!lost) world.broker.forgetTail('TOY_0', 2)
            lost = true
            return seen
          },
        }
      },
    })
    await world.open(toy, disk, { change })
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added', 'Added', 'Started'])
  })

  it('refuses when store and stream say different things, and says what to do', async () => {
    const { world, early } = await afterARun()
    sayUnheard(early, 'Added', { name: 'a', by: 50, total: 50 })
    const running = world.start(toy, early)
    const page = await refusalOf(world, running.opened)
    assert.match(page, /stream and the store of toy\/0 hold different entries from number 2 on/)
    assert.match(page, /Put back the store that ran last; or, if the store is right: npm start -- adopt/)
    assert.equal((await world.query('Health', {})).body.waits_for, page)
  })

  it('waits for the broker, however long it is away', async () => {
    const { world, disk } = await afterARun()
    world.broker.goDown()
    const running = world.start(toy, disk)
    await world.clock.advance(3_600_000)
    assert.equal(running.phase(), 'healing')
    world.broker.comeUp()
    await world.finish(running.opened)
    assert.equal(running.phase(), 'open')
  })
})

describe('a start: the fence', () => {
  it('takes a Started back that nobody saw, when another process has started meanwhile', async () => {
    const { world, disk } = await afterARun()
    const other = copyOf(disk)
    sayUnheard(other, 'Started', { start_id: 'unheard', version: '1.0.0' })
    const first = await world.open(toy, disk)
    await world.finish(first.stop())

    await world.open(toy, other)
    assert.deepEqual(typesIn(other), ['Started', 'Added', 'Added', 'Added', 'Started', 'Started'])
    assert.equal(chainIn(other, 5), chainIn(disk, 5))
  })

  it('is raised behind what an old owner still got in, which is taken over', async () => {
    const { world, disk } = await afterARun()
    const old = copyOf(disk)
    const late = sayUnheard(old, 'Added', { name: 'a', by: 4, total: 10 })
    const previous = chainIn(disk, 4)
    let published = false

    // The old owner's message arrives just before the new one's Started.
    const change = (bus: Bus): Bus => ({
      ...bus,
      logStream: address => {
        const stream = bus.logStream(address)
        return {
          ...stream,
          append: async (entries, before) => {
            if (!published) {
              published = true
              await stream.append([late], previous)
            }
            return stream.append(entries, before)
          },
        }
      },
    })
    await world.open(toy, disk, { change })

    assert.deepEqual(typesIn(disk), ['Started', 'Added', 'Added', 'Added', 'Added', 'Started'])
    assert.deepEqual(await world.typesOf(TOY), typesIn(disk))
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 10 })
  })

  it('stops an old owner: what it publishes after it is refused, and it must start over', async () => {
    const world = createTestWorld()
    const disk = emptyDisk()
    const old = await world.open(toy, disk, { name: 'old' })
    const copy = copyOf(disk)
    world.broker.cut('old')
    const young = await world.open(toy, copy, { name: 'young' })
    await world.command('Add', { name: 'a', by: 1 })
    world.broker.restore('old')
    await world.clock.advance(5000)

    assert.equal(old.error()?.name, 'MustStartOver')
    assert.equal(young.error(), undefined)
    assert.deepEqual(await world.typesOf(TOY), typesIn(copy))
  })
})

describe('a start: witnesses', () => {
  const readers = ['reader/0']

  it('opens when every reader has seen this history', async () => {
    const { world, disk } = await afterARun()
    const running = witness(world, { seq: 3, chain: chainIn(disk, 3) })
    await world.open(toy, disk, { readers })
    await running.stop()
  })

  it('opens when a reader has seen nothing yet', async () => {
    const { world, disk } = await afterARun()
    witness(world, { seq: 0, chain: '' })
    await world.open(toy, disk, { readers })
  })

  it('refuses a store that lacks what a reader has seen, though the stream lost it too', async () => {
    const { world, disk, early } = await afterARun()
    world.broker.forgetTail('TOY_0', 3)
    witness(world, { seq: 4, chain: chainIn(disk, 4) })
    const running = world.start(toy, early, { readers })

    const page = await refusalOf(world, running.opened)
    assert.match(page, /reader\/0 has seen entry 4 of toy\/0, and this store, which ends at 1, does not have it/)
    assert.match(page, /Put back the store that ran last, then start again/)
    assert.equal(running.phase(), 'refused')
    assert.equal((await world.command('Add', { name: 'a', by: 1 })).code, 'unavailable')
  })

  it('refuses a store that has another entry where a reader has seen one', async () => {
    const { world, disk } = await afterARun()
    witness(world, { seq: 3, chain: chainOf('', Buffer.from('another'), '') })
    assert.match(await refusalOf(world, world.start(toy, disk, { readers }).opened), /reader\/0 has seen entry 3/)
  })

  it('waits for a silent reader when it is not known that this store ran last', async () => {
    const { world, disk } = await afterARun()
    disk.mark.value = undefined
    const running = world.start(toy, disk, { readers })
    await world.clock.advance(60_000)
    assert.equal(running.phase(), 'asking witnesses')
    const health = (await world.query('Health', {})).body
    assert.equal(health.phase, 'asking witnesses')
    assert.equal(health.waits_for, 'reader/0')
    assert.equal(disk.mark.value, undefined, 'not yet found good')

    witness(world, { seq: 4, chain: chainIn(disk, 4) })
    await world.finish(running.opened)
    assert.notEqual(disk.mark.value, undefined)
  })

  it('is refused by the mark of a later store that has begun to start, even if that never opened', async () => {
    const { world, disk } = await afterARun()
    const early = copyOf(disk)
    sayUnheard(disk, 'Added', { name: 'a', total: 7 })
    world.broker.goDown()
    const crashed = world.start(toy, disk, { readers, name: 'crashed' })
    await world.clock.advance(1000)
    assert.notEqual(crashed.phase(), 'open')
    world.broker.kill('crashed')
    world.broker.comeUp()

    early.mark.value = disk.mark.value
    witness(world, { seq: 0, chain: '' })
    assert.match(await refusalOf(world, world.start(toy, early, { readers }).opened), /but it once had entry 5/)
  })

  it('waits for a silent reader when the store is of an earlier time of the same start, though the stream filled it', async () => {
    const { world, disk, early } = await afterARun()
    early.mark.value = disk.mark.value
    const running = world.start(toy, early, { readers })
    await world.clock.advance(60_000)
    assert.equal(running.phase(), 'asking witnesses')
  })

  it('refuses when all stores are of an earlier time and agree, and the stream is gone, until the mark is removed', async () => {
    const { world, disk, early } = await afterARun()
    early.mark.value = disk.mark.value
    world.broker.deleteStream('TOY_0')
    witness(world, { seq: 0, chain: '' })
    const refused = world.start(toy, early, { readers })
    const page = await refusalOf(world, refused.opened)
    assert.match(page, /The store of toy\/0 ends at entry 1, but it once had entry 4/)
    assert.match(page, /give up what is lost: npm start -- adopt/)
    assert.deepEqual(world.broker.messages('TOY_0'), [])
    await world.finish(refused.stop())

    early.mark.value = undefined
    await world.open(toy, early, { readers })
  })

  it('needs no mark when the stream fills the earlier store', async () => {
    const { world, disk, early } = await afterARun()
    early.mark.value = disk.mark.value
    witness(world, { seq: 0, chain: '' })
    await world.open(toy, early, { readers })
  })

  it('takes the stream back that a refused start has made: the right store can be put back at once', async () => {
    const { world, disk, early } = await afterARun()
    world.broker.deleteStream('TOY_0')
    witness(world, { seq: 4, chain: chainIn(disk, 4) })
    const refused = world.start(toy, early, { readers })
    assert.match(await refusalOf(world, refused.opened), /reader\/0 has seen entry 4/)
    await world.finish(refused.stop())

    await world.open(toy, disk, { readers })
  })

  it('leaves a stream that it has made, but that a second owner has written to since: it may be the only copy', async () => {
    const { world, early } = await afterARun()
    early.mark.value = undefined
    world.broker.deleteStream('TOY_0')
    const waits = witness(world, { seq: 0, chain: '' }, false)
    const refused = world.start(toy, early, { readers })
    await world.clock.advance(1000)
    await waits.stop()
    const second = copyOf(early)
    const theirs = sayUnheard(second, 'Added', { name: 'a', by: 1, total: 1 })
    await world.finish(world.client.logStream(TOY).append([theirs], chainIn(early, 2)))

    witness(world, { seq: 3, chain: theirs.chain })
    assert.match(await refusalOf(world, refused.opened), /reader\/0 has seen entry 3/)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Started', 'Added'])
  })

  it('waits for a reader whose own start stands before its fence', async () => {
    const { world, disk } = await afterARun()
    disk.mark.value = undefined
    const before = witness(world, { seq: 3, chain: chainIn(disk, 3) }, false)
    const running = world.start(toy, disk, { readers })
    await world.clock.advance(60_000)
    assert.equal(running.phase(), 'asking witnesses')
    await before.stop()
    witness(world, { seq: 0, chain: '' })
    await world.finish(running.opened)
  })

  it('is refused also by a reader that was refused itself: what it has seen, it has seen', async () => {
    const { world, disk } = await afterARun()
    witness(world, { seq: 4, chain: 'another history' }, false)
    assert.match(await refusalOf(world, world.start(toy, disk, { readers }).opened), /reader\/0 has seen entry 4/)
  })

  it('does not wait for a silent reader when this store surely ran last', async () => {
    const { world, disk } = await afterARun()
    const running = await world.open(toy, disk, { readers })
    assert.equal(running.phase(), 'open')
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 6 })
  })

  it('asks the silent reader again once it speaks, and closes when it contradicts', async () => {
    const { world, disk } = await afterARun()
    const running = await world.open(toy, disk, { readers })
    witness(world, { seq: 4, chain: 'another history' })
    await world.clock.advance(5000)

    assert.equal(running.phase(), 'refused')
    assert.match(running.error()?.message ?? '', /reader\/0 has seen entry 4/)
    assert.equal((await world.command('Add', { name: 'a', by: 1 })).code, 'unavailable')
  })
})

describe('a start: before it is open', () => {
  const waiting = async () => {
    const { world, disk } = await afterARun()
    disk.mark.value = undefined
    const running = world.start(toy, disk, { readers: ['reader/0'] })
    await world.clock.advance(1000)
    assert.equal(running.phase(), 'asking witnesses')
    return { world, disk, running }
  }

  for (const [what, ask] of [
    ['a command', (world: TestWorld) => world.command('Add', { name: 'a', by: 1 })],
    ['a query', (world: TestWorld) => world.query('GetTotal', { name: 'a' })],
    ['ReadLog', (world: TestWorld) => world.query('ReadLog', { from: 1, limit: 10 })],
    ['ListDeadLetters', (world: TestWorld) => world.query('ListDeadLetters', {})],
    ['FindReply', (world: TestWorld) => world.query('FindReply', { command_id: '-/Add/k1' })],
  ] as const)
    it(`answers ${what} with "unavailable"`, async () => {
      const { world } = await waiting()
      assert.equal((await ask(world)).code, 'unavailable')
    })

  it('takes no command from the queue', async () => {
    const { world, disk } = await waiting()
    await world.finish(world.client.queue.send('toy.0.queue.Add', Buffer.from('{"name":"a","by":9}'), { id: 'q1' }))
    await world.clock.advance(1000)
    assert.equal(typesIn(disk).filter(type => type === 'Added').length, 3)
  })

  it('tells its own cursors once its fence stands, for others may wait for it', async () => {
    const { world } = await waiting()
    const cursor = { source: 'source/0', seq: 0, chain: '' }
    assert.deepEqual((await world.query('Cursor', { source: 'source/0' })).body, { ...cursor, fenced: false })
    // It has answered, but it waits itself: its word is waited for, behind the fence.
    witness(world, { seq: 0, chain: '' }, false)
    await world.clock.advance(1000)
    assert.deepEqual((await world.query('Cursor', { source: 'source/0' })).body, { ...cursor, fenced: true })
  })

  it('tells its cursors also when it was refused, and that they speak only against others', async () => {
    const { world, early } = await afterARun()
    sayUnheard(early, 'Added', { name: 'a', by: 50, total: 50 })
    await refusalOf(world, world.start(toy, early).opened)
    assert.deepEqual((await world.query('Cursor', { source: 'source/0' })).body, {
      source: 'source/0',
      seq: 0,
      chain: '',
      fenced: false,
    })
  })

  it('can be stopped, and then never opens', async () => {
    const { world, running } = await waiting()
    await world.finish(running.stop())
    witness(world, { seq: 0, chain: '' })
    await world.clock.advance(10_000)
    assert.equal(running.phase(), 'stopped')
  })
})
