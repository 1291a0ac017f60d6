/** The notification actor's tables: however many letters there are, none is looked for by looking at all. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryStore, type Store } from '../kernel/store.ts'
import { openNotificationTables } from './tables.ts'

/** How SQLite answers each question of the tables, a line a step, by the question. */
const plansOf = (change: (sql: string) => string = sql => sql): Map<string, string[]> => {
  const store = openMemoryStore()
  const asked: string[] = []
  const noting = {
    exec: (sql: string) => store.exec(change(sql)),
    prepare: (sql: string) => {
      asked.push(sql)
      return store.prepare(sql)
    },
  } as unknown as Store
  openNotificationTables(noting)

  const plans = asked.map((sql): [string, string[]] => {
    const named = [...sql.matchAll(/@(\w+)/g)].map(([, name]): [string, null] => [name as string, null])
    const unnamed = [...sql.matchAll(/\?/g)].map(() => null)
    const explain = store.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    const steps = named.length > 0 ? explain.all(Object.fromEntries(named)) : explain.all(...unnamed)
    return [sql.replace(/\s+/g, ' '), steps.map(({ detail }) => detail)]
  })
  return new Map(plans)
}

/** Looking through what waits for the mail server alone is counting it. */
const isSlow = (step: string): boolean =>
  step.startsWith('USE TEMP B-TREE') || (step.startsWith('SCAN') && !step.includes('letters_to_send'))

const slowOnes = (plans: Map<string, string[]>): string[] =>
  [...plans].filter(([, steps]) => steps.some(isSlow)).map(([sql]) => sql)

describe('the questions of the notification actor', () => {
  it('go by an index, all of them, and are answered in order without sorting', () => {
    const plans = plansOf()
    assert.ok(plans.size > 15)
    assert.deepEqual(slowOnes(plans), [])
  })

  it('for all letters, the newest first, go by the index that fits', () => {
    const plans = [...plansOf()].filter(([sql]) => /ORDER BY message_id DESC/.test(sql)).map(([, steps]) => steps)
    assert.deepEqual(plans, [
      ['SEARCH letters USING INTEGER PRIMARY KEY (rowid<?)'],
      ['SEARCH letters USING INDEX letters_of_user (user_id=? AND message_id<?)'],
      ['SEARCH letters USING INDEX letters_by_status (status=? AND rowid<?)'],
    ])
  })

  it('would look at all letters without their indices: this test would see it', () => {
    const without = plansOf(sql => sql.replace(/CREATE INDEX[^;]*letters_of_user[^;]*;/, ''))
    assert.ok(slowOnes(without).length > 0, [...without.values()].flat().join('\n'))
  })
})
