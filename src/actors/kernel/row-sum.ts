/** A checksum in every row that money rests on: written with the row, checked whenever the row is read. */
import { crc32 } from 'node:zlib'
import { rowInsert } from './row-statement.ts'
import { type Store, StoreDamaged } from './store.ts'

type Value = string | number | null

/** A row as it is written: with the sum of what it says. */
export type Summed<Row> = Row & { sum: number }

/** The sums of the rows of one table. `Row` is a row without its `sum`. */
export type RowSums<Row extends Record<keyof Row, Value>> = {
  /** The row as it is to be written: with its `sum`, a CRC-32 of the table's name and of all that the row says. */
  summed: (row: Row) => Summed<Row>
  /** Inserts rows into the table in `store`, each with its `sum`. */
  insertInto: (store: Store) => (row: Row) => void
  /** `row`, as it was read, `sum` and all. Throws `StoreDamaged` where it is not what was written. */
  proven: (row: Row) => Row
  /** The same for a row that may not be there. */
  provenIfAny: (row: Row | undefined) => Row | undefined
}

/** The column that a table whose rows have sums needs, after all others. */
export const SUM_COLUMN = 'sum INTEGER NOT NULL'

/**
 * The sums of the rows of `table`, which has `columns`, its key among them: a row of another key, or of another table,
 * has another sum. What `proven` is given must have all of them.
 */
export const rowSums = <Row extends Record<keyof Row, Value>>(
  table: string,
  columns: readonly (keyof Row & string)[],
): RowSums<Row> => {
  // As JSON: 1, "1" and null are told apart, and so is where one value ends.
  const sumOf = (row: Row): number => {
    const said: Value[] = [table]
    for (const column of columns) said.push(row[column])
    return crc32(JSON.stringify(said))
  }

  const proven = (row: Row): Row => {
    if ((row as Row & { sum?: unknown }).sum === sumOf(row)) return row
    throw new StoreDamaged(
      `the row of ${columns[0]} ${row[columns[0] as keyof Row]} in ${table} is not what was written`,
    )
  }

  const summed = (row: Row): Summed<Row> => ({ ...row, sum: sumOf(row) })

  return {
    summed,
    insertInto: store => {
      const insert = rowInsert<Summed<Row>>(store, table, [...columns, 'sum'])
      return row => insert(summed(row))
    },
    proven,
    provenIfAny: row => row && proven(row),
  }
}
