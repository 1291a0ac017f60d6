/** When a tortured Kassa counts as being at rest. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { calmTwice } from './rest.ts'

/** Looks that find one thing after the other; the time is over after `inTime` of them. */
const looking = (found: (string | undefined)[], inTime: number) => {
  let looks = 0
  const rest = calmTwice(
    async () => {
      assert.ok(looks < found.length, 'it should look no more')
      return found[looks++]
    },
    () => looks >= inTime,
  )
  return rest.then(reason => ({ reason, looks }))
}

describe('coming to rest', () => {
  it('takes two calm looks in a row', async () => {
    const found = [undefined, 'orders are pending', undefined, undefined]
    assert.deepEqual(await looking(found, 9), { reason: undefined, looks: 4 })
  })

  it('tells what it found when the time is over', async () => {
    assert.deepEqual(await looking(['orders are pending', '1 commands are queued'], 2), {
      reason: '1 commands are queued',
      looks: 2,
    })
  })

  it('gives a first calm look its second, though the time is over', async () => {
    assert.deepEqual(await looking(['orders are pending', undefined, undefined], 2), { reason: undefined, looks: 3 })
    assert.deepEqual(await looking([undefined, 'orders are pending'], 1), { reason: 'orders are pending', looks: 2 })
  })
})
