/** A whole actor on a broker in memory: what it does while it runs, and how it ends. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bus, Running } from '../../bus/bus.ts'
import { fingerprintOf } from '../../bus/command-id.ts'
import { type Address, querySubject } from '../../bus/subjects.ts'
import type { Effect } from './actor.ts'
import { happened } from './decision.ts'
import { createTestSource, type TestSource } from './test-source.ts'
import { createToyActor } from './test-toy.ts'
import { createTestWorld, emptyDisk, type TestWorld, TOY, typesIn } from './test-world.ts'

const SOURCE: Address = { actor: 'source', cell: 0 }
const toy = createToyActor()

/** A toy that runs. */
const running = async (definition = toy) => {
  const world = createTestWorld()
  const disk = emptyDisk()
  const actor = await world.open(definition, disk)
  return { world, disk, actor }
}

/** Puts what `source` says from number `from` on into its stream. */
const publish = async (world: TestWorld, source: TestSource, from = 1) => {
  const stream = world.client.logStream(SOURCE)
  await world.finish(stream.create())
  await world.finish(stream.append(source.read(from, 100), source.chainAt(from - 1) ?? ''))
}

/** The source answers ReadLog itself. */
const answerReadLog = (world: TestWorld, source: TestSource): Running =>
  world.client.serve(querySubject(SOURCE, 'ReadLog'), request => {
    const { from, limit } = JSON.parse(Buffer.from(request.body).toString()) as { from: number; limit: number }
    const entries = source.read(from, limit)
    const shown = entries.map(entry => ({ ...entry, body: Buffer.from(entry.body).toString('base64') }))
    const page = { head: source.head(), chain_before: source.chainAt(from - 1) ?? '', entries: shown }
    request.respond(Buffer.from(JSON.stringify(page)))
  })

const send = (world: TestWorld, name: string, body: unknown, id: string) =>
  world.finish(world.client.queue.send(`toy.0.queue.${name}`, Buffer.from(JSON.stringify(body)), { id }))

describe('an actor: commands and queries', () => {
  it('answers, keeps, and publishes what happened', async () => {
    const { world, disk } = await running()
    assert.deepEqual((await world.command('Add', { name: 'a', by: 2 })).body, { total: 2 })
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 2 })
    await world.clock.advance(10)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added'])
    assert.deepEqual(typesIn(disk), ['Started', 'Added'])
  })

  it('finds out whether a command was handled', async () => {
    const { world } = await running()
    await world.command('Add', { name: 'a', by: 2 }, { 'Idempotency-Key': 'k1' })
    const find = async (body: object) => (await world.query('FindReply', body)).body
    assert.deepEqual(await find({ command_id: '-/Add/k1' }), { found: true, same: null })
    const fingerprint = fingerprintOf({ name: 'a', by: 2 })
    assert.deepEqual(await find({ command_id: '-/Add/k1', fingerprint }), { found: true, same: true })
    const other = fingerprintOf({ name: 'a', by: 3 })
    assert.deepEqual(await find({ command_id: '-/Add/k1', fingerprint: other }), { found: true, same: false })
    assert.deepEqual(await find({ command_id: '-/Add/k2', fingerprint }), { found: false, same: null })
  })

  it('shows its log by request, from any number on', async () => {
    const { world } = await running()
    for (const by of [1, 2, 3]) await world.command('Add', { name: 'a', by })
    const page = (await world.query('ReadLog', { from: 3, limit: 1 })).body
    assert.equal(page.head, 4)
    const [entry] = page.entries as { seq: number; body: string }[]
    assert.equal(entry!.seq, 3)
    assert.equal(JSON.parse(Buffer.from(entry!.body, 'base64').toString()).data.by, 2)
  })

  it('tells how it is', async () => {
    const { world } = await running()
    await world.command('Add', { name: 'a', by: 1 })
    await world.clock.advance(10)
    assert.deepEqual((await world.query('Health', {})).body, {
      phase: 'open',
      waits_for: null,
      head: 2,
      stream: 2,
      cursors: { 'source/0': 0 },
      mailbox: 0,
      warning: null,
      pid: 4711,
      version: '1.0.0',
    })
  })

  it('decides what is to be decided at every opening before anything else', async () => {
    const { disk } = await running(
      createToyActor({ atOpen: () => [happened({ type: 'Added', data: { name: 'a', by: 7, total: 7 } })] }),
    )
    assert.deepEqual(typesIn(disk), ['Started', 'Added'])
  })
})

