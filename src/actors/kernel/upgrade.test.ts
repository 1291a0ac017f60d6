/** A store as version 0.1.0 left it, before there was a key for fingerprints. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fingerprintOf } from '../../bus/command-id.ts'
import { readHeaders } from '../../bus/entry.ts'
import { createTestCore } from './test-core.ts'
import { problem } from './test-outcomes.ts'
import { createToyActor } from './test-toy.ts'

const body = { name: 'a', by: 2 }

/** A log whose first entry answers `command`, with the plain fingerprint that 0.1.0 wrote. */
const oldLog = (command: string) => {
  const bench = createTestCore(createToyActor())
  const { core } = bench
  core.transaction(() =>
    core.append(
      { type: 'Added', data: { ...body, total: 2 } },
      { command, fingerprint: fingerprintOf(body) },
      undefined,
      () => '{"ok":{"total":2}}',
    ),
  )
  return bench
}

describe('a store of an earlier version: a key that it has seen', () => {
  it('gets the same reply for the same body', () => {
    const { run } = oldLog('-/Add/k1')
    assert.deepEqual(run('Add', body, { key: 'k1' }), { kind: 'reply', reply: { total: 2 }, replayed: true })
  })

  it('is refused for another body', () => {
    const { run, types } = oldLog('-/Add/k1')
    assert.equal(problem(run('Add', { name: 'a', by: 3 }, { key: 'k1' })), 'idempotency_key_reused')
    assert.deepEqual(types(), ['Added'])
  })

  it('is carried out once when it comes through the queue again', () => {
    const { turn, queued, types } = oldLog('q1')
    turn([queued('Add', body, { id: 'q1' })])
    assert.deepEqual(types(), ['Added'])
  })

  it('makes a dead letter of other content in the queue', () => {
    const { turn, queued, core } = oldLog('q1')
    turn([queued('Add', { name: 'a', by: 3 }, { id: 'q1' })])
    assert.equal(core.tables.deadLetters.find(2)?.reason, 'content_mismatch')
  })

  it('can be told from one of today, whose fingerprint is under a key', () => {
    const { run, core } = oldLog('-/Add/k1')
    run('Add', body, { key: 'k2' })
    const [old, today] = core.log.read(1, 2).map(entry => readHeaders(entry.headers).fingerprint)
    assert.match(old!, /^[\w-]{22}$/)
    assert.match(today!, /^k:[\w-]{22}$/)
  })
})
