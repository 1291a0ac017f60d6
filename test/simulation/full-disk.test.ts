/** A disk that is full at the wrong moment: what the simulation found there. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ACTOR_NAMES } from '../../src/actors/registry.ts'
import { CATALOG } from './clients.ts'
import { createWorld } from './world.ts'

const OTHERS = ACTOR_NAMES.filter(actor => actor !== 'order')

const createQuietWorld = () =>
  createWorld(1, {
    faults: {},
    counts: new Map(),
    settings: {
      webhooksToLoopback: true,
      defaultPriceMinor: undefined,
      letterPending: true,
      firstUserId: 1,
      firstOrderId: 1,
      firstOperationId: 1,
      firstMessageId: 1,
      parkMs: 1000,
      idempotencyHours: 168,
      catalog: CATALOG,
    },
  })

describe('a full disk', () => {
  it('is waited out by an actor that starts, without its process ending', async () => {
    const world = createQuietWorld()
    const { order } = world.sites
    order.disk.full = true
    world.start('order')
    await world.virtual.advance(5000)
    assert.notEqual(order.process?.running.phase(), 'open')

    order.disk.full = false
    for (const actor of OTHERS) world.start(actor)
    await world.virtual.advance(2000)
    assert.equal(order.process?.running.phase(), 'open')
    assert.equal(order.process?.name, 'order-1')
  })

  it('is waited out also when there is room for the start, and none for what is decided at the opening', async () => {
    const world = createQuietWorld()
    const { order } = world.sites
    // Nothing here takes time: what comes after the fence's entry has no room.
    order.disk.chains.push = (...chains) => {
      order.disk.full = order.disk.chains.length === 0
      return Array.prototype.push.apply(order.disk.chains, chains)
    }
    for (const actor of ['order', ...OTHERS] as const) world.start(actor)
    await world.virtual.advance(5000)
    assert.equal(order.disk.chains.length, 1)
    assert.notEqual(order.process?.running.phase(), 'open')

    order.disk.full = false
    await world.virtual.advance(2000)
    assert.equal(order.process?.running.phase(), 'open')
    assert.equal(order.process?.name, 'order-1')
  })

  for (const [what, fill] of [
    ['full', disk => Object.assign(disk, { full: true })],
    ['failing', disk => Object.assign(disk, { failNext: 'undone' })],
  ] as [string, (disk: object) => void][])
    it(`does not keep an actor from stopping in order, when it is ${what}`, async () => {
      const world = createQuietWorld()
      for (const actor of ['order', 'billing', 'notification'] as const) world.start(actor)
      await world.virtual.advance(1000)
      const { process, disk } = world.sites.billing
      fill(disk)
      const stopped = process?.stop()
      await world.virtual.advance(5000)
      await stopped
      assert.equal(process?.alive(), false)
    })
})
