/** The copies of what was read: a ring for each source. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry } from '../../bus/entry.ts'
import { openCopies } from './copies.ts'
import { openMemoryStore } from './store.ts'

const KEPT_OF_EACH = 10_000

const entry = (seq: number): Entry => ({
  seq,
  subject: 'toy.0.event.Added',
  headers: '',
  body: Buffer.from(`body ${seq}`),
  chain: `chain ${seq}`,
})
const seqs = (entries: Entry[]) => entries.map(({ seq }) => seq)

describe('copies of what was read', () => {
  it('are given as they came, of one source, up to a number and as many as asked', () => {
    const copies = openCopies(openMemoryStore(), ['toy/0', 'other/0'])
    for (const seq of [1, 2, 3]) copies.keep('toy/0', entry(seq))
    copies.keep('other/0', entry(2))
    assert.deepEqual(copies.read('toy/0', 1, 3, 10), [entry(1), entry(2), entry(3)])
    assert.deepEqual(seqs(copies.read('toy/0', 2, 2, 10)), [2])
    assert.deepEqual(seqs(copies.read('toy/0', 1, 3, 2)), [1, 2])
    assert.deepEqual(seqs(copies.read('other/0', 2, 9, 10)), [2])
    assert.deepEqual(copies.read('nobody/0', 1, 9, 10), [])
  })

  it('end where one is missing', () => {
    const copies = openCopies(openMemoryStore(), ['toy/0'])
    for (const seq of [1, 2, 4]) copies.keep('toy/0', entry(seq))
    assert.deepEqual(seqs(copies.read('toy/0', 1, 9, 10)), [1, 2])
  })

  it('are the last ten thousand: the oldest gives way', () => {
    const store = openMemoryStore()
    const copies = openCopies(store, ['toy/0'])
    store.transaction(() => {
      for (let seq = 1; seq <= KEPT_OF_EACH + 2; seq++) copies.keep('toy/0', entry(seq))
    })()
    assert.deepEqual(copies.read('toy/0', 2, 9, 10), [])
    assert.deepEqual(seqs(copies.read('toy/0', 3, KEPT_OF_EACH + 2, 1)), [3])
    assert.equal(copies.read('toy/0', 3, KEPT_OF_EACH + 2, 2 * KEPT_OF_EACH).length, KEPT_OF_EACH)
    assert.equal(store.prepare('SELECT count(*) FROM copies').pluck().get(), KEPT_OF_EACH)
  })

  it('are taken over from another store, where it has any', () => {
    const old = openMemoryStore()
    const before = openCopies(old, ['other/0', 'toy/0'])
    for (const seq of [1, 2]) before.keep('toy/0', entry(seq))
    before.keep('other/0', entry(7))

    const copies = openCopies(openMemoryStore(), ['toy/0'])
    copies.takeOver(openMemoryStore())
    copies.takeOver(old)
    assert.deepEqual(copies.read('toy/0', 1, 9, 10), [entry(1), entry(2)])
  })
})
