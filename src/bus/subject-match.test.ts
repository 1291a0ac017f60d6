/** Which subjects a pattern means. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches } from './subject-match.ts'

test('a pattern means the subjects that NATS says it means', () => {
  const cases: [pattern: string, subject: string, yes: boolean][] = [
    ['order.0.event.OrderCreated.7', 'order.0.event.OrderCreated.7', true],
    ['order.0.event.OrderCreated.7', 'order.0.event.OrderCreated.8', false],
    ['order.0.event', 'order.0.event.OrderCreated', false],
    ['order.0.event.OrderCreated', 'order.0.event', false],
    ['*.*.queue.*', 'order.0.queue.Ship', true],
    ['*.*.queue.*', 'order.0.queue.Ship.now', false],
    ['order.0.event.>', 'order.0.event.OrderCreated.7', true],
    ['order.0.event.>', 'order.0.event', false],
    ['>', 'order', true],
  ]
  for (const [pattern, subject, yes] of cases) assert.equal(matches(pattern, subject), yes, `${pattern} and ${subject}`)
})
