/** Tokens of somebody else's login: which let in, and whom. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { exitCodeOf, exitCodes } from '../exit.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createJwtReader, KeysAway } from './jwt.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')
const NOW_S = NOW / 1000
const ISSUER = 'https://login.example.com/'
const GOOD: JWTPayload = { iss: ISSUER, aud: 'kassa', sub: '93493453', exp: NOW_S + 60 }

suite('tokens', () => {
  let dir: string
  let jwks: string
  let keys: Awaited<ReturnType<typeof generateKeyPair>>
  let others: Awaited<ReturnType<typeof generateKeyPair>>

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kassa-jwt-'))
    jwks = join(dir, 'jwks.json')
    keys = await generateKeyPair('ES256')
    others = await generateKeyPair('ES256')
    writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' }] }))
  })
  after(() => rmSync(dir, { recursive: true }))

  const reader = (place = jwks) =>
    createJwtReader(
      { issuer: ISSUER, audience: 'kassa', jwks: place, algorithm: 'ES256' },
      createVirtualClock({ start: NOW }),
    )
  const sign = (payload: JWTPayload, key = keys.privateKey, header = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(key)

  test('a good one is its subject, and sees that user alone', async () => {
    assert.deepEqual(await reader()(await sign(GOOD)), { name: 'user:93493453', role: 'client', user: '93493453' })
  })

  const wrong: Record<string, JWTPayload> = {
    'past its end': { ...GOOD, exp: NOW_S - 60 },
    'without an end': { ...GOOD, exp: undefined },
    'not yet good': { ...GOOD, nbf: NOW_S + 60 },
    'of another issuer': { ...GOOD, iss: 'https://evil.example/' },
    'of no issuer': { ...GOOD, iss: undefined },
    'for another audience': { ...GOOD, aud: 'shop' },
    'for nobody': { ...GOOD, aud: undefined },
    'of no subject': { ...GOOD, sub: undefined },
    'of a subject that is no user': { ...GOOD, sub: 'auth0|1/CreateOrder' },
    'of an empty subject': { ...GOOD, sub: '' },
  }
  for (const [what, payload] of Object.entries(wrong))
    test(`one ${what} is nobody's`, async () => assert.equal(await reader()(await sign(payload)), undefined))

  test('one of another key is nobody’s', async () =>
    assert.equal(await reader()(await sign(GOOD, others.privateKey)), undefined))

  test('one of another algorithm is nobody’s: none, and the public key as a shared secret', async () => {
    assert.equal(await reader()(new UnsecuredJWT(GOOD).encode()), undefined)
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)))
    const shared = await new SignJWT(GOOD).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret)
    assert.equal(await reader()(shared), undefined)
  })

  test('one that was changed is nobody’s', async () => {
    const [head, , signature] = (await sign(GOOD)).split('.')
    const other = Buffer.from(JSON.stringify({ ...GOOD, sub: '1' })).toString('base64url')
    assert.equal(await reader()(`${head}.${other}.${signature}`), undefined)
  })

  test('what is no token is nobody’s', async () => {
    for (const text of ['', 'a', 'a.b', 'a.b.c', '..', `${'a'.repeat(9000)}.b.c`])
      assert.equal(await reader()(text), undefined)
  })

  test('a file that has no keys is a bad configuration', () => {
    for (const [name, text] of [
      ['none', undefined],
      ['rubbish', 'x'],
      ['empty', '{}'],
    ] as const) {
      const place = join(dir, name)
      if (text !== undefined) writeFileSync(place, text)
      assert.throws(
        () => reader(place),
        fault => exitCodeOf(fault) === exitCodes.configuration,
      )
    }
  })

  test('keys at a URL are fetched; while they are away nobody can tell', async () => {
    let body: string | undefined
    const server = createServer((_, response) => {
      response.statusCode = body === undefined ? 503 : 200
      response.end(body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    try {
      await assert.rejects(reader(place)(await sign(GOOD)), KeysAway)
      body = 'rubbish'
      await assert.rejects(reader(place)(await sign(GOOD)), KeysAway)
      body = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' }] })
      assert.equal((await reader(place)(await sign(GOOD)))?.user, '93493453')
      assert.equal(await reader(place)(await sign(GOOD, others.privateKey)), undefined)
    } finally {
      server.close()
      server.closeAllConnections()
    }
    await assert.rejects(reader(place)(await sign(GOOD)), KeysAway)
  })
})
