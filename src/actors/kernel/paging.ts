/** Pages of lists that go by an increasing number. */
import type { Refusal } from '../../bus/problem.ts'
import type { Page } from './kernel-contract.ts'

/** The most rows of one page: a reply must stay below the broker's payload limit of 1 MB. */
const MOST_ROWS = 1000
const MOST_BYTES = 400_000

/** Where a list begins that goes from the newest down. */
export const NEWEST = Number.MAX_SAFE_INTEGER

/** What is said to a cursor that is none. */
export const NO_CURSOR: { refusal: Refusal } = {
  refusal: { code: 'invalid_field', detail: '#/cursor: should be what next_cursor gave' },
}

/** The number a cursor stands for; `first` without one, `undefined` for what is no cursor. */
export const readCursor = (cursor: string | undefined, first = 0): number | undefined => {
  if (cursor === undefined) return first
  return /^\d{1,15}$/.test(cursor) ? Number(cursor) : undefined
}

/**
 * A page of at most `limit` rows, shown, and the cursor of the next one; `text` is the same as JSON. `read` gives up to
 * that many rows.
 */
export const toPage = <Row, Shown>(
  limit: number | undefined,
  read: (most: number) => Row[],
  show: (row: Row) => Shown,
  numberOf: (row: Row) => number,
): { reply: Page<Shown>; text: string } => {
  const most = Math.min(limit ?? MOST_ROWS, MOST_ROWS)
  const rows = read(most + 1)
  const items: Shown[] = []
  const texts: string[] = []
  let bytes = 0
  let last: Row | undefined
  // Row by row: a thousand long letters would be opened in order to show forty of them.
  for (const row of rows.slice(0, most)) {
    const item = show(row)
    const text = JSON.stringify(item)
    bytes += Buffer.byteLength(text) + 1
    if (items.length > 0 && bytes > MOST_BYTES) break
    items.push(item)
    texts.push(text)
    last = row
  }
  const more = items.length < rows.length && last !== undefined
  const next_cursor = more ? String(numberOf(last as Row)) : null
  const text = `{"items":[${texts.join(',')}],"next_cursor":${JSON.stringify(next_cursor)}}`
  return { reply: { items, next_cursor }, text }
}
