/** What an actor counts of itself: what was committed, and nothing else. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Figure } from '../../metrics/figure.ts'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import { createMailbox } from './mailbox.ts'
import { createMeters, type Meters } from './meters.ts'
import { createTestCore } from './test-core.ts'
import { BUG, createToyActor } from './test-toy.ts'

const named = (meters: Meters, name: string): Figure[] => meters.read().filter(figure => figure.name === name)

/** How many values a histogram has. */
const timesOf = (meters: Meters, name: string): number => {
  const [figure] = named(meters, name)
  assert.ok(figure && 'counts' in figure, name)
  return figure.counts.reduce((sum, count) => sum + count, 0)
}

const dropped = (meters: Meters): Record<string, number> =>
  Object.fromEntries(
    named(meters, 'kassa_mailbox_dropped_total').map(figure => [
      figure.labels.reason as string,
      'value' in figure ? figure.value : Number.NaN,
    ]),
  )

suite('the meters of an actor', () => {
  test('count every entry by its type, once it is committed', () => {
    const meters = createMeters()
    const { run } = createTestCore(createToyActor(), { meters })
    run('Add', { name: 'a', by: 2 })
    run('Add', { name: 'a', by: 3 })
    run('Add', { name: 'a', by: 1000 }, { key: 'k' })
    assert.deepEqual([meters.events('Added'), meters.events('CommandRefused')], [2, 1])
    assert.equal(timesOf(meters, 'kassa_commit_duration_seconds'), 3)
  })

  test('count no commit that wrote nothing', () => {
    const meters = createMeters()
    createTestCore(createToyActor(), { meters }).run('Add', { name: 'a', by: 0 })
    assert.equal(timesOf(meters, 'kassa_commit_duration_seconds'), 0)
  })

  test('count nothing that was undone, and what was done over once', () => {
    const meters = createMeters()
    const bench = createTestCore(createToyActor(), { meters })
    // The first turn of all three is undone by the bug; then each is handled alone.
    bench.turn([2, BUG, 3].map(by => bench.command('Add', { name: 'a', by })))
    assert.deepEqual([bench.core.log.head(), meters.events('Added')], [2, 2])
  })

  test('count nothing of a commit that failed', () => {
    const meters = createMeters()
    let fails = true
    const bench = createTestCore(createToyActor(), {
      meters,
      beforeCommit: () => {
        if (fails) throw new Error('the disk says no')
      },
    })
    bench.run('Add', { name: 'a', by: 2 })
    assert.equal(meters.events('Added'), 0)
    fails = false
    bench.run('Add', { name: 'a', by: 2 })
    assert.equal(meters.events('Added'), 1)
  })
})

suite('the meters of a mailbox', () => {
  const command = (deadline: number) => ({
    kind: 'command' as const,
    id: 'a',
    name: 'Add',
    body: {},
    fingerprint: '',
    remember: false,
    deadline,
    trace: undefined,
    answer: () => {},
  })

  test('count turns, their messages, and what nobody waited for any longer', async () => {
    const clock = createVirtualClock({ start: 0 })
    const meters = createMeters()
    const mailbox = createMailbox(clock, () => true, meters)
    mailbox.open(true)
    for (const deadline of [100, 100, 0]) mailbox.push(command(deadline))
    await clock.advance(0)
    const [messages] = named(meters, 'kassa_turn_messages')
    assert.ok(messages && 'sum' in messages)
    assert.deepEqual([messages.sum, timesOf(meters, 'kassa_turn_duration_seconds')], [2, 1])
    assert.deepEqual(dropped(meters), { full: 0, late: 1 })
  })

  test('count what there was no room for', () => {
    const meters = createMeters()
    const mailbox = createMailbox(createVirtualClock({ start: 0 }), () => true, meters)
    while (mailbox.push(command(100)));
    mailbox.push(command(100))
    assert.deepEqual(dropped(meters), { full: 2, late: 0 })
  })
})
