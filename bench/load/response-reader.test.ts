/** What the load generator takes for a response. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createResponseReader } from './response-reader.ts'

const readAll = (...pieces: string[]) => {
  const reader = createResponseReader()
  return pieces.map(piece => reader.take(Buffer.from(piece))).map(response => response?.body.toString())
}

describe('the reader of responses', () => {
  it('gives a response with a length', () => {
    const reader = createResponseReader()
    const response = reader.take(
      Buffer.from('HTTP/1.1 201 Created\r\nOrder-Status: Confirmed\r\nContent-Length: 2\r\n\r\n{}'),
    )

    assert.equal(response?.status, 201)
    assert.equal(response?.body.toString(), '{}')
    assert.match(response?.head ?? '', /\r\nOrder-Status: Confirmed\r\n/)
  })

  it('gives a response whose body comes in chunks', () => {
    assert.deepEqual(
      readAll('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n'),
      ['abc0123456789'],
    )
  })

  for (const text of [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
  ]) {
    const kind = text.includes('chunked') ? 'in chunks' : 'with a length'
    it(`waits for the last byte of a response ${kind}, wherever it is cut`, () => {
      for (let cut = 1; cut < text.length; cut++)
        assert.deepEqual(readAll(text.slice(0, cut), text.slice(cut)), [undefined, 'hello'], `cut at ${cut}`)
      assert.deepEqual(
        readAll(...text).filter(body => body !== undefined),
        ['hello'],
      )
    })
  }

  it('reads one response after another', () => {
    const response = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n'
    assert.deepEqual(readAll(`${response}1`, `${response}2`), ['1', '2'])
  })

  for (const [what, text] of [
    ['that says nothing of its length', 'HTTP/1.1 200 OK\r\nServer: x\r\n\r\n'],
    ['that is longer than it says', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
    ['that is no HTTP/1.1', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['with a chunk of no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ] as const) {
    it(`throws on a response ${what}`, () => {
      assert.throws(() => readAll(text), /Cannot read a response/)
    })
  }
})
