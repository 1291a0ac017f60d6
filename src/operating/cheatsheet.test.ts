/** The cheat sheet: what it prints of an installation. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sheetOf } from './cheatsheet.ts'

const things = {
  url: 'http://127.0.0.1:8080',
  natsUrl: 'nats://127.0.0.1:4222',
  user: '7',
  order: '9',
  letter: '11',
  deadLetter: 'billing-0-17',
  real: true,
}

describe('the cheat sheet', () => {
  it('has the addresses and ids of the installation in its lines', () => {
    const lines = sheetOf(things).split('\n')
    for (const line of [
      "curl -s 'http://127.0.0.1:8080/v1/money/balance?user_id=7'",
      'curl -s http://127.0.0.1:8080/v1/orders/9/timeline',
      'curl -s http://127.0.0.1:8080/v1/notifications/11',
      "nats --server nats://127.0.0.1:4222 sub '*.*.event.*.7'",
      'nats --server nats://127.0.0.1:4222 stream view WEBHOOK_0',
      `nats --server nats://127.0.0.1:4222 req billing.0.command.RedriveDeadLetter '{"dead_letter_id":"billing-0-17"}'`,
    ])
      assert.ok(lines.includes(line), line)
    assert.ok(!lines.some(line => line.includes('are examples')))
  })

  it('says that ids are examples where there is no order yet, and leaves out what there is not', () => {
    const sheet = sheetOf({ ...things, letter: undefined, deadLetter: undefined, real: false })
    assert.match(sheet, /user 7 and order 9 are examples/)
    assert.doesNotMatch(sheet, /RedriveDeadLetter|notifications/)
  })
})
