/** A store whose statements are prepared when they are first used: a run opens many stores, and uses few statements of each. */
import type { Statement } from 'better-sqlite3'
import type { Store } from '../../src/actors/kernel/store.ts'

/** Makes `store` prepare late. What can't be prepared is thrown where it is used. */
export const preparingLate = (store: Store): Store => {
  const prepare = store.prepare.bind(store)
  store.prepare = ((sql: string) => new LateStatement(() => prepare(sql))) as unknown as Store['prepare']
  return store
}

/** As much of a statement as the product uses. */
class LateStatement {
  #make: () => Statement
  #statement: Statement | undefined
  constructor(make: () => Statement) {
    this.#make = make
  }
  get #made(): Statement {
    this.#statement ??= this.#make()
    return this.#statement
  }
  pluck(): this {
    return this.#then(statement => statement.pluck())
  }
  raw(): this {
    return this.#then(statement => statement.raw())
  }
  #then(change: (statement: Statement) => Statement): this {
    const make = this.#make
    this.#make = () => change(make())
    return this
  }
  get(...values: unknown[]): unknown {
    return this.#made.get(...values)
  }
  all(...values: unknown[]): unknown[] {
    return this.#made.all(...values)
  }
  run(...values: unknown[]): unknown {
    return this.#made.run(...values)
  }
  iterate(...values: unknown[]): IterableIterator<unknown> {
    return this.#made.iterate(...values)
  }
  columns(): unknown[] {
    return this.#made.columns()
  }
}
