/** Statements that write rows: each value where its column is, whatever the order in the object. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rowInsert, rowStatement } from './row-statement.ts'
import { openMemoryStore } from './store.ts'

type Row = { id: string; amount: number; note: string | null }

const openPurses = () => {
  const store = openMemoryStore()
  store.exec('CREATE TABLE purses (id TEXT PRIMARY KEY, amount INTEGER NOT NULL, note TEXT) STRICT')
  const read = (): Row[] => store.prepare<[], Row>('SELECT * FROM purses ORDER BY id').all()
  return { store, read }
}

describe('a statement that writes a row', () => {
  it('inserts each value into its column', () => {
    const { store, read } = openPurses()
    const insert = rowInsert<Row>(store, 'purses', ['id', 'amount', 'note'])
    insert({ note: null, amount: 100, id: '7' })
    insert({ amount: -1, id: '8', note: 'Ünïcode' })
    assert.deepEqual(read(), [
      { id: '7', amount: 100, note: null },
      { id: '8', amount: -1, note: 'Ünïcode' },
    ])
  })

  it('changes what it names, and no other row', () => {
    const { store, read } = openPurses()
    const insert = rowInsert<Row>(store, 'purses', ['id', 'amount', 'note'])
    insert({ id: '7', amount: 100, note: 'a' })
    insert({ id: '8', amount: 200, note: 'b' })
    const change = rowStatement<Row>(store, 'UPDATE purses SET amount = ? WHERE id = ?', ['amount', 'id'])
    change({ id: '8', amount: 5, note: 'not written' })
    assert.deepEqual(read(), [
      { id: '7', amount: 100, note: 'a' },
      { id: '8', amount: 5, note: 'b' },
    ])
  })

  it('is refused where a value is missing', () => {
    const { store, read } = openPurses()
    const insert = rowInsert<Row>(store, 'purses', ['id', 'amount', 'note'])
    assert.throws(() => insert({ id: '7' } as Row))
    assert.deepEqual(read(), [])
  })
})
