/** The vault: what is personal can be read with its key, and with nothing else. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createSeededRandom } from '../../world/seeded-random.ts'
import { openMemoryStore, openStore } from './store.ts'
import { createTestCore } from './test-core.ts'
import { createToyActor } from './test-toy.ts'
import { openVault } from './vault.ts'

const createBench = () => {
  const keys = openMemoryStore()
  const random = createSeededRandom(1)
  const persons = () => keys.prepare<[], string>('SELECT person FROM keys ORDER BY person').pluck().all()
  return { keys, vault: openVault(keys, random), persons, openAgain: () => openVault(keys, random) }
}

const ivan = { first_name: 'Иван', email: 'ivan@example.com' }

describe('the vault', () => {
  it('hashes alike what is alike, also when it was opened again, and otherwise than with another key', () => {
    const { vault, openAgain } = createBench()
    const hash = vault.keyed('a body')
    vault.flush()
    assert.equal(openAgain().keyed('a body'), hash)
    assert.notEqual(vault.keyed('another'), hash)
    const otherKey = openVault(openMemoryStore(), createSeededRandom(2))
    assert.notEqual(otherKey.keyed('a body'), hash)
    assert.deepEqual([vault.isKeyed(hash, 'a body'), vault.isKeyed(hash, 'another')], [true, false])
    assert.equal(otherKey.isKeyed(hash, 'a body'), undefined, 'nobody can tell')
  })

  it('opens what it sealed, at once and after its keys were put on the disk', () => {
    const { vault, openAgain } = createBench()
    const sealed = vault.seal('7', ivan)
    assert.deepEqual(vault.open('7', sealed), ivan)
    vault.flush()
    assert.deepEqual(vault.open('7', sealed), ivan)
    assert.deepEqual(openAgain().open('7', sealed), ivan)
  })

  it('shows nothing of what it sealed, and not that two are the same', () => {
    const { vault } = createBench()
    const sealed = vault.seal('7', ivan)
    assert.doesNotMatch(Buffer.from(sealed, 'base64').toString('utf8'), /Иван|ivan|first_name/)
    assert.notEqual(vault.seal('7', ivan), sealed)
  })

  it('makes one key a person, and keeps it', () => {
    const { vault, persons, openAgain } = createBench()
    const first = vault.seal('7', ivan)
    vault.flush()
    const later = openAgain()
    const second = later.seal('7', { message: 'hello' })
    later.seal('8', { message: 'hello' })
    later.flush()
    assert.deepEqual(persons(), ['7', '8'])
    assert.deepEqual(openAgain().open('7', first), ivan)
    assert.deepEqual(openAgain().open('7', second), { message: 'hello' })
  })

  it('does not open with the key of another person', () => {
    const { vault } = createBench()
    const sealed = vault.seal('7', ivan)
    vault.seal('8', ivan)
    assert.equal(vault.open('8', sealed), undefined)
  })

  it('does not open what was changed', () => {
    const { vault } = createBench()
    const bytes = Buffer.from(vault.seal('7', ivan), 'base64')
    for (const at of [0, 20, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      assert.equal(vault.open('7', changed.toString('base64')), undefined)
    }
  })

  it('does not open what another keys file sealed for the same person', () => {
    const sealed = openVault(openMemoryStore(), createSeededRandom(2)).seal('7', ivan)
    const { vault } = createBench()
    vault.seal('7', ivan)
    assert.equal(vault.open('7', sealed), undefined)
  })

  it('opens nothing of a person it never knew', () => {
    const { vault, openAgain } = createBench()
    const sealed = vault.seal('7', ivan)
    // Never flushed: as after a crash before the commit.
    assert.equal(openAgain().open('7', sealed), undefined)
  })

  it('opens nothing of an erased person, now and later', () => {
    const { vault, persons, openAgain } = createBench()
    const sealed = vault.seal('7', ivan)
    vault.flush()
    vault.erase('7')
    assert.equal(vault.open('7', sealed), undefined)
    assert.equal(openAgain().open('7', sealed), undefined)
    assert.deepEqual(persons(), [])
  })

  it('leaves no byte of an erased key in its files, while they are open', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kassa-vault-'))
    const path = join(directory, 'toy-0.keys.db')
    const store = openStore(path)
    const bytesOf = () => Buffer.concat([path, `${path}-wal`].map(file => readFileSync(file)))
    try {
      const vault = openVault(store, createSeededRandom(1))
      vault.seal('7', ivan)
      vault.seal('8', ivan)
      vault.flush()
      const key = store.prepare<[], Buffer>("SELECT key FROM keys WHERE person = '7'").pluck().get() as Buffer
      assert.ok(bytesOf().includes(key))
      vault.erase('7')
      assert.ok(!bytesOf().includes(key))
    } finally {
      store.close()
      rmSync(directory, { recursive: true })
    }
  })

  it('forgets a key that was erased before it ever was on the disk', () => {
    const { vault, persons } = createBench()
    const sealed = vault.seal('7', ivan)
    vault.erase('7')
    vault.flush()
    assert.equal(vault.open('7', sealed), undefined)
    assert.deepEqual(persons(), [])
  })
})

describe('the vault: in a turn', () => {
  it('has the key on the disk before what it sealed is committed', () => {
    const { keys, persons } = createBench()
    let atCommit: string[] = []
    const bench = createTestCore(createToyActor(), { keys, beforeCommit: () => (atCommit = persons()) })
    bench.turn([bench.queued('Add', 'no JSON', { id: 'q1' })])
    assert.deepEqual(bench.types(), ['DeadLettered'])
    assert.deepEqual(atCommit, ['/hashes', bench.core.tables.deadLetters.find(1)!.person])
  })

  it('still seals with that key when the commit failed and is tried again', () => {
    const { keys, openAgain, persons } = createBench()
    let fails = true
    const bench = createTestCore(createToyActor(), {
      keys,
      beforeCommit: () => {
        if (fails) throw Object.assign(new TypeError('a bug'))
      },
    })
    const item = bench.queued('Add', 'no JSON', { id: 'q1' })
    bench.turn([item])
    assert.equal(bench.core.log.head(), 0)

    fails = false
    bench.turn([item])
    const row = bench.core.tables.deadLetters.find(1)
    assert.deepEqual(openAgain().open(row!.person, row!.sealed), { body: 'no JSON' })
    assert.deepEqual(persons(), ['/hashes', row!.person], 'no other key was left')
  })
})
