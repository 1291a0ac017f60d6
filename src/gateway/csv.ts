/** Rows as CSV (RFC 4180), safe to open in a spreadsheet. */

// What a spreadsheet would run as a formula (owasp.org/www-community/attacks/CSV_Injection).
const FORMULA = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

/** A header line with the names of `columns`, then a line a row. A value that looks like a formula gets a `'` before it. */
export const csvOf = (columns: readonly string[], rows: readonly Record<string, unknown>[]): string =>
  [columns, ...rows.map(row => columns.map(column => row[column]))].map(lineOf).join('')

const lineOf = (values: readonly unknown[]): string => `${values.map(cellOf).join(',')}\r\n`

const cellOf = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  const text = FORMULA.test(String(value)) ? `'${value}` : String(value)
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Whether an `Accept` header wishes CSV rather than JSON. In doubt it is JSON, which the founding document shows. */
export const prefersCsv = (accept: string | undefined): boolean => {
  const wishes = (accept ?? '').split(',').map(wishOf)
  const best = (...types: string[]) => Math.max(0, ...wishes.filter(({ type }) => types.includes(type)).map(w => w.q))
  return best('text/csv') > best('application/json', 'application/*', '*/*')
}

const wishOf = (text: string): { type: string; q: number } => {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const weight = Number(parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? '1')
  return { type, q: Number.isNaN(weight) ? 0 : weight }
}
