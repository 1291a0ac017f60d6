/** Sums of rows: whatever is changed in a row, wherever it comes from, is found when it is read. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rowSums } from './row-sum.ts'
import { openMemoryStore, StoreDamaged } from './store.ts'

type Row = { id: string; amount: number; note: string | null }

const NAMES = ['id', 'amount', 'note'] as const
const sums = rowSums<Row>('purses', NAMES)
const row: Row = { id: '7', amount: 100, note: null }
const damaged = (id: string) => new StoreDamaged(`the row of id ${id} in purses is not what was written`)

describe('the sum of a row', () => {
  it('is written with it, and proves it when it is read', () => {
    const store = openMemoryStore()
    store.exec('CREATE TABLE purses (id TEXT PRIMARY KEY, amount INTEGER, note TEXT, sum INTEGER) STRICT')
    const rows: Row[] = [row, { id: 'Ünïcode 🛒', amount: -(2 ** 53 - 1), note: '' }]
    for (const written of rows)
      store.prepare('INSERT INTO purses VALUES (@id, @amount, @note, @sum)').run(sums.summed(written))
    const read = store.prepare<[], Row>('SELECT * FROM purses ORDER BY id').all()
    assert.deepEqual(read.map(sums.proven), rows.map(sums.summed))
    assert.deepEqual(read.map(sums.provenIfAny), rows.map(sums.summed))
  })

  it('is of what a changed row says, not of what the row said before', () => {
    const changed = { ...sums.summed(row), amount: 50 }
    assert.equal(sums.proven(sums.summed(changed)).amount, 50)
  })

  it('says nothing of a row that is not there', () => {
    assert.equal(sums.provenIfAny(undefined), undefined)
  })

  const others: [what: string, row: Row][] = [
    ['another amount', { ...row, amount: 101 }],
    ['another key', { ...row, id: '6' }],
    ['a text instead of nothing', { ...row, note: 'null' }],
    ['an empty text instead of nothing', { ...row, note: '' }],
  ]
  for (const [what, other] of others)
    it(`proves a row with ${what} wrong`, () => {
      const { sum } = sums.summed(row)
      assert.throws(() => sums.proven({ ...other, sum } as Row), damaged(other.id))
      assert.throws(() => sums.provenIfAny({ ...other, sum } as Row), damaged(other.id))
    })

  it('proves a row of another table wrong, though it says the same', () => {
    const elsewhere = rowSums<Row>('debts', NAMES)
    assert.throws(() => sums.proven(elsewhere.summed(row)), damaged('7'))
  })

  it('proves a row without a sum wrong', () => {
    assert.throws(() => sums.proven(row), damaged('7'))
  })
})
