/** Dead letters: listed, redriven, discarded. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MOST_BODY_BYTES } from '../../bus/contract.ts'
import { listDeadLetters, type ShownDeadLetter } from './dead-letters.ts'
import { createTestCore } from './test-core.ts'
import { problem } from './test-outcomes.ts'
import { createTestSource } from './test-source.ts'
import { BUG, createToyActor } from './test-toy.ts'

const createBench = () => {
  const bench = createTestCore(createToyActor())
  const { core, turn, queued } = bench
  return {
    ...bench,
    list: (query: Parameters<typeof listDeadLetters>[3] = {}) => {
      const answer = listDeadLetters(core.address, core.tables, core.vault, query)
      return 'reply' in answer ? answer.reply : answer
    },
    /** The newest one as it is listed. */
    newest: (): ShownDeadLetter | undefined => {
      const answer = listDeadLetters(core.address, core.tables, core.vault, {})
      return 'reply' in answer ? answer.reply.items[0] : undefined
    },
    /** A command that the rules refuse for as long as the counter stands where it stands. */
    refused: (id = 'q1') => turn([queued('Add', { name: 'a', by: 99 }, { id })]),
    takeUp: () => turn(core.tables.waiting.due(core.now()).map(id => ({ kind: 'waiting', id }))),
  }
}

describe('dead letters: listed', () => {
  it('show what was sent, why it could not be carried out, and when', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 }, { id: 'q1' })])
    assert.deepEqual(bench.list(), {
      items: [
        {
          dead_letter_id: 'toy-0-1',
          actor: 'toy',
          command: 'Add',
          reason: 'invalid_quantity',
          detail: 'a counter ends at 100',
          body: { name: 'a', by: 101 },
          attempts: 1,
          version: '1.0.0',
          status: 'waiting',
          created_at: '2023-09-07T14:30:00Z',
        },
      ],
      next_cursor: null,
    })
  })

  it('show what is no JSON as its text', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', '{"name":', { id: 'q1' })])
    assert.equal(bench.newest()?.body, '{"name":')
  })

  it('show nothing of what is no JSON once it was given up: nobody is ever erased whom it names', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', '{"email":"ivan@', { id: 'q1' })])
    bench.run('DiscardDeadLetter', { dead_letter_id: 'toy-0-1' })
    assert.equal(bench.newest()?.body, null)
    const [person, ...more] = bench.core.tables.erased.all()
    assert.match(person!, /^letter\/q1\/./)
    assert.deepEqual(more, [])
  })

  it('show what came under the id of one that was given up, before or after', () => {
    const bench = createBench()
    bench.turn(['{first', '{second', '{third'].map(text => bench.queued('Add', text, { id: 'q1' })))
    bench.run('DiscardDeadLetter', { dead_letter_id: 'toy-0-2' })
    bench.turn([bench.queued('Add', '{fourth', { id: 'q1' })])
    const page = bench.list()
    assert.ok('items' in page)
    assert.deepEqual(
      page.items.map(({ body }) => body),
      ['{fourth', '{third', null, '{first'],
    )
  })

  it('show what is no JSON again after a redrive', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', '{"name":', { id: 'q1' })])
    bench.run('RedriveDeadLetter', { dead_letter_id: 'toy-0-1' })
    bench.takeUp()
    assert.equal(bench.newest()?.body, '{"name":')
  })

  it('show nothing of what was erased', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', '{"name":', { id: 'q1' })])
    bench.core.vault.erase(bench.core.tables.deadLetters.find(1)!.person)
    assert.equal(bench.newest()?.body, null)
  })

  it('run from the newest, page by page, each once', () => {
    const bench = createBench()
    bench.turn(Array.from({ length: 5 }, () => bench.queued('Add', { name: 'a', by: 101 })))
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = bench.list({ limit: 2, ...(cursor ? { cursor } : {}) })
      assert.ok('items' in page && page.items.length <= 2)
      ids.push(...page.items.map(item => item.dead_letter_id))
      cursor = page.next_cursor ?? undefined
    } while (cursor)
    assert.deepEqual(ids, ['toy-0-5', 'toy-0-4', 'toy-0-3', 'toy-0-2', 'toy-0-1'])
  })

  it('run over to the next page before they are too much for one message', () => {
    const bench = createBench()
    const large = 'x'.repeat(MOST_BODY_BYTES)
    bench.turn(Array.from({ length: 20 }, () => bench.queued('Add', large)))

    const page = bench.list()
    assert.ok('items' in page)
    assert.ok(JSON.stringify(page).length < 500_000, `${JSON.stringify(page).length} characters`)
    assert.equal(page.next_cursor, page.items.at(-1)?.dead_letter_id)
  })

  it('can be narrowed to those that still wait', () => {
    const bench = createBench()
    bench.turn([1, 2].map(() => bench.queued('Add', { name: 'a', by: 101 })))
    bench.run('DiscardDeadLetter', { dead_letter_id: 'toy-0-1' })
    const page = bench.list({ status: 'waiting' })
    assert.deepEqual('items' in page && page.items.map(item => item.dead_letter_id), ['toy-0-2'])
  })

  it('refuse a cursor that no page gave', () => {
    assert.deepEqual(createBench().list({ cursor: 'order-0-1' }), {
      refusal: { code: 'invalid_field', detail: 'cursor: should be what next_cursor gave' },
    })
  })
})

