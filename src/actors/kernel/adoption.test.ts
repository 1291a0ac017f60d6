/** Adoption (protocol, R16): a refused store goes on in a new epoch, and whoever has seen more goes back. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../bus/subjects.ts'
import { Unavailable } from '../../bus/unavailable.ts'
import { add, afterALoss as afterALossAlone, forgetCopies, READER, reader, toy } from './test-loss.ts'
import { copyOf, createTestWorld, emptyDisk, type TestDisk, type TestWorld, typesIn } from './test-world.ts'

const health = async (world: TestWorld, { actor }: Address) => (await world.ask(`${actor}.0.query.Health`, {})).body

/** What is lost, nobody has a copy of. */
const afterALoss = async () => {
  const lost = await afterALossAlone()
  forgetCopies(lost.disks.reader)
  return lost
}

const refusal = async (world: TestWorld, disk: TestDisk) => {
  let startedOver = 0
  const refused = world.start(toy, disk, { readers: ['reader/0'], startOver: () => startedOver++ })
  await world.finish(refused.opened.catch(() => {}))
  assert.equal(refused.phase(), 'refused')
  return { ...refused, startedOver: () => startedOver }
}

describe('adopting a store', () => {
  it('is only for one that was refused', async () => {
    const world = createTestWorld()
    await world.open(toy, emptyDisk())
    assert.equal((await world.query('Adopt', {})).code, 'unavailable')
  })

  it('begins one epoch, however often and at whatever time it is asked', async () => {
    const { world, early } = await afterALoss()
    await refusal(world, early)
    const [first, meanwhile] = await Promise.all([world.query('Adopt', {}), world.query('Adopt', {})])
    const later = await world.query('Adopt', {})
    assert.deepEqual([meanwhile?.body, later.body], [first?.body, first?.body])
    assert.equal(typesIn(early).filter(type => type === 'EpochStarted').length, 1)
  })

  it('is refused by the actor of another installation, and so is a copy', async () => {
    const { world, early } = await afterALoss()
    await refusal(world, early)
    const before = typesIn(early)
    for (const query of ['LookOut', 'Adopt', 'CopyStore']) {
      const { code, body } = await world.query(query, { data_dir: '/elsewhere' })
      assert.equal(code, 'unavailable')
      assert.equal(body.detail, 'its data are in /data, not in /elsewhere')
    }
    assert.deepEqual(typesIn(early), before)
    assert.equal((await world.query('Adopt', { data_dir: '/data' })).code, undefined)
  })

  it('is asked again where a reader did not answer: nothing was changed', async () => {
    const { world, early, listener } = await afterALoss()
    const refused = await refusal(world, early)
    await world.finish(listener.stop())
    const before = typesIn(early)
    assert.equal((await world.query('Adopt', {})).code, 'unavailable')
    assert.deepEqual(typesIn(early), before)
    assert.equal(refused.startedOver(), 0)
  })

  it('makes the stream anew at the next start, also when the broker refuses that for a while', async () => {
    const { world, disks, early, listener } = await afterALoss()
    // The stream has come back with what the store lacks, but for one message: nobody can heal from it.
    await world.finish((await world.open(toy, disks.toy, { readers: ['reader/0'] })).stop())
    const kept = typesIn(early).length
    world.broker.remove('TOY_0', kept + 1)
    const refused = await refusal(world, early)
    await world.query('Adopt', {})
    await world.finish(refused.stop())

    let refusals = 3
    const again = await world.open(toy, early, {
      readers: ['reader/0'],
      change: bus => ({
        ...bus,
        logStream: address => {
          const stream = bus.logStream(address)
          const away = async () => {
            throw new Unavailable('the broker is away')
          }
          return { ...stream, delete: () => (refusals-- > 0 ? away() : stream.delete()) }
        },
      }),
    })
    assert.deepEqual(await world.typesOf({ actor: 'toy', cell: 0 }), typesIn(early))
    assert.equal(again.aside.length, typesIn(disks.toy).length - kept - 1, 'what it held is kept aside, once')
    await world.finish(listener.stop())
  })

  it('gives up what lies before a message that its stream has lost, and keeps the rest aside', async () => {
    const { world, disks, early, listener } = await afterALoss()
    await world.finish((await world.open(toy, disks.toy, { readers: ['reader/0'] })).stop())
    await world.finish(listener.stop())
    const highest = typesIn(disks.toy).length
    const kept = typesIn(early).length
    world.broker.remove('TOY_0', kept + 1)
    await world.open(reader, disks.reader, { address: READER })
    const refused = await refusal(world, early)
    assert.match(String(refused.error()), /lacks entry.*npm start -- adopt/)
    const { body } = await world.query('Adopt', {})
    assert.equal(body.epoch, highest + 1)
    await world.finish(refused.stop())
    const again = await world.open(toy, early, { readers: ['reader/0'] })
    assert.equal(again.aside.length, highest - kept - 1)
  })

  it('first shows who has seen what', async () => {
    const { world, disks, early } = await afterALoss()
    const highest = typesIn(disks.toy).length
    await refusal(world, early)
    const { body } = await world.query('LookOut', {})
    assert.equal(body.highest, highest)
    const [seen] = body.readers as { reader: string; seq: number; kept: boolean; fenced: boolean }[]
    assert.deepEqual([seen?.reader, seen?.seq, seen?.kept, seen?.fenced], ['reader/0', highest, false, true])
  })

  it('leaves the lost numbers empty, begins an epoch, and the reader goes back and lists its orphans', async () => {
    const { world, disks, early, listener } = await afterALoss()
    const lost = typesIn(disks.toy).length
    const refused = await refusal(world, early)
    const kept = typesIn(early).length
    const adopted = await world.query('Adopt', {})
    assert.equal(adopted.body.head, kept)
    assert.equal(adopted.body.epoch, lost + 1)
    assert.equal(refused.startedOver(), 1)
    assert.deepEqual(typesIn(early).slice(kept), [...Array(lost - kept).fill('Voided'), 'EpochStarted'])
    await world.finish(refused.stop())

    const again = await world.open(toy, early, { readers: ['reader/0'] })
    // The reader hears of another history, goes back, and its process starts over.
    await world.clock.advance(20_000)
    assert.match(String(listener.error()), /toy\/0 began a new epoch: reading on from before, 2 entries are orphans/)
    await world.finish(listener.stop())
    const anew = await world.open(reader, disks.reader, { address: READER })
    await add(world, 5, 'k5')
    await world.clock.advance(10_000)
    assert.equal((await health(world, READER)).phase, 'open')
    assert.deepEqual((await world.ask('reader.0.query.GetTotal', { name: 'ticks' })).body, { total: 1 + 2 + 3 + 5 })
    const { items } = (await world.ask('reader.0.query.ListOrphans', {})).body as { items: { data: { by: number } }[] }
    assert.deepEqual(
      items.map(({ data }) => data.by),
      [2, 3],
    )
    assert.equal(again.error(), undefined)
    assert.equal(anew.error(), undefined)
  })

  it('goes back once an epoch: the next start of either goes on', async () => {
    const { world, disks, early, listener } = await afterALoss()
    const refused = await refusal(world, early)
    await world.query('Adopt', {})
    await world.finish(refused.stop())
    const again = await world.open(toy, early, { readers: ['reader/0'] })
    await world.clock.advance(20_000)
    await world.finish(listener.stop())
    await world.finish((await world.open(reader, disks.reader, { address: READER })).stop())
    await world.finish(again.stop())

    const third = await world.open(toy, early)
    const readerAgain = await world.open(reader, disks.reader, { address: READER })
    await add(world, 7, 'k7')
    await world.clock.advance(20_000)
    assert.equal(third.error() ?? readerAgain.error(), undefined)
    assert.equal(typesIn(disks.reader).filter(type => type === 'WentBack').length, 1)
    assert.equal((await health(world, READER)).phase, 'open')
  })

  it('goes back in the second epoch only as far as that needs, past the orphans of the first', async () => {
    const world = createTestWorld()
    const disks = { toy: emptyDisk(), reader: emptyDisk() }
    let listener = await world.open(reader, disks.reader, { address: READER })
    const addAll = async (keys: string[]) => {
      for (const key of keys) await add(world, 1, key)
      await world.clock.advance(10_000)
    }
    const loseAndAdopt = async (kept: string[], lost: string[]) => {
      const running = await world.open(toy, disks.toy, { readers: ['reader/0'] })
      await addAll(kept)
      const early = copyOf(disks.toy)
      early.mark = disks.toy.mark
      await addAll(lost)
      await world.finish(running.stop())
      world.broker.deleteStream('TOY_0')
      forgetCopies(disks.reader)

      const refused = await refusal(world, early)
      assert.equal((await world.query('Adopt', {})).code, undefined)
      await world.finish(refused.stop())
      const again = await world.open(toy, early, { readers: ['reader/0'] })
      await world.clock.advance(20_000)
      await world.finish(listener.stop())
      listener = await world.open(reader, disks.reader, { address: READER })
      await world.clock.advance(20_000)
      await world.finish(again.stop())
      disks.toy = early
    }
    const manyLost = Array.from({ length: 12 }, (_, at) => `first-lost-${at}`)
    await loseAndAdopt(['k1'], manyLost)
    await loseAndAdopt(['k2', 'k3', 'k4', 'k5', 'k6'], ['second-lost-1', 'second-lost-2'])

    const ticks = (await world.ask('reader.0.query.GetTotal', { name: 'ticks' })).body
    assert.deepEqual(ticks, { total: 6 + 12 + 2 }, 'nothing that was kept is heard twice')
    const { items } = (await world.ask('reader.0.query.ListOrphans', {})).body as { items: unknown[] }
    assert.equal(items.length, 12 + 2)
  })

  it('of two histories keeps the store, and puts what only the stream has aside', async () => {
    const world = createTestWorld()
    const mine = emptyDisk()
    await world.finish((await world.open(toy, mine)).stop())
    const other = copyOf(mine)
    const first = await world.open(toy, mine)
    await add(world, 2, 'mine')
    await world.finish(first.stop())
    world.broker.deleteStream('TOY_0')
    other.mark.value = undefined
    const second = await world.open(toy, other)
    await add(world, 9, 'other')
    await world.finish(second.stop())

    const refused = world.start(toy, mine)
    await world.finish(refused.opened.catch(() => {}))
    assert.equal(refused.phase(), 'refused')
    await world.query('Adopt', {})
    await world.finish(refused.stop())

    const again = await world.open(toy, mine)
    assert.equal(again.aside.filter(({ subject }) => subject.includes('.Added.')).length, 1)
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 2 })
    assert.deepEqual(await world.typesOf({ actor: 'toy', cell: 0 }), typesIn(mine))
  })
})
