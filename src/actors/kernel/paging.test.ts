/** Pages: how many rows, where the next one begins, and their JSON. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toPage } from './paging.ts'

type Row = { n: number; text: string }

const page = (rows: Row[], limit?: number) =>
  toPage(
    limit,
    most => rows.slice(0, most),
    ({ text }) => ({ text }),
    ({ n }) => n,
  )

const rowsOf = (count: number, text: string): Row[] =>
  Array.from({ length: count }, (_, index) => ({ n: index + 1, text }))

describe('a page', () => {
  it('has as many rows as are asked for, and the number of its last one where more follow', () => {
    const { reply } = page(rowsOf(4, 'tea'), 3)
    assert.deepEqual(reply, { items: [{ text: 'tea' }, { text: 'tea' }, { text: 'tea' }], next_cursor: '3' })
  })

  it('has no cursor where none follow', () => {
    assert.equal(page(rowsOf(3, 'tea'), 3).reply.next_cursor, null)
    assert.deepEqual(page([], 3).reply, { items: [], next_cursor: null })
  })

  it('has its JSON beside it', () => {
    const { reply, text } = page(rowsOf(2, 'чай'), 1)
    assert.equal(text, JSON.stringify(reply))
  })

  // 99,989 bytes as JSON with the comma after it, in UTF-8.
  const large = rowsOf(6, 'ч'.repeat(49_988))

  it('has no more than 400,000 bytes of rows, in its JSON neither', () => {
    const { reply, text } = page(large)
    assert.deepEqual([reply.items.length, reply.next_cursor], [4, '4'])
    assert.equal(text, JSON.stringify(reply))
  })

  it('has only those rows shown that fit, and one more: a thousand long letters take seconds to open', () => {
    let shown = 0
    toPage(
      undefined,
      () => rowsOf(1000, 'a'.repeat(50_000)),
      ({ text }) => {
        shown++
        return { text }
      },
      ({ n }) => n,
    )
    assert.equal(shown, 8)
  })

  it('has one row, however large that is', () => {
    assert.equal(page(rowsOf(2, 'a'.repeat(500_000))).reply.items.length, 1)
  })
})