describe('an actor: the queue', () => {
  it('carries queued commands out once, and takes them from the queue', async () => {
    const { world } = await running()
    await send(world, 'Add', { name: 'a', by: 2 }, 'q1')
    await world.clock.advance(10)
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 2 })
    assert.equal(await world.finish(world.client.queue.oldest(TOY)), undefined)
  })

  it('carries out what was queued while it was away', async () => {
    const world = createTestWorld()
    await send(world, 'Add', { name: 'a', by: 2 }, 'q1')
    await world.open(toy, emptyDisk())
    await world.clock.advance(10)
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 2 })
  })

  it('carries each out once, though the broker delivers it again and again', async () => {
    const { world } = await running()
    world.broker.faults.redeliver = 1
    await send(world, 'Add', { name: 'a', by: 2 }, 'q1')
    await world.clock.advance(5000)
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 2 })
  })

  it('parks a command that waits, wakes it when its time is up, and lists it as a dead letter', async () => {
    const { world, disk } = await running()
    await send(world, 'Expect', { name: 'a', least: 5 }, 'q1')
    await world.clock.advance(300_010)
    const letters = (await world.query('ListDeadLetters', {})).body.items as { reason: string }[]
    assert.deepEqual(
      letters.map(({ reason }) => reason),
      ['never_met'],
    )
    assert.deepEqual(typesIn(disk), ['Started', 'CommandParked', 'DeadLettered'])
  })

  it('redrives a dead letter by command', async () => {
    const { world } = await running()
    await world.command('Add', { name: 'a', by: 50 })
    await send(world, 'Add', { name: 'a', by: 60 }, 'q1')
    await world.clock.advance(10)
    await world.command('Add', { name: 'a', by: -50 })
    const redriven = await world.command('RedriveDeadLetter', { dead_letter_id: 'toy-0-3' })
    assert.deepEqual(redriven.body, { dead_letter_id: 'toy-0-3', status: 'redriven' })
    await world.clock.advance(10)
    assert.deepEqual((await world.query('GetTotal', { name: 'a' })).body, { total: 60 })
  })
})

describe('an actor: events of another actor', () => {
  it('are taken in from its stream, those there and those to come', async () => {
    const world = createTestWorld()
    const source = createTestSource(SOURCE)
    for (const by of [1, 2]) source.write('Ticked', { by })
    await publish(world, source)
    await world.open(toy, emptyDisk())
    await world.clock.advance(1000)
    assert.deepEqual((await world.query('GetTotal', { name: 'ticks' })).body, { total: 3 })

    source.write('Ticked', { by: 3 })
    await publish(world, source, 3)
    await world.clock.advance(10)
    assert.deepEqual((await world.query('GetTotal', { name: 'ticks' })).body, { total: 6 })
  })

  it('are taken in once over restarts', async () => {
    const { world, disk, actor } = await running()
    const source = createTestSource(SOURCE)
    source.write('Ticked', { by: 1 })
    await publish(world, source)
    await world.clock.advance(5000)
    await world.finish(actor.stop())
    await world.open(toy, disk)
    await world.clock.advance(5000)
    assert.deepEqual((await world.query('GetTotal', { name: 'ticks' })).body, { total: 1 })
  })

  it('that mean nothing here are not read again after a stop', async () => {
    const { world, disk, actor } = await running()
    const source = createTestSource(SOURCE)
    source.write('Unheard', {})
    await publish(world, source)
    await world.clock.advance(5000)
    await world.finish(actor.stop())
    assert.equal(disk.store.prepare('SELECT seq FROM cursors').pluck().get(), 1)
  })

  it('come by request when the stream is gone for good', async () => {
    const { world } = await running()
    const source = createTestSource(SOURCE)
    source.write('Ticked', { by: 4 })
    answerReadLog(world, source)
    await world.clock.advance(10_000)
    assert.deepEqual((await world.query('GetTotal', { name: 'ticks' })).body, { total: 4 })
  })

  it('of another history are not taken in, loudly, and everything else goes on', async () => {
    const { world, actor } = await running()
    const source = createTestSource(SOURCE)
    source.write('Ticked', { by: 4 })
    const serving = answerReadLog(world, source)
    await world.clock.advance(10_000)
    await serving.stop()

    const other = createTestSource(SOURCE, 'another history')
    for (const by of [5, 6]) other.write('Ticked', { by })
    answerReadLog(world, other)
    await world.clock.advance(10_000)

    assert.match(actor.said.join('\n'), /the history of source\/0 is not the one seen here/)
    assert.equal((await world.query('Health', {})).body.waits_for, 'source/0')
    assert.deepEqual((await world.query('GetTotal', { name: 'ticks' })).body, { total: 4 })
    assert.deepEqual((await world.command('Add', { name: 'a', by: 1 })).body, { total: 1 })
  })
})

