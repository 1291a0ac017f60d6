/** Which part that is given up ends everything: none but the one that is all parts, once all was ready. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exitCodes } from '../exit.ts'
import { endsTheStart } from './ends-the-start.ts'

const { configuration, failed, unavailable } = exitCodes
const ONE = 'gateway and actors'

const cases: [part: string, exitCode: number, before: number | undefined, later: number | undefined][] = [
  ['gateway', failed, unavailable, undefined],
  ['nats-server', failed, unavailable, undefined],
  ['order', failed, undefined, undefined],
  ['order', configuration, configuration, undefined],
  [ONE, failed, unavailable, unavailable],
  [ONE, configuration, configuration, configuration],
]

describe('a part that is given up', () => {
  for (const [part, exitCode, before, later] of cases)
    it(`is ${part}, which ended with ${exitCode}`, () => {
      const happening = { what: 'gave up', part, reason: 'it died', exitCode } as const
      assert.equal(endsTheStart(happening, { wasReady: false }), before)
      assert.equal(endsTheStart(happening, { wasReady: true }), later)
    })

  it('is not one that died and is started again', () => {
    const happening = { what: 'died', part: ONE, reason: 'it died', restartInMs: 100 } as const
    assert.equal(endsTheStart(happening, { wasReady: true }), undefined)
  })
})
