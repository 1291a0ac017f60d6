/** Healing from readers (protocol, R17): a store of an earlier time whose stream is lost, and those who had read it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { querySubject } from '../../bus/subjects.ts'
import { add, afterALoss, READER, reader, toy } from './test-loss.ts'
import { emptyDisk, type TestWorld } from './test-world.ts'

const total = async (world: TestWorld) => (await world.query('GetTotal', { name: 'a' })).body.total

/** It does not open, and its store is as it was. */
const refuses = async (world: TestWorld, early: ReturnType<typeof emptyDisk>, readers: string[]) => {
  const head = () => early.store.prepare('SELECT max(seq) FROM log').pluck().get()
  const before = head()
  const refused = world.start(toy, early, { readers })
  await world.finish(refused.opened.catch(() => {}))
  assert.equal(refused.phase(), 'refused')
  assert.equal(head(), before)
  await world.finish(refused.stop())
}

describe('healing from readers', () => {
  it('brings back what neither the store nor the stream has', async () => {
    const { world, disks, early } = await afterALoss()
    await world.open(toy, early, { readers: ['reader/0'] })
    assert.equal(await total(world), 6)
    const again = await add(world, 3, 'k3')
    assert.equal(again.body.total, 6, 'what was answered is answered again, and not done twice')

    const chains = (store: typeof early.store) => store.prepare('SELECT chain FROM log WHERE seq <= 4').pluck().all()
    assert.deepEqual(chains(early.store), chains(disks.toy.store))
    await world.clock.advance(5_000)
    assert.ok(world.broker.messages('TOY_0').length > 4, 'the stream has it again')
  })

  it('rebuilds a store that is gone altogether, with its stream', async () => {
    const { world } = await afterALoss()
    await world.open(toy, emptyDisk(), { readers: ['reader/0'] })
    assert.equal(await total(world), 6)
  })

  it('heals also a store that was put back together with its mark', async () => {
    const { world, withMark } = await afterALoss()
    assert.notEqual(withMark.mark.value, undefined)
    await world.open(toy, withMark, { readers: ['reader/0'] })
    assert.equal(await total(world), 6)
  })

  it('fills also the beginning that a stream has lost, before what it still has', async () => {
    const { world, disks } = await afterALoss()
    const again = await world.open(toy, disks.toy, { readers: ['reader/0'] })
    await add(world, 4, 'k4')
    await world.clock.advance(5_000)
    await world.finish(again.stop())
    world.broker.trimHead('TOY_0', 4)
    await world.open(toy, emptyDisk(), { readers: ['reader/0'] })
    assert.equal(await total(world), 10)
  })

  it('has also what its reader has read since its last commit', async () => {
    const { world, disks } = await afterALoss()
    const ran = await world.open(toy, disks.toy, { readers: ['reader/0'] })
    await world.command('Expect', { name: 'a', least: 1 }, { 'Idempotency-Key': 'k4' })
    await world.clock.advance(10_000)
    await world.finish(ran.stop())
    world.broker.deleteStream('TOY_0')
    const kept = disks.reader.store.prepare('SELECT max(seq) FROM copies').pluck().get()
    const seen = disks.toy.store.prepare('SELECT max(seq) FROM log').pluck().get()
    assert.ok(Number(kept) < Number(seen), 'the last entries mean nothing to the reader')

    await world.open(toy, emptyDisk(), { readers: ['reader/0'] })
    assert.equal(await total(world), 6)
  })

  it('leaves no entry of its own where it is refused: the next start takes what can be read by then', async () => {
    const { world, disks, early } = await afterALoss()
    const { store } = disks.reader
    const lost = store.prepare('SELECT * FROM copies WHERE seq = 4').raw().get() as unknown[]
    store.prepare('DELETE FROM copies WHERE seq = 4').run()
    const disk = { ...early, mark: emptyDisk().mark }
    await refuses(world, disk, ['reader/0'])

    store.prepare('INSERT INTO copies VALUES (?, ?, ?, ?, ?, ?, ?)').run(...lost)
    await world.open(toy, disk, { readers: ['reader/0'] })
    assert.equal(await total(world), 6)
  })

  for (const [what, change] of [
    ['a copy is missing', 'DELETE FROM copies WHERE seq = 4'],
    ['a copy is not what was read', "UPDATE copies SET body = CAST(replace(body, '2', '9') AS BLOB) WHERE seq = 3"],
    ['a copy stands for another', 'UPDATE copies SET seq = 3 WHERE seq = 4'],
  ] as const)
    it(`takes nothing where ${what}, and the start is refused as it would be without`, async () => {
      const { world, disks, early } = await afterALoss()
      assert.ok(disks.reader.store.prepare(change).run().changes > 0)
      await refuses(world, early, ['reader/0'])
    })

  it('takes nothing where readers have seen different entries: nobody chooses', async () => {
    const { world, early } = await afterALoss()
    const testimony = { source: 'toy/0', seq: 3, chain: 'another history', fenced: true }
    world.client.serve(querySubject({ actor: 'other', cell: 0 }, 'Cursor'), request =>
      request.respond(Buffer.from(JSON.stringify(testimony))),
    )
    await refuses(world, early, ['reader/0', 'other/0'])
  })

  it('waits for a silent reader: it may be the one that has it', async () => {
    const { world, disks, early } = await afterALoss()
    world.broker.kill('reader')
    const running = world.start(toy, early, { readers: ['reader/0'] })
    await world.clock.advance(30_000)
    assert.equal(running.phase(), 'asking witnesses')
    await world.open(reader, disks.reader, { address: READER })
    await world.finish(running.opened)
    assert.equal(await total(world), 6)
  })
})
