/** Places and the queue before them. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createInFlight } from './in-flight.ts'
import { Refused } from './refused.ts'

const WORKED_ON_MOST = 256
const ALL = 1_000

const create = () => {
  const clock = createVirtualClock({ start: 0 })
  const inFlight = createInFlight(clock)
  const begun: (() => void)[] = []
  const come = () => inFlight.run(() => new Promise<void>(end => begun.push(end)))
  return { clock, inFlight, begun, come }
}

/** `count` requests come. */
const fill = (come: () => Promise<void>, count: number) => Array.from({ length: count }, () => come())

/** Lets what was resolved go on. */
const settle = () => new Promise<void>(done => setImmediate(done))

suite('requests in flight', () => {
  test('256 are worked on, others wait for the places of those that end, in their order', async () => {
    const { begun, come } = create()
    const first = fill(come, WORKED_ON_MOST)
    const order: number[] = []
    const later = [1, 2, 3].map(number => come().then(() => order.push(number)))
    assert.equal(begun.length, WORKED_ON_MOST)

    begun[0]!()
    await first[0]
    await settle()
    assert.equal(begun.length, WORKED_ON_MOST + 1)

    for (let at = 1; at < begun.length; at++) {
      begun[at]!()
      await settle()
    }
    await Promise.all([...first, ...later])
    assert.deepEqual(order, [1, 2, 3])
  })

  test('one more than 1,000 is refused at once, and is welcome when one has ended', async () => {
    const { inFlight, begun, come } = create()
    const all = fill(come, ALL)
    assert.equal(inFlight.isFull(), true)
    await assert.rejects(come(), (fault: unknown) => fault instanceof Refused && fault.refusal.code === 'overloaded')

    begun[0]!()
    await all[0]
    await settle()
    assert.equal(inFlight.isFull(), false)
    assert.equal(begun.length, WORKED_ON_MOST + 1)
  })

  test('a queue that moves and whose first has waited 300 ms takes nobody more', async () => {
    const { clock, inFlight, begun, come } = create()
    const all = fill(come, WORKED_ON_MOST + 10)
    for (let at = 0; at < 3; at++) {
      await clock.advance(99)
      assert.equal(inFlight.isFull(), false)
      begun[at]!()
      await all[at]
    }
    // 297 ms so far.
    await clock.advance(10)
    begun[3]!()
    await all[3]
    await settle()
    assert.equal(inFlight.isFull(), true)

    for (let at = 4; at < 10; at++) begun[at]!()
    await settle()
    assert.equal(inFlight.isFull(), false, 'nobody waits any more')
  })

  test('a queue that stands still is no storm: an actor starts again, and whoever comes waits', async () => {
    const { clock, inFlight, begun, come } = create()
    const all = fill(come, WORKED_ON_MOST + 10)
    await clock.advance(5_000)
    assert.equal(inFlight.isFull(), false)
    begun[0]!()
    await all[0]
    await settle()
    assert.equal(inFlight.isFull(), false)
  })

  test('work that fails gives its place up too', async () => {
    const { inFlight, come, begun } = create()
    for (let count = 0; count < 2 * WORKED_ON_MOST; count++)
      await assert.rejects(inFlight.run(() => Promise.reject(new Error('it failed'))))
    fill(come, WORKED_ON_MOST)
    assert.equal(begun.length, WORKED_ON_MOST)
  })
})
