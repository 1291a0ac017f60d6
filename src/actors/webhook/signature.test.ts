/** The signature of a webhook, against the example of the specification's own libraries. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { secretOf, signatureOf } from './signature.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' }
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

describe('the signature of a webhook', () => {
  it('is that of the specification’s example', () => assert.equal(signatureOf([secret], message), signature))

  it('is one for each secret, apart by a space, while two are in use', () => {
    const other = secretOf(Buffer.alloc(32, 7))
    const both = signatureOf([secret, other], message).split(' ')
    assert.deepEqual([both.length, both[0], both[1]], [2, signature, signatureOf([other], message)])
  })

  it('changes with the id, the time and every byte of the body', () => {
    const changed = [{ id: 'msg_2' }, { timestamp: 1614265331 }, { body: '{"test": 2432232315}' }]
    for (const change of changed) assert.notEqual(signatureOf([secret], { ...message, ...change }), signature)
  })
})

describe('a secret', () => {
  it('is whsec_ and the base64 of its bytes', () =>
    assert.equal(secretOf(Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')), secret))
})
