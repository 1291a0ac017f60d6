/** What the load asks for, and under which keys. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { requestAt } from './requests.ts'

const keyOf = (request: Buffer) => /Idempotency-Key: (\S+)/.exec(request.toString())?.[1]

describe('the requests of a load', () => {
  it('go to the users in turn', () => {
    const request = requestAt('orders', [7, 8])
    const userOf = (index: number) => /"user_id":(\d+)/.exec(request(index).toString())?.[1]
    assert.deepEqual([0, 1, 2].map(userOf), ['7', '8', '7'])
    assert.equal(keyOf(request(0)), undefined)
  })

  for (const kind of ['orders', 'restate'] as const) {
    it(`have each a key of its own where keys are wished for: ${kind}`, () => {
      const request = requestAt(kind, [7, 8], 'round-1')
      assert.deepEqual(
        [0, 1, 2].map(index => keyOf(request(index))),
        ['round-1-0', 'round-1-1', 'round-1-2'],
      )
    })
  }
})
