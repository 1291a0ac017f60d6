/** What a process tells of itself. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createVirtualClock } from '../world/virtual-clock.ts'
import type { Figure } from './figure.ts'
import { watchProcess } from './process-figures.ts'

const START = Date.parse('2023-09-07T14:30:00Z')

const named = (figures: Figure[], name: string): Figure => {
  const found = figures.find(figure => figure.name === name)
  assert.ok(found, name)
  return found
}
const numberOf = (figures: Figure[], name: string): number => {
  const found = named(figures, name)
  assert.ok('value' in found)
  return found.value
}

suite('what a process tells of itself', () => {
  test('is its memory, its time, and how often it was started again', () => {
    const own = watchProcess(createVirtualClock({ start: START }), { KASSA_RESTARTS: '3' })
    const figures = own.read()
    own.stop()
    assert.ok(numberOf(figures, 'kassa_process_resident_memory_bytes') > 10_000_000)
    assert.ok(numberOf(figures, 'kassa_process_heap_used_bytes') > 1_000_000)
    assert.ok(numberOf(figures, 'kassa_process_cpu_seconds_total') > 0)
    assert.equal(numberOf(figures, 'kassa_process_start_time_seconds'), START / 1000)
    assert.equal(numberOf(figures, 'kassa_process_restarts_total'), 3)
  })

  test('is how late its timers run', async () => {
    const clock = createVirtualClock({ start: START })
    let lateMs = 0
    const own = watchProcess({ ...clock, after: (ms, run) => clock.after(ms + lateMs, run) }, {})
    lateMs = 40
    await clock.advance(1000)
    await clock.advance(1040)
    const delay = named(own.read(), 'kassa_event_loop_delay_seconds')
    own.stop()
    assert.ok('counts' in delay)
    assert.equal(delay.counts[0], 1, 'the first was on time')
    assert.equal(delay.counts[delay.bounds.indexOf(0.05)], 1, 'the second was 40 ms late')
    assert.ok(Math.abs(delay.sum - 0.04) < 1e-9)
  })

  test('ends with it: nothing stays planned', async () => {
    const clock = createVirtualClock({ start: START })
    watchProcess(clock, {}).stop()
    await clock.runUntilIdle({ limitMs: 1000 })
  })
})
