/** Figures as text: what Prometheus reads. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { expose } from './exposition.ts'
import { FAMILIES, type Family } from './families.ts'
import { sample, spread } from './figure.ts'
import { createHistogram, observe } from './histogram.ts'

suite('figures as text', () => {
  test('are a line each below the HELP and TYPE of their family', () => {
    const text = expose([
      sample('kassa_up', 1, { process: 'order' }),
      sample('kassa_http_requests_in_flight', 2),
      sample('kassa_up', 0, { process: 'billing' }),
    ])
    assert.deepEqual(text.split('\n'), [
      `# HELP kassa_up ${FAMILIES.kassa_up.help}`,
      '# TYPE kassa_up gauge',
      'kassa_up{process="order"} 1',
      'kassa_up{process="billing"} 0',
      `# HELP kassa_http_requests_in_flight ${FAMILIES.kassa_http_requests_in_flight.help}`,
      '# TYPE kassa_http_requests_in_flight gauge',
      'kassa_http_requests_in_flight 2',
      '',
    ])
  })

  test('of a histogram are cumulative; a value on a bound lies below it', () => {
    const messages = createHistogram([1, 10])
    for (const value of [1, 2, 10, 11]) observe(messages, value)
    assert.deepEqual(
      expose([spread('kassa_turn_messages', messages, { process: 'order' })])
        .split('\n')
        .slice(2),
      [
        'kassa_turn_messages_bucket{process="order",le="1"} 1',
        'kassa_turn_messages_bucket{process="order",le="10"} 3',
        'kassa_turn_messages_bucket{process="order",le="+Inf"} 4',
        'kassa_turn_messages_sum{process="order"} 24',
        'kassa_turn_messages_count{process="order"} 4',
        '',
      ],
    )
  })

  test('of a histogram stay what they were when they were read', () => {
    const messages = createHistogram([1])
    const before = spread('kassa_turn_messages', messages)
    observe(messages, 1)
    assert.deepEqual([before.counts, before.sum], [[0, 0], 0])
  })

  test('have no quote, backslash or line break in a label that would end it', () => {
    assert.match(expose([sample('kassa_up', 1, { process: 'a"b\\c\nd' })]), /^kassa_up\{process="a\\"b\\\\c\\nd"\} 1$/m)
  })

  test('of a name that nobody knows are left out: another version tells them', () => {
    assert.equal(expose([{ name: 'kassa_of_tomorrow', labels: {}, value: 1 }]), '\n')
  })
})

suite('the families', () => {
  for (const [name, { type, help }] of Object.entries<Family>(FAMILIES))
    test(`${name} is named as Prometheus wants it, and says what it is`, () => {
      assert.match(name, /^kassa_[a-z][a-z_]*[a-z]$/)
      assert.equal(type === 'counter', name.endsWith('_total'), 'a counter ends in _total, and nothing else does')
      assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kilobytes|percent|count|sum|bucket)(_|$)/, 'base units')
      assert.match(help, /^[A-Z][^\n\\]+\.$/)
    })
})
