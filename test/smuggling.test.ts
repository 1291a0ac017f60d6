/** Shapes of HTTP by which one request hides a second from whoever stands in front: each is refused, and none comes through. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { post } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const HIDDEN_USER = '{"first_name":"Hidden","last_name":"Hidden","email":"hidden@example.com"}'
const HIDDEN = `POST /user/create/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${HIDDEN_USER.length}\r\n\r\n${HIDDEN_USER}`
const START = 'POST /user/create/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const SHAPES: Record<string, string> = {
  'a length and chunks': `${START}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'chunks and a length': `${START}Transfer-Encoding: chunked\r\nContent-Length: ${HIDDEN.length + 5}\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'two lengths': `${START}Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'two lengths in one': `${START}Content-Length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a length with a sign': `${START}Content-Length: +0\r\n\r\n${HIDDEN}`,
  'a length that is none': `${START}Content-Length: 0x0\r\n\r\n${HIDDEN}`,
  'an encoding that is not known': `${START}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'chunks that are not last': `${START}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'an encoding twice': `${START}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'a space before the colon': `${START}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'a header that goes on in the next line': `${START}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'a size of a chunk that is none': `${START}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${HIDDEN}`,
  'a size that overflows': `${START}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}0\r\n\r\n${HIDDEN}`,
  'a chunk that is longer than it says': `${START}Transfer-Encoding: chunked\r\n\r\n1\r\nab${HIDDEN}`,
  'a bare line feed': `POST /user/create/ HTTP/1.1\nHost: localhost\nContent-Length: 0\nTransfer-Encoding: chunked\n\n0\n\n${HIDDEN}`,
  'a bare carriage return': `${START}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${HIDDEN}`,
  'a nought in a header': `${START}X: a\0b\r\nContent-Length: 0\r\n\r\n${HIDDEN}`,
  'a version that is none': `POST /user/create/ HTTP/1.9\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n${HIDDEN}`,
}

suite('smuggling', { timeout: 120_000 }, () => {
  let kassa: KassaUnderTest
  before(async () => {
    kassa = await startKassa()
  })
  after(() => kassa?.stop())

  /** What comes back until the other side closes, or nothing more comes. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port, hostname } = new URL(kassa.url)
      const socket = connect(Number(port), hostname, () => socket.write(text))
      let got = ''
      socket.on('data', data => {
        got += data
      })
      socket.setTimeout(2_000, () => socket.destroy())
      socket.on('close', () => resolve(got))
      socket.on('error', fault => (got === '' ? reject(fault) : resolve(got)))
    })

  for (const [what, text] of Object.entries(SHAPES))
    test(`${what} is refused`, async () => {
      const got = await raw(text)
      // One answer, and it is a no.
      assert.match(got, /^HTTP\/1\.1 4\d\d /)
      assert.equal(got.match(/HTTP\/1\.1 \d\d\d /g)?.length, 1, got)
      assert.doesNotMatch(got, /"user_id"/)
    })

  test('two requests that are nothing but two are two, and nobody else was made', async () => {
    // Positive control: what hides in the shapes above is a request that works.
    const two = await raw(
      `${HIDDEN}${HIDDEN.replace('Host: localhost\r\n', 'Host: localhost\r\nConnection: close\r\n')}`,
    )
    assert.deepEqual(two.match(/"user_id":\d+/g), ['"user_id":93493453', '"user_id":93493454'])
    const { json } = await post(kassa.url, '/user/create/', JSON.parse(HIDDEN_USER))
    assert.deepEqual(json, { user_id: 93493455 })
    const chunked = await raw(
      `${START}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(HIDDEN_USER)}0\r\n\r\n`,
    )
    assert.match(chunked, /"user_id":93493456/)
  })
})
