/** The setting of the first id of a kind, which are all alike. */
import type { Variable } from './setting.ts'

/** `KASSA_FIRST_ORDER_ID`, for `ORDER`; `thing` is what it is called in words. */
export function firstId(name: string, standard: string, thing: string): Variable & { standard: string } {
  const wish = 'give a positive integer without leading zeros, at most 9007199254740991'
  return {
    name: `KASSA_FIRST_${name}_ID`,
    standard,
    wish,
    example: standard,
    meaning: `first ${thing} id of a fresh system`,
  }
}
