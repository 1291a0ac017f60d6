/** Merging the steps of several logs into one story. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { TimelineStep } from '../actors/kernel/shown-shapes.ts'
import { mergeSteps } from './order-steps.ts'

const step = (name: string, second: number, caused_by: string | null = null): TimelineStep => {
  const [actor = '', sequence] = name.split(' ')
  return {
    actor,
    type: 'Happened',
    time: `2023-09-07T14:30:${String(second).padStart(2, '0')}.000Z`,
    subject: `${actor}.0.event.Happened.7`,
    stream: `${actor.toUpperCase()}_0`,
    sequence: Number(sequence),
    command: null,
    caused_by,
    data: {},
  }
}
const namesOf = (steps: TimelineStep[]) => steps.map(({ actor, sequence }) => `${actor} ${sequence}`)

suite('the steps of several logs', () => {
  test('come in the order of their times', () => {
    const logs = [[step('order 1', 1), step('order 2', 4)], [step('billing 1', 2)], [step('notification 1', 3)]]
    assert.deepEqual(namesOf(mergeSteps(logs)), ['order 1', 'billing 1', 'notification 1', 'order 2'])
  })

  test('come after what caused them, though the clock of one machine is late', () => {
    const logs = [
      [step('order 1', 30)],
      [step('billing 1', 10, 'order/0/1')],
      [step('notification 1', 20, 'order/0/1')],
    ]
    assert.deepEqual(namesOf(mergeSteps(logs)), ['order 1', 'billing 1', 'notification 1'])
  })

  test('stay in the order of their own log, though its clock went back', () => {
    assert.deepEqual(namesOf(mergeSteps([[step('order 7', 9), step('order 8', 3)]])), ['order 7', 'order 8'])
  })

  test('do not wait for a cause that is no step of the story', () => {
    assert.deepEqual(namesOf(mergeSteps([[], [step('billing 1', 1, 'order/0/99')]])), ['billing 1'])
  })

  test('are all shown once, though they name each other for their cause', () => {
    const logs = [[step('order 1', 2, 'billing/0/1')], [step('billing 1', 1, 'order/0/1')]]
    assert.deepEqual(namesOf(mergeSteps(logs)), ['billing 1', 'order 1'])
  })

  test('of nothing are none', () => assert.deepEqual(mergeSteps([[], [], []]), []))
})
