/** What a queued command is called, and what its headers say. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Headers } from '../../bus/bus.ts'
import { queuedItemOf } from './queued-item.ts'

const itemWith = (headers: Headers) =>
  queuedItemOf({
    subject: 'order.0.queue.RegisterUser',
    body: Buffer.from('{}'),
    headers,
    fallbackId: '2023-09-07T14:30:00Z/17',
    sentAt: 1000,
    ack: () => {},
  })

describe('a command from the queue', () => {
  it('is named by its sender', () => assert.equal(itemWith({ 'Nats-Msg-Id': 'q1' }).id, 'q1'))

  it('of a bare publish is named by its place in the queue', () =>
    assert.equal(itemWith({}).id, '2023-09-07T14:30:00Z/17'))

  it('of a sender who gave an empty name is named by its place as well', () =>
    assert.equal(itemWith({ 'Nats-Msg-Id': '' }).id, '2023-09-07T14:30:00Z/17'))

  it('of a sender who gave a name too long for an entry is named by its hash, the same each time', () => {
    const [first, again, other] = ['a', 'a', 'b'].map(letter => itemWith({ 'Nats-Msg-Id': letter.repeat(900_000) }).id)
    assert.equal(first, again)
    assert.notEqual(first, other)
    assert.equal(first?.length, 50)
  })

  it('has the sender’s trace, when it is one', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    assert.equal(itemWith({ traceparent: trace }).trace, trace)
    assert.equal(itemWith({ traceparent: 'x'.repeat(900_000) }).trace, undefined)
  })

  it('says what is wanted', () => assert.equal(itemWith({}).name, 'RegisterUser'))

  it('is remembered for a client’s key', () => {
    assert.equal(itemWith({ 'Idempotency-Key': 'k1' }).remember, true)
    assert.equal(itemWith({}).remember, false)
  })
})