describe('dead letters: redriven', () => {
  const redrive = (bench: ReturnType<typeof createBench>, id: string, more = {}) =>
    bench.run('RedriveDeadLetter', { dead_letter_id: id }, more)

  it('are carried out once more, as they were sent', () => {
    const bench = createBench()
    bench.run('Add', { name: 'a', by: 50 })
    bench.refused()
    bench.run('Add', { name: 'a', by: -50 })

    assert.deepEqual(redrive(bench, 'toy-0-2'), {
      kind: 'reply',
      reply: { dead_letter_id: 'toy-0-2', status: 'redriven' },
      replayed: false,
    })
    bench.takeUp()
    assert.deepEqual(bench.types(), ['Added', 'DeadLettered', 'Added', 'Redriven', 'Added'])
    assert.equal(bench.newest()?.status, 'redriven')
    assert.deepEqual(bench.core.tables.waiting.due(bench.core.now()), [])
  })

  it('become new dead letters, an attempt more, when they fail again; and may be redriven again', () => {
    const bench = createBench()
    bench.run('Add', { name: 'a', by: 50 })
    bench.refused()
    redrive(bench, 'toy-0-2')
    bench.takeUp()
    const second = bench.newest()
    assert.deepEqual([second?.dead_letter_id, second?.attempts, second?.status], ['toy-0-4', 2, 'waiting'])

    redrive(bench, 'toy-0-4')
    bench.takeUp()
    const third = bench.newest()
    assert.deepEqual([third?.dead_letter_id, third?.attempts], ['toy-0-6', 3])

    bench.run('Add', { name: 'a', by: -50 })
    redrive(bench, 'toy-0-6')
    bench.takeUp()
    assert.equal(bench.types().at(-1), 'Added')
  })

  it('wait again for what they wait for, and that counts as one attempt', async () => {
    const bench = createBench()
    bench.turn([bench.queued('Expect', { name: 'a', least: 5 }, { id: 'q1' })])
    await bench.clock.advance(300_000)
    bench.takeUp()
    redrive(bench, 'toy-0-2')
    bench.takeUp()
    assert.equal(bench.types().at(-1), 'CommandParked')

    await bench.clock.advance(300_000)
    bench.takeUp()
    const again = bench.newest()
    assert.deepEqual([again?.reason, again?.attempts], ['never_met', 2])
  })

  it('that were set aside for a bug are carried out when it is mended', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: BUG }, { id: 'q1' })])
    redrive(bench, 'toy-0-1')
    bench.takeUp()
    assert.deepEqual(bench.types(), ['DeadLettered', 'Redriven', 'DeadLettered'])
    assert.deepEqual([bench.newest()?.reason, bench.newest()?.attempts], ['defect', 2])
  })

  it('may be events of another actor', () => {
    const bench = createBench()
    bench.run('Add', { name: 'ticks', by: 90 })
    bench.turn([createTestSource({ actor: 'source', cell: 0 }).tell('Ticked', { by: 20 })])
    assert.equal(bench.newest()?.command, 'event of source/0')
    bench.run('Add', { name: 'ticks', by: -50 })

    redrive(bench, 'toy-0-2')
    bench.takeUp()
    assert.deepEqual(bench.events().at(-1)?.data, { name: 'ticks', by: 20, total: 60 })
    assert.equal(bench.core.cursor('source/0').seq, 1)
  })

  it('may be given another body, by somebody; what was sent stays as it was', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 }, { id: 'q1' })])
    bench.run('RedriveDeadLetter', { dead_letter_id: 'toy-0-1', body: { name: 'a', by: 10 }, by: 'olga' })
    const [row] = bench.core.tables.waiting.due(bench.core.now()).map(id => bench.core.tables.waiting.find(id))
    assert.equal(row?.person, bench.core.tables.deadLetters.find(1)?.person)
    bench.takeUp()

    assert.deepEqual(bench.types(), ['DeadLettered', 'Redriven', 'Added'])
    const [, redriven, added] = bench.events()
    const { sealed, person, ...told } = redriven!.data
    assert.deepEqual(told, { dead_letter_id: 'toy-0-1', attempt: 2, by: 'olga' })
    assert.deepEqual(bench.core.vault.open(person, sealed), { body: '{"name":"a","by":10}' })
    assert.deepEqual([added?.data.by, added?.data.total], [10, 10])
    assert.deepEqual([bench.newest()?.body, bench.newest()?.status], [{ name: 'a', by: 101 }, 'redriven'])
  })

  it('that are no JSON can be put right', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', '{"name":', { id: 'q1' })])
    bench.run('RedriveDeadLetter', { dead_letter_id: 'toy-0-1', body: { name: 'a', by: 1 } })
    bench.takeUp()
    assert.equal(bench.types().at(-1), 'Added')
  })

  it('with another body that does not fit the command are left as they are', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 })])
    const edit = (body: unknown) => problem(bench.run('RedriveDeadLetter', { dead_letter_id: 'toy-0-1', body }))
    assert.deepEqual([edit({ name: 'a' }), edit({ name: 'a', by: 1, more: 1 })], ['missing_field', 'unknown_field'])
    assert.equal(bench.newest()?.status, 'waiting')
  })

  it('of another actor’s event take no other body', () => {
    const bench = createBench()
    bench.run('Add', { name: 'ticks', by: 90 })
    bench.turn([createTestSource({ actor: 'source', cell: 0 }).tell('Ticked', { by: 20 })])
    const said = bench.run('RedriveDeadLetter', { dead_letter_id: 'toy-0-2', body: { by: 1 } })
    assert.equal(problem(said), 'invalid_field')
  })

  it('do not hold up later commands of the same key: those pass', () => {
    const bench = createBench()
    bench.run('Add', { name: 'a', by: 50 })
    bench.turn([
      bench.queued('Add', { name: 'a', by: 99 }, { id: 'q1' }),
      bench.queued('Add', { name: 'a', by: 5 }, { id: 'q2' }),
    ])
    assert.deepEqual(bench.types(), ['Added', 'DeadLettered', 'Added'])

    bench.run('Add', { name: 'a', by: -55 })
    redrive(bench, 'toy-0-2')
    bench.takeUp()
    assert.deepEqual(bench.events().at(-1)?.data, { name: 'a', by: 99, total: 99 })
  })

  it('are redriven once: the second time is refused', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 })])
    redrive(bench, 'toy-0-1')
    assert.equal(problem(redrive(bench, 'toy-0-1')), 'dead_letter_settled')
  })

  it('are redriven once under one key, which says the same again', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 })])
    const first = redrive(bench, 'toy-0-1', { key: 'k1' })
    assert.deepEqual(redrive(bench, 'toy-0-1', { key: 'k1' }), { ...first, replayed: true })
  })
})