describe('an actor: what happens to its stream', () => {
  it('that is deleted is made again and filled, and nobody waits for it', async () => {
    const { world, actor } = await running()
    await world.command('Add', { name: 'a', by: 1 })
    world.broker.deleteStream('TOY_0')
    assert.deepEqual((await world.command('Add', { name: 'a', by: 2 })).body, { total: 3 })
    await world.clock.advance(5000)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Added'])
    assert.match(actor.said.join('\n'), /the stream is made and filled from the log/)
  })

  it('somebody publishing rubbish into it is said, kept aside, and does not stop the shop', async () => {
    const { world, disk, actor } = await running()
    world.broker.publishForeign('toy.0.event.Rubbish._', Buffer.from('rubbish'))
    await world.command('Add', { name: 'a', by: 1 })
    await world.clock.advance(5000)
    assert.deepEqual(
      actor.aside.map(entry => Buffer.from(entry.body).toString()),
      ['rubbish'],
    )
    assert.deepEqual(await world.typesOf(TOY), typesIn(disk))
    assert.equal(actor.error(), undefined)
  })

  it('a broker that is away stops nobody: what happened meanwhile is published when it is back', async () => {
    const { world, disk, actor } = await running()
    await send(world, 'Expect', { name: 'a', least: 5 }, 'q1')
    await world.clock.advance(10)
    world.broker.goDown()
    await world.clock.advance(400_000)
    assert.deepEqual(typesIn(disk), ['Started', 'CommandParked', 'DeadLettered'])

    world.broker.comeUp()
    await world.clock.advance(1000)
    assert.deepEqual(await world.typesOf(TOY), typesIn(disk))
    assert.equal(actor.error(), undefined)
  })

  it('effects that belong to it are carried out again when it was made anew', async () => {
    const carried: string[] = []
    const effect: Effect = {
      name: 'consumers',
      due: () => ({ keys: ['a'] }),
      atOnce: 1,
      carryOut: async key => {
        carried.push(key)
        return undefined
      },
      againWithStream: true,
    }
    const { world } = await running(createToyActor({ effects: [effect] }))
    const before = carried.length
    world.broker.deleteStream('TOY_0')
    await world.clock.advance(5000)
    assert.equal(carried.length, before + 1)
  })
})

describe('an actor: its end', () => {
  it('finishes what was taken, publishes it, and answers nothing more', async () => {
    const world = createTestWorld()
    const disk = emptyDisk()
    let taken = (): void => {}
    // It is told to stop when the command lies in its mailbox, before the turn.
    const change = (bus: Bus): Bus => ({
      ...bus,
      serve: (subject, handle) =>
        bus.serve(subject, request => {
          handle(request)
          taken()
        }),
    })
    const actor = await world.open(toy, disk, { change })
    let stopped: Promise<void> | undefined
    taken = () => {
      stopped ??= actor.stop()
    }

    assert.deepEqual((await world.command('Add', { name: 'a', by: 2 })).body, { total: 2 })
    await world.finish(stopped!)
    assert.equal(actor.phase(), 'stopped')
    assert.deepEqual(typesIn(disk), ['Started', 'Added'])
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added'])
    await assert.rejects(world.command('Add', { name: 'a', by: 1 }), { name: 'Unavailable' })
  })

  it('does not wait for ever for a broker that is away; the next start publishes the rest', async () => {
    const { world, disk, actor } = await running()
    await world.command('Add', { name: 'a', by: 2 })
    world.broker.forgetTail('TOY_0', 1)
    world.broker.goDown()
    await world.finish(actor.stop())
    world.broker.comeUp()
    await world.open(toy, disk)
    await world.clock.advance(1000)
    assert.deepEqual(await world.typesOf(TOY), ['Started', 'Added', 'Started'])
  })

  it('may be asked for twice', async () => {
    const { world, actor } = await running()
    await world.finish(Promise.all([actor.stop(), actor.stop()]))
  })
})
