/** The key of a command: the client's own, or one of ours that tells its time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemRandom } from '../world/random.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { commandKeyOf } from './command-key.ts'
import type { Exchange } from './exchange.ts'

const keyWith = (clock: ReturnType<typeof createVirtualClock>, header?: string) =>
  commandKeyOf({ req: { header: () => header } } as unknown as Exchange, { random: systemRandom, clock })

describe('the key of a command', () => {
  it('is a UUID of version 7 where the client gives none: 48 bits of time, and the rest nobody can guess', async () => {
    const clock = createVirtualClock({ start: Date.UTC(2026, 10, 30) })
    const first = keyWith(clock)
    assert.equal(first.given, false)
    assert.match(first.text, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(Number.parseInt(first.text.replace('-', '').slice(0, 12), 16), Date.UTC(2026, 10, 30))
    assert.notEqual(keyWith(clock).text, first.text)
    await clock.advance(1)
    assert.ok(keyWith(clock).text > first.text, 'a later one stands behind it')
  })

  it('is the client’s where he gives one', () => {
    const clock = createVirtualClock({ start: 0 })
    assert.deepEqual(keyWith(clock, 'my key'), { text: 'my key', given: true })
    assert.deepEqual(keyWith(clock, '"my \\"key\\""'), { text: 'my "key"', given: true })
  })
})
