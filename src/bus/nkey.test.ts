/** Nkeys: the same as the client's, which are signed and checked by code of their own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAccount, createCurve, createUser, fromPublic, fromSeed } from '@nats-io/nkeys'
import { nkeyAuthenticator, nkeyOf } from './nkey.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('nkeys', () => {
  it('have the public key that the client gives them', () => {
    for (const pair of [...Array.from({ length: 20 }, createUser), createAccount()]) {
      assert.equal(nkeyOf(pair.getSeed()).publicKey, pair.getPublicKey())
    }
  })

  it('sign as the client does', () => {
    const pair = createUser()
    const { publicKey, sign } = nkeyOf(pair.getSeed())

    assert.deepEqual(Buffer.from(sign('a nonce'), 'base64'), Buffer.from(pair.sign(bytes('a nonce'))))
    assert.ok(fromPublic(publicKey).verify(bytes('a nonce'), Buffer.from(sign('a nonce'), 'base64')))
  })

  it('answer the nonce of a broker, and without one tell only who comes', () => {
    const nkey = nkeyOf(createUser().getSeed())
    const authenticate = nkeyAuthenticator(nkey)

    assert.deepEqual(authenticate('a nonce'), { nkey: nkey.publicKey, sig: nkey.sign('a nonce') })
    assert.deepEqual(authenticate(), { nkey: nkey.publicKey, sig: '' })
  })

  it('are refused where a letter of the seed is wrong, missing or too many', () => {
    const seed = Buffer.from(createUser().getSeed()).toString()
    assert.doesNotThrow(() => nkeyOf(bytes(seed)))

    const swapped = seed.slice(0, 20) + (seed[20] === 'A' ? 'B' : 'A') + seed.slice(21)
    const wrong = [swapped, seed.slice(0, -1), `${seed}AA`, seed.toLowerCase(), '', 'SU', 'no seed']
    for (const text of wrong) assert.throws(() => nkeyOf(bytes(text)), `'${text}' is refused`)
  })

  it('are refused where they are of those that do not sign, or public', () => {
    assert.throws(() => nkeyOf(createCurve().getSeed()))
    assert.throws(() => nkeyOf(bytes(fromSeed(createUser().getSeed()).getPublicKey())))
  })
})
