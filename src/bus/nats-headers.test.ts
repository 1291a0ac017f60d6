/** Headers on their way to NATS and back. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MsgHdrsImpl } from '@nats-io/transport-node'
import { fromNats, headersOf, toNats } from './nats-headers.ts'

/** What the other end reads. */
const sent = (pairs: [string, string][]) => {
  const headers = toNats(pairs) as MsgHdrsImpl
  return fromNats(MsgHdrsImpl.decode(headers.encode()))
}

describe('headers of a NATS message', () => {
  it('arrive as they were sent, in any alphabet', () => {
    const headers = { 'Kassa-Reply': '{"ok":{"message":"Ваш заказ #54321"}}', 'Nats-Expected-Last-Sequence': '7' }
    assert.deepEqual(sent(Object.entries(headers)), headers)
  })

  it('keep the first of those that come twice', () => {
    const twice: [string, string][] = [
      ['A', '1'],
      ['A', '2'],
    ]
    assert.deepEqual(sent(twice), { A: '1' })
  })

  it('are left out where there are none', () => {
    assert.equal(toNats([]), undefined)
    assert.deepEqual(fromNats(undefined), {})
  })

  it('are none where a raw client sent what cannot be read, and the message still comes', () => {
    const broken = Buffer.from('NATS/1.0\r\nA: one\nB: two\r\n\r\n')
    assert.throws(() => fromNats(MsgHdrsImpl.decode(broken)))
    assert.deepEqual(
      headersOf(() => MsgHdrsImpl.decode(broken)),
      {},
    )
  })

  for (const pair of [
    ['Kassa-Reply', 'a\r\nNats-Rollup: all'],
    ['Kassa-Reply\nNats-Rollup', 'all'],
  ] as [string, string][])
    it(`are refused with a line break in the ${pair[0].includes('\n') ? 'name' : 'value'}`, () => {
      assert.throws(() => toNats([pair]), /line break/)
    })
})
