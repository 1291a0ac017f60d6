/** A list read over the pages of its actor. */
import type { Page } from '../actors/kernel/kernel-contract.ts'

/** Reads on from the page `first` until `most` rows are there or none is left; `cursor` is where the rest starts. */
export const readRows = async (
  name: string,
  most: number,
  first: Page<unknown>,
  readPage: (limit: number, cursor: string) => Promise<Page<unknown>>,
): Promise<{ rows: unknown[]; cursor: string | null }> => {
  const rows: unknown[] = []
  // The actor caps a page by its bytes, so that a page always fits into a message.
  for (let page = first; ; page = await readPage(most - rows.length, page.next_cursor)) {
    if (page.items.length === 0 && page.next_cursor !== null)
      throw new Error(`Cannot read ${name}: a page is empty and yet not the last; it should bring a row`)
    rows.push(...page.items)
    if (page.next_cursor === null || rows.length >= most) return { rows, cursor: page.next_cursor }
  }
}
