/** One entry: its chain, its headers, and its way into a message and back. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chainOf, type EntryHeaders, follows, headerText, NO_CHAIN, readHeaders, writeHeaders } from './entry.ts'
import { entryHeaders, entryOf } from './entry-message.ts'

const body = Buffer.from('{"type":"OrderCreated"}')

describe('the chain', () => {
  // This must never change: every log that there is was written with it.
  it('of the first entry is what it always was', () =>
    assert.equal(chainOf(NO_CHAIN, body, 'Kassa-Command: k1\n'), 'Ho_kKo-glipkg1ujvWAEm8jQTXEi7mSwv4IBv3j8Fcc'))

  it('is another for another byte, other headers, another past', () => {
    const chains = new Set([
      chainOf(NO_CHAIN, body, ''),
      chainOf('another past', body, ''),
      chainOf(NO_CHAIN, Buffer.from('{"type":"OrderCreatex"}'), ''),
      chainOf(NO_CHAIN, body, 'Kassa-Command: k1\n'),
    ])
    assert.equal(chains.size, 4)
  })

  it('tells body and headers apart, though their bytes in a row are the same', () =>
    assert.notEqual(
      chainOf(NO_CHAIN, Buffer.from('{}Kassa'), '-Command: k1\n'),
      chainOf(NO_CHAIN, Buffer.from('{}'), 'Kassa-Command: k1\n'),
    ))

  it('is the same for the same bytes, whatever kind of array holds them', () =>
    assert.equal(chainOf('a', new Uint8Array(body), ''), chainOf('a', body, '')))

  it('follows only the chain before it', () => {
    const entry = { body, headers: 'Kassa-Command: k1\n', chain: chainOf('past', body, 'Kassa-Command: k1\n') }
    assert.ok(follows('past', entry))
    assert.ok(!follows(NO_CHAIN, entry))
    assert.ok(!follows('past', { ...entry, headers: '' }))
    assert.ok(!follows('past', { ...entry, chain: '' }))
  })
})

describe('an entry’s headers', () => {
  const full: EntryHeaders = {
    command: '-/CreateUser/ключ? no: k1',
    fingerprint: 'f1',
    reply: '{"ok":{"name":"Zoë Иванова 😀","note":"a: b\\nc"}}',
    cause: { source: 'order/0', seq: 17, chain: 'abc_-' },
  }

  it('are lines in one order', () =>
    assert.equal(
      writeHeaders({ cause: full.cause!, reply: '{"ok":{}}', command: 'k1', fingerprint: 'f1' }),
      'Kassa-Command: k1\nKassa-Fingerprint: f1\nKassa-Reply: {"ok":{}}\nKassa-Cause: order/0 17 abc_-\n',
    ))

  it('are an empty text where there are none', () => {
    assert.equal(writeHeaders({}), '')
    assert.deepEqual(readHeaders(''), {})
  })

  it('read back as they were written, a reply in any language as well', () =>
    assert.deepEqual(readHeaders(writeHeaders(full)), full))

  it('read back whatever JSON a reply holds', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), reply => {
        assert.equal(readHeaders(writeHeaders({ reply })).reply, reply)
      }),
    )
  })

  it('that nobody could have written are refused', () => {
    assert.throws(() => readHeaders('no name\n'), /has no name; the log is damaged/)
    assert.throws(() => readHeaders('Kassa-Cause: order/0 17\n'), /it needs source, number and chain/)
  })
})

describe('an entry as a message', () => {
  const headers = writeHeaders({ command: 'k1', reply: '{"ok":{"name":"Zoë"}}' })
  const entry = {
    seq: 2,
    subject: 'order.0.event.OrderCreated.7',
    headers,
    body,
    chain: chainOf('past', body, headers),
  }

  it('carries its chain as id, and expects the number and the chain before it', () => {
    assert.deepEqual(Object.fromEntries(entryHeaders(entry, 'past')), {
      'Kassa-Command': 'k1',
      'Kassa-Reply': '{"ok":{"name":"Zoë"}}',
      'Nats-Msg-Id': entry.chain,
      'Nats-Expected-Last-Sequence': '1',
      'Nats-Expected-Last-Msg-Id': 'past',
    })
  })

  it('expects only the number where it is the first: an empty stream knows no last id', () => {
    const first = Object.fromEntries(entryHeaders({ ...entry, seq: 1 }, NO_CHAIN))
    assert.equal(first['Nats-Expected-Last-Sequence'], '0')
    assert.ok(!('Nats-Expected-Last-Msg-Id' in first))
  })

  it('comes back the same', () => {
    const sent = Object.fromEntries(entryHeaders(entry, 'past'))
    assert.deepEqual(entryOf(2, entry.subject, entry.body, sent), entry)
  })

  it('of a foreign writer has no chain and none of the headers that are not ours', () =>
    assert.deepEqual(entryOf(3, 'order.0.event.X._', body, { 'X-Other': 'yes', 'Kassa-Command': 'k1' }), {
      seq: 3,
      subject: 'order.0.event.X._',
      body,
      headers: 'Kassa-Command: k1\n',
      chain: '',
    }))

  it('leaves out a header that is there and empty: nobody writes one', () =>
    assert.equal(
      headerText(name => (name === 'Kassa-Command' ? '' : undefined)),
      '',
    ))
})
