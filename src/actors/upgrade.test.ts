/** A store as version 0.1.0 left it, before there was a key for fingerprints. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fingerprintOf } from '../bus/command-id.ts'
import { readHeaders } from '../bus/entry.ts'
import { createSeededRandom } from '../world/seeded-random.ts'
import { openMemoryStore } from './kernel/store.ts'
import { createTestCore, TEST_SETTINGS } from './kernel/test-core.ts'
import { problem } from './kernel/test-outcomes.ts'
import { createToyActor } from './kernel/test-toy.ts'
import { openVault } from './kernel/vault.ts'
import { verifyStore } from './verify-store.ts'

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

describe('a store of an earlier version: a dead letter that is no JSON and was discarded', () => {
  it('is forgotten at the next opening, which verify finds to be what the log says', () => {
    const keys = openMemoryStore()
    const toy = createToyActor()
    const { store, turn, queued, run, core } = createTestCore(toy, { keys })
    turn([queued('Add', '{"email":"ivan@', { id: 'q1' })])
    const { person, sealed } = core.tables.deadLetters.find(1)!
    run('DiscardDeadLetter', { dead_letter_id: 'toy-0-1' })
    // So 0.1.0 left it: the key is there, and no row says that it should not be.
    store.exec('DELETE FROM erased')
    const vault = openVault(keys, createSeededRandom(2))
    vault.seal(person, { body: 'another' })
    vault.flush()

    const reopened = createTestCore(toy, { store, keys })
    assert.deepEqual(reopened.core.tables.erased.all(), [person])
    assert.deepEqual(keys.prepare("SELECT person FROM keys WHERE person LIKE 'letter/%'").all(), [])
    assert.equal(reopened.core.vault.open(person, sealed), undefined)
    assert.deepEqual(verifyStore(toy, reopened.core.address, store, TEST_SETTINGS).faults, [])
  })
})
