/** Giving back memory after a start: later, and then at once. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { giveBackMemory } from './give-back.ts'
import { isBun, isDeno } from './runtime.ts'

it('garbage is collected, though not before a rest', { skip: isDeno || isBun }, async () => {
  const garbage = new WeakRef({ some: 'thing' })
  const restMs = 50
  // What was made in this turn of the event loop is kept until it is over.
  const running = setInterval(() => {}, 1_000)
  const began = performance.now()
  await giveBackMemory(restMs)
  clearInterval(running)

  assert.ok(performance.now() - began >= restMs - 1)
  assert.equal(garbage.deref(), undefined)
})
