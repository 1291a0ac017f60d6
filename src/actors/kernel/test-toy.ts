/** A small actor: counters, with every way in which rules can decide. For tests only. */
import { z } from 'zod'
import { id } from '../values.ts'
import type { ActorDefinition, Effect } from './actor.ts'
import { type Decision, happened, nothing, refuse } from './decision.ts'
import type { AppliedEvent } from './event.ts'
import { defineActorContract } from './kernel-contract.ts'
import type { Store } from './store.ts'

/** A rule that is asked to add this much has a bug. */
export const BUG = 13

/** A counter ends here; what would go beyond is refused. */
const MOST = 100

const toyContract = defineActorContract({
  actor: 'toy',
  summary: 'counters',
  commands: {
    Add: {
      summary: 'add to a counter; to add 0 changes nothing',
      body: z.strictObject({ name: id, by: z.int() }),
      reply: z.object({ total: z.int() }),
      refusals: ['invalid_quantity'],
    },
    Expect: {
      summary: 'note that a counter stands at least so high, once it does',
      body: z.strictObject({ name: id, least: z.int() }),
      reply: z.object({}),
      refusals: ['not_found'],
      queueOnly: true,
    },
  },
  queries: {
    GetTotal: {
      summary: 'where a counter stands',
      body: z.strictObject({ name: id }),
      reply: z.object({ total: z.int() }),
      refusals: ['not_found'],
    },
    GetTotalLater: {
      summary: 'the same, after a while; has a bug for the counter `bug`',
      body: z.strictObject({ name: id }),
      reply: z.object({ total: z.int() }),
      refusals: [],
    },
  },
  events: {
    Added: { summary: 'a counter rose', data: z.object({ name: z.string(), by: z.int(), total: z.int() }) },
    Met: { summary: 'a counter stood as high as somebody expected', data: z.object({ name: z.string() }) },
  },
})

const openCounters = (store: Store) => {
  store.exec(
    'CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, total INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  )
  const select = store.prepare<[string], number>('SELECT total FROM counters WHERE name = ?').pluck()
  const set = store.prepare<[string, number]>('INSERT OR REPLACE INTO counters VALUES (?, ?)')
  return { total: (name: string) => select.get(name), set: (name: string, total: number) => void set.run(name, total) }
}

/** The toy; it adds `by` of every event `Ticked` of the actor `source`. */
export const createToyActor = (more: { effects?: Effect[]; atOpen?: () => Decision[] } = {}) => {
  const definition: ActorDefinition<typeof toyContract> = {
    contract: toyContract,
    tables: ['counters'],
    listensTo: ['source'],
    open: store => {
      const counters = openCounters(store)
      const add = (name: string, by: number): Decision => {
        if (by === BUG) throw new TypeError('a bug in the rules')
        const total = (counters.total(name) ?? 0) + by
        if (by === 0) return nothing({ total })
        if (total > MOST) return refuse('invalid_quantity', `a counter ends at ${MOST}`)
        return happened({ type: 'Added', data: { name, by, total } }, { total })
      }
      const expect = (name: string, least: number): Decision => {
        if ((counters.total(name) ?? 0) < least)
          return refuse('not_found', `${name} is below ${least}`, {
            waitsFor: `counter ${name}`,
            deadLetter: 'never_met',
          })
        return happened({ type: 'Met', data: { name } })
      }
      return {
        decide: {
          Add: ({ name, by }) => add(name, by),
          Expect: ({ name, least }) => expect(name, least),
        },
        apply: {
          Added: ({ data }) => counters.set(data.name, data.total),
          Met: () => {},
        },
        answer: {
          GetTotal: ({ name }) => {
            const total = counters.total(name)
            return total === undefined
              ? { refusal: { code: 'not_found', detail: `there is no counter ${name}` } }
              : { reply: { total } }
          },
          GetTotalLater: async ({ name }) => {
            if (name === 'bug') throw new TypeError('a bug in a query')
            return { reply: { total: counters.total(name) ?? 0 } }
          },
        },
        react: { source: { Ticked: ({ data }: AppliedEvent) => add('ticks', data.by) } },
        wakes: event => (event.type === 'Added' ? [`counter ${event.data.name}`] : []),
        atOpen: more.atOpen ?? (() => []),
        effects: more.effects ?? [],
        audit: () => [],
      }
    },
  }
  return definition
}
