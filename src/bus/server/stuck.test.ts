/** What becomes of a nats-server that has met a full disk. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import { endWhenStuck } from './stuck.ts'

const setUp = () => {
  const clock = createVirtualClock({ start: 0 })
  const world = { faults: [] as string[], room: true, ended: 0, broken: '' }
  const lines: string[] = []
  const leave = endWhenStuck({
    clock,
    faults: async () => world.faults,
    hasRoom: () => {
      if (world.broken) throw new Error(world.broken)
      return world.room
    },
    end: () => {
      world.ended++
    },
    say: line => lines.push(line),
  })
  return { clock, world, lines, leave }
}

describe('a nats-server of ours', () => {
  it('that can write is let be', async () => {
    const { clock, world, lines } = setUp()
    await clock.advance(60_000)
    assert.equal(world.ended, 0)
    assert.deepEqual(lines, [])
  })

  it('that takes nothing more is ended as soon as there is room, and not before', async () => {
    const { clock, world, lines } = setUp()
    Object.assign(world, { faults: ['stream ORDER_0 write error'], room: false })
    await clock.advance(60_000)
    assert.equal(world.ended, 0)
    assert.deepEqual(lines, ["There is no room on the disk, and nats-server can't go on: stream ORDER_0 write error"])

    world.room = true
    await clock.advance(2_000)
    assert.equal(world.ended, 1)
    assert.match(lines[1]!, /started anew/)
    await clock.advance(60_000)
    assert.equal(world.ended, 1)
  })

  it('is watched on when it can not be seen for a while whether there is room', async () => {
    const { clock, world, lines } = setUp()
    Object.assign(world, { faults: ['stream ORDER_0 write error'], broken: 'EMFILE: too many open files' })
    await clock.advance(60_000)
    assert.equal(world.ended, 0)
    assert.deepEqual(lines, ['Cannot see how nats-server is: Error: EMFILE: too many open files'])

    world.broken = ''
    await clock.advance(2_000)
    assert.equal(world.ended, 1)
  })

  it('that has just been started is given time: its ends must not look like deaths in a row', async () => {
    const { clock, world } = setUp()
    world.faults = ['stream ORDER_0 write error']
    await clock.advance(9_999)
    assert.equal(world.ended, 0)
  })

  it('that has ended is left alone', async () => {
    const { clock, world, leave } = setUp()
    world.faults = ['stream ORDER_0 write error']
    leave()
    await clock.advance(60_000)
    assert.equal(world.ended, 0)
  })
})
