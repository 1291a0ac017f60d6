/** The machine's own randomness: as many bytes as were asked for, and none of them twice. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemRandom } from './random.ts'

describe('random bytes', () => {
  it('are as many as were asked for', () => {
    for (const length of [0, 1, 4, 12, 16, 17, 32, 5000]) assert.equal(systemRandom.bytes(length).length, length)
  })

  it('are never given out twice, and lie in no others', () => {
    const all = Array.from({ length: 5000 }, () => systemRandom.bytes(12))
    const seen = new Set(all.map(bytes => bytes.toString('hex')))
    assert.equal(seen.size, all.length)
    all[0]?.fill(0)
    assert.equal(all.filter(bytes => bytes.every(byte => byte === 0)).length, 1)
  })

  it('of a key are in memory of their own', () => {
    const key = systemRandom.bytes(32)
    const pooled = systemRandom.bytes(12)
    assert.notEqual(key.buffer, pooled.buffer)
  })
})
