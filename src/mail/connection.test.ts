/** How far the line to a mail server is trusted, by its URL. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connectionTo } from './connection.ts'

const strict = { tls: { rejectUnauthorized: true } }
const near = { requireTLS: false, tls: { rejectUnauthorized: false } }

const rows: [url: string, connection: object][] = [
  ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, secure: false, requireTLS: true, ...strict }],
  ['smtp://MAIL.example.com:25/', { host: 'mail.example.com', port: 25, secure: false, requireTLS: true, ...strict }],
  ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, secure: true, requireTLS: false, ...strict }],
  ['smtp://192.0.2.1', { host: '192.0.2.1', port: 587, secure: false, requireTLS: true, ...strict }],
  ['smtp://[2001:db8::1]:25', { host: '2001:db8::1', port: 25, secure: false, requireTLS: true, ...strict }],
  // Names that only look near.
  [
    'smtp://127.0.0.1.example.com',
    { host: '127.0.0.1.example.com', port: 587, secure: false, requireTLS: true, ...strict },
  ],
  [
    'smtp://localhost.example.com',
    { host: 'localhost.example.com', port: 587, secure: false, requireTLS: true, ...strict },
  ],
  // What nodemailer would read out of a URL.
  [
    'smtp://mail.example.com?tls.rejectUnauthorized=false&requireTLS=false&ignoreTLS=true',
    { host: 'mail.example.com', port: 587, secure: false, requireTLS: true, ...strict },
  ],
  ['smtp://127.0.0.1:2525', { host: '127.0.0.1', port: 2525, secure: false, ...near }],
  ['smtp://localhost', { host: '127.0.0.1', port: 587, secure: false, ...near }],
  ['smtp://[::1]:25', { host: '::1', port: 25, secure: false, ...near }],
  ['smtps://LOCALHOST', { host: '127.0.0.1', port: 465, secure: true, ...near }],
]

describe('a connection to a mail server', () => {
  for (const [url, connection] of rows)
    it(`${url}: ${'requireTLS' in connection && connection.requireTLS ? 'STARTTLS is demanded' : 'as it stands'}`, () =>
      assert.deepEqual(connectionTo({ url }), connection))

  it('logs in by a user and a password, and must be let in', () => {
    const { auth, forceAuth } = connectionTo({ url: 'smtp://shop%40example.com:p%3Aa%2Fss@mail.example.com' })
    assert.deepEqual(auth, { user: 'shop@example.com', pass: 'p:a/ss' })
    assert.equal(forceAuth, true)
  })
})