describe('dead letters: discarded', () => {
  it('say by whom, where that is told', () => {
    const bench = createBench()
    bench.turn([1, 2].map(() => bench.queued('Add', { name: 'a', by: 101 })))
    bench.run('DiscardDeadLetter', { dead_letter_id: 'toy-0-1', by: 'olga' })
    bench.run('DiscardDeadLetter', { dead_letter_id: 'toy-0-2' })
    assert.deepEqual(
      bench
        .events()
        .slice(2)
        .map(({ data }) => data),
      [{ dead_letter_id: 'toy-0-1', by: 'olga' }, { dead_letter_id: 'toy-0-2' }],
    )
  })

  it('are given up for good', () => {
    const bench = createBench()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 })])
    assert.deepEqual(bench.run('DiscardDeadLetter', { dead_letter_id: 'toy-0-1' }), {
      kind: 'reply',
      reply: { dead_letter_id: 'toy-0-1', status: 'discarded' },
      replayed: false,
    })
    assert.equal(bench.newest()?.status, 'discarded')
    for (const name of ['RedriveDeadLetter', 'DiscardDeadLetter'])
      assert.equal(problem(bench.run(name, { dead_letter_id: 'toy-0-1' })), 'dead_letter_settled')
  })
})

describe('dead letters: that do not exist', () => {
  for (const id of ['toy-0-9', 'toy-0-1', 'toy-1-1', 'order-0-1', 'toy-0-', 'toy-0-01', 'toy-0-1e1', 'x'])
    it(`"${id}" is not found`, () => {
      const bench = createBench()
      // Entry 1 is there, but it is no dead letter.
      bench.run('Add', { name: 'a', by: 1 })
      for (const name of ['RedriveDeadLetter', 'DiscardDeadLetter'])
        assert.equal(problem(bench.run(name, { dead_letter_id: id })), 'dead_letter_not_found')
    })
})
