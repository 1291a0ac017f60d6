/** The turn: what is decided, written, answered and acknowledged, and what is not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { fingerprintOf } from '../../bus/command-id.ts'
import { readHeaders } from '../../bus/entry.ts'
import { happened, nothing } from './decision.ts'
import { createTestCore, START, type TestCore } from './test-core.ts'
import { problem } from './test-outcomes.ts'
import { createTestSource } from './test-source.ts'
import { BUG, createToyActor } from './test-toy.ts'

const source = () => createTestSource({ actor: 'source', cell: 0 })
const toy = (more: Parameters<typeof createTestCore>[1] = {}) => createTestCore(createToyActor(), more)

/** Where a counter stands; `undefined` when nothing was ever added. */
const total = (bench: TestCore, name: string) =>
  bench.store.prepare('SELECT total FROM counters WHERE name = ?').pluck().get(name)

const deadLetters = (bench: TestCore) =>
  bench.core.tables.deadLetters.list(Number.MAX_SAFE_INTEGER, undefined, 100).map(row => ({
    command: row.command,
    reason: row.reason,
    body: bench.core.vault.open(row.person, row.sealed)?.body,
    attempts: row.attempts,
    status: row.status,
  }))

/** Runs every command whose waiting is over, as the waking would. */
const wake = (bench: TestCore) =>
  bench.turn(bench.core.tables.waiting.due(bench.core.now()).map(id => ({ kind: 'waiting', id })))

describe('a turn: a command that somebody waits for', () => {
  it('is answered, and is one entry that carries id, fingerprint and reply', () => {
    const bench = toy()
    const outcome = bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' })

    assert.deepEqual(outcome, { kind: 'reply', reply: { total: 2 }, replayed: false })
    const [entry] = bench.core.log.read(1, 10)
    const { command, fingerprint, reply } = readHeaders(entry!.headers)
    assert.equal(command, '-/Add/k1')
    assert.equal(fingerprint?.length, 24)
    assert.notEqual(fingerprint, fingerprintOf({ name: 'a', by: 2 }), 'who guesses the body can not see it')
    assert.equal(reply, '{"ok":{"total":2}}')
  })

  it('gets the same reply again under the same key, without a second effect', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' })
    bench.run('Add', { name: 'a', by: 3 })

    const again = bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' })
    assert.deepEqual(again, { kind: 'reply', reply: { total: 2 }, replayed: true })
    assert.equal(total(bench, 'a'), 5)
    assert.equal(bench.core.log.head(), 2)
  })

  it('gets the same reply when both requests are in one turn', () => {
    const bench = toy()
    const [first, second] = [1, 2].map(() => bench.command('Add', { name: 'a', by: 2 }, { key: 'k1' }))
    bench.turn([first!, second!])

    assert.deepEqual(first!.outcomes, [{ kind: 'reply', reply: { total: 2 }, replayed: false }])
    assert.deepEqual(second!.outcomes, [{ kind: 'reply', reply: { total: 2 }, replayed: true }])
  })

  it('is refused when its key was used with another body', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' })

    assert.equal(problem(bench.run('Add', { name: 'a', by: 3 }, { key: 'k1' })), 'idempotency_key_reused')
    assert.equal(total(bench, 'a'), 2)
    assert.equal(bench.core.log.head(), 1)
  })

  it('that finds its wish fulfilled writes nothing without a client’s key', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 2 })
    assert.deepEqual(bench.run('Add', { name: 'a', by: 0 }), { kind: 'reply', reply: { total: 2 }, replayed: false })
    assert.deepEqual(bench.types(), ['Added'])
  })

  it('that finds its wish fulfilled is remembered under a client’s key', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 2 })
    bench.run('Add', { name: 'a', by: 0 }, { key: 'k1' })
    bench.run('Add', { name: 'a', by: 7 })

    const again = bench.run('Add', { name: 'a', by: 0 }, { key: 'k1' })
    assert.deepEqual(again, { kind: 'reply', reply: { total: 2 }, replayed: true })
    assert.deepEqual(bench.types(), ['Added', 'NothingChanged', 'Added'])
  })

  it('that is refused leaves no trace without a client’s key, and is decided anew', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 99 }, { key: 'other', remember: false })
    assert.equal(problem(bench.run('Add', { name: 'a', by: 2 }, { key: 'k1', remember: false })), 'invalid_quantity')
    assert.equal(bench.core.log.head(), 1)

    bench.run('Add', { name: 'a', by: -50 })
    assert.deepEqual(bench.run('Add', { name: 'a', by: 2 }, { key: 'k1', remember: false }), {
      kind: 'reply',
      reply: { total: 51 },
      replayed: false,
    })
  })

  it('that is refused is remembered under a client’s key like a success', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 99 })
    const first = bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' })
    bench.run('Add', { name: 'a', by: -50 })

    const again = bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' })
    assert.deepEqual(again, { ...first, replayed: true })
    assert.equal(problem(again), 'invalid_quantity')
    assert.deepEqual(bench.types(), ['Added', 'CommandRefused', 'Added'])
    assert.deepEqual(bench.events()[1]!.data, { command: 'Add', code: 'invalid_quantity' })
  })
})

describe('a turn: many messages', () => {
  it('are one transaction: what each changes, the next one sees, and all are told after one commit', () => {
    const order: string[] = []
    const bench = toy({ beforeCommit: () => void order.push('commit') })
    const commands = [1, 2, 3].map(by => {
      const command = bench.command('Add', { name: 'a', by })
      return { ...command, answer: () => void order.push(`answer ${by}`) }
    })
    bench.turn(commands)

    assert.deepEqual(order, ['commit', 'answer 1', 'answer 2', 'answer 3'])
    assert.equal(total(bench, 'a'), 6)
    assert.equal(bench.heard.committed, 1)
  })

  it('that change nothing commit nothing to publish', () => {
    const bench = toy()
    bench.turn([bench.command('Add', { name: 'a', by: 0 }), bench.command('Add', { name: 'b', by: 0 })])
    assert.equal(bench.heard.committed, 0)
  })

  it('with a bug in one: the others pass, and that one alone is told, without detail', () => {
    const bench = toy()
    const commands = [2, BUG, 3].map(by => bench.command('Add', { name: 'a', by }, { key: `k${by}` }))
    bench.turn(commands)

    assert.deepEqual(commands[0]!.outcomes, [{ kind: 'reply', reply: { total: 2 }, replayed: false }])
    assert.deepEqual(commands[2]!.outcomes, [{ kind: 'reply', reply: { total: 5 }, replayed: false }])
    assert.deepEqual(commands[1]!.outcomes, [
      {
        kind: 'refusal',
        refusal: { code: 'internal', detail: 'the request could not be carried out; nothing was changed' },
        replayed: false,
      },
    ])
    assert.deepEqual(bench.heard.defects, ['command Add'])
    assert.deepEqual(bench.types(), ['Added', 'Added'])
  })

  it('with a bug in a queued one: it becomes a dead letter and is acknowledged, the others pass', () => {
    const bench = toy()
    const queued = [2, BUG, 3].map(by => bench.queued('Add', { name: 'a', by }, { id: `q${by}` }))
    bench.turn(queued)

    assert.deepEqual(
      queued.map(item => item.acks()),
      [1, 1, 1],
    )
    assert.equal(total(bench, 'a'), 5)
    assert.deepEqual(deadLetters(bench), [
      { command: 'Add', reason: 'defect', body: `{"name":"a","by":${BUG}}`, attempts: 1, status: 'waiting' },
    ])
    assert.deepEqual(bench.heard.defects, ['queued Add'])
  })

  it('with a bug in a queued one tells that there is something to publish: the dead letter', () => {
    const bench = toy()
    bench.turn([bench.queued('Add', { name: 'a', by: BUG }, { id: 'q1' })])
    assert.equal(bench.heard.committed, 1)
  })

  it('with a bug in a queued one that comes twice: it is one dead letter', () => {
    const bench = toy()
    const twice = [1, 2].map(() => bench.queued('Add', { name: 'a', by: BUG }, { id: 'q1' }))
    for (const item of twice) bench.turn([item])

    assert.equal(twice[1]!.acks(), 1)
    assert.equal(deadLetters(bench).length, 1)
  })
})

describe('a turn: a commit that fails', () => {
  const failing = (error: () => Error | undefined) =>
    toy({
      beforeCommit: () => {
        const thrown = error()
        if (thrown) throw thrown
      },
    })

  it('answers nothing and lets the process start over when its outcome is unknown', () => {
    const bench = failing(() => new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC'))
    const command = bench.command('Add', { name: 'a', by: 2 })
    const queued = bench.queued('Add', { name: 'a', by: 2 })
    bench.turn([command, queued])

    assert.deepEqual(command.outcomes, [])
    assert.equal(queued.acks(), 0)
    assert.equal(bench.heard.fatal.length, 1)
    assert.equal(bench.heard.committed, 0)
  })

  it('answers "unavailable" when the disk is full, keeps the rest, and goes on when there is room', () => {
    let full = true
    const bench = failing(() => (full ? new Database.SqliteError('disk is full', 'SQLITE_FULL') : undefined))
    const command = bench.command('Add', { name: 'a', by: 2 }, { key: 'k1' })
    const queued = bench.queued('Add', { name: 'a', by: 3 })
    bench.turn([command, queued])

    assert.equal(problem(command.outcomes[0]), 'unavailable')
    assert.equal(queued.acks(), 0)
    assert.deepEqual(bench.heard.full, [[queued]])
    assert.equal(bench.core.log.head(), 0)
    assert.equal(total(bench, 'a'), undefined)

    full = false
    bench.turn([queued])
    assert.equal(queued.acks(), 1)
    assert.deepEqual(bench.run('Add', { name: 'a', by: 2 }, { key: 'k1' }), {
      kind: 'reply',
      reply: { total: 5 },
      replayed: false,
    })
  })

  /** A turn of one with a bug, whose dead letter is still written, and two more, of which the first meets `error`. */
  const afterABug = (error: Error) => {
    let commits = 0
    const bench = failing(() => (++commits === 2 ? error : undefined))
    const items = [BUG, 1, 2].map(by => bench.queued('Add', { name: 'a', by }))
    bench.turn(items)
    return { bench, items, acks: items.map(item => item.acks()) }
  }

  it('after a bug keeps the rest in its order when the disk is full', () => {
    const { bench, items, acks } = afterABug(new Database.SqliteError('disk is full', 'SQLITE_FULL'))
    assert.deepEqual(bench.heard.full, [items.slice(1)])
    assert.deepEqual(acks, [1, 0, 0])
  })

  it('after a bug ends the turn when its outcome is unknown', () => {
    const { bench, acks } = afterABug(new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC'))
    assert.equal(bench.heard.fatal.length, 1)
    assert.deepEqual(acks, [1, 0, 0])
  })

  it('is met on a store that really has no room, and the log has no hole afterwards', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 1 })
    const pages = bench.store.pragma('page_count', { simple: true }) as number
    bench.store.pragma(`max_page_count = ${pages}`)
    let answered = 0
    for (let outcome: unknown; problem(outcome as never) !== 'unavailable'; answered++)
      outcome = bench.run('Add', { name: `n${answered}`.padEnd(60, 'x'), by: 1 })
    const head = bench.core.log.head()

    bench.store.pragma('max_page_count = 100000')
    bench.run('Add', { name: 'a', by: 1 })
    assert.equal(bench.core.log.head(), head + 1)
    assert.deepEqual(
      bench.events().map(({ seq }) => seq),
      Array.from({ length: head + 1 }, (_, at) => at + 1),
    )
  })

  it('takes back the cursor that moved in it', () => {
    let fails = true
    const bench = failing(() => (fails ? new Database.SqliteError('disk is full', 'SQLITE_FULL') : undefined))
    const tick = source().tell('Ticked', { by: 5 })
    bench.turn([tick])
    assert.equal(bench.core.cursor('source/0').seq, 0)

    fails = false
    bench.turn([tick])
    assert.equal(bench.core.cursor('source/0').seq, 1)
    assert.equal(total(bench, 'ticks'), 5)
  })
})

describe('a turn: an event of another actor', () => {
  it('becomes an entry that names its cause, and moves the cursor', () => {
    const bench = toy()
    const tick = source().tell('Ticked', { by: 5 })
    bench.turn([tick])

    assert.deepEqual(bench.types(), ['Added'])
    const { cause, command } = readHeaders(bench.core.log.read(1, 1)[0]!.headers)
    assert.deepEqual(cause, { source: 'source/0', seq: 1, chain: tick.entry.chain })
    assert.equal(command, undefined)
    assert.deepEqual(bench.core.cursor('source/0'), { seq: 1, chain: tick.entry.chain })
    assert.deepEqual(bench.core.tables.cursors.all().get('source/0'), { seq: 1, chain: tick.entry.chain })
  })

  it('that comes twice is taken in once', () => {
    const bench = toy()
    const tick = source().tell('Ticked', { by: 5 })
    bench.turn([tick, tick])
    bench.turn([tick])
    assert.deepEqual(bench.heard.fatal, [])
    assert.equal(total(bench, 'ticks'), 5)
  })

  it('that means nothing here moves the cursor, which is written with the next entry only', () => {
    const bench = toy()
    const log = source()
    bench.turn([log.tell('Unheard', {}), log.tell('Ticked', { by: 0 })])
    assert.equal(bench.core.cursor('source/0').seq, 2)
    assert.equal(bench.core.tables.cursors.all().get('source/0'), undefined)
    assert.equal(bench.core.log.head(), 0)

    bench.run('Add', { name: 'a', by: 1 })
    assert.equal(bench.core.tables.cursors.all().get('source/0')?.seq, 2)
  })

  it('that means nothing for a thousand times is written all the same', () => {
    const bench = toy()
    const log = source()
    for (let turn = 0; turn < 11; turn++) bench.turn(Array.from({ length: 100 }, () => log.tell('Unheard', {})))
    assert.ok((bench.core.tables.cursors.all().get('source/0')?.seq ?? 0) > 1000)
  })

  it('that skips a number stops the process: nothing may be jumped over', () => {
    const bench = toy()
    const log = source()
    log.write('Ticked', { by: 1 })
    bench.turn([log.tell('Ticked', { by: 2 })])
    assert.match(bench.heard.fatal[0]!.message, /Cannot take in source\/0\/2: it does not follow 0/)
    assert.equal(bench.core.log.head(), 0)
  })

  it('that does not follow the chain stops the process', () => {
    const bench = toy()
    bench.turn([source().tell('Ticked', { by: 1 })])
    const other = createTestSource({ actor: 'source', cell: 0 }, 'another history')
    other.write('Ticked', { by: 1 })
    bench.turn([other.tell('Ticked', { by: 2 })])
    assert.equal(bench.heard.fatal.length, 1)
  })

  it('that its reader has proven after another entry than the last one taken in stops the process', () => {
    const bench = toy()
    bench.turn([source().tell('Ticked', { by: 1 })])
    const other = createTestSource({ actor: 'source', cell: 0 }, 'another history')
    const { chain } = other.write('Ticked', { by: 1 })
    bench.turn([{ ...other.tell('Ticked', { by: 2 }), after: chain }])
    assert.equal(bench.heard.fatal.length, 1)
  })

  for (const { what, by } of [
    { what: 'a bug', by: BUG },
    { what: 'a no, for which there is no reader', by: 1000 },
  ])
    it(`that meets ${what} becomes a dead letter, and the next ones pass`, () => {
      const bench = toy()
      const log = source()
      bench.turn([log.tell('Ticked', { by: 1 }), log.tell('Ticked', { by }), log.tell('Ticked', { by: 3 })])

      assert.deepEqual(bench.types(), ['Added', 'DeadLettered', 'Added'])
      assert.equal(total(bench, 'ticks'), 4)
      assert.equal(bench.core.cursor('source/0').seq, 3)
      assert.equal(deadLetters(bench)[0]!.command, 'event of source/0')
      assert.deepEqual(bench.heard.defects, ['event source/0/2'])
    })
})

describe('a turn: a command from the queue', () => {
  it('is carried out once however often it comes, and acknowledged each time', () => {
    const bench = toy()
    const items = [1, 2].map(() => bench.queued('Add', { name: 'a', by: 2 }, { id: 'q1' }))
    for (const item of items) bench.turn([item])

    assert.deepEqual(
      items.map(item => item.acks()),
      [1, 1],
    )
    assert.deepEqual(bench.types(), ['Added'])
  })

  it('is acknowledged after the commit', () => {
    const order: string[] = []
    const bench = toy({ beforeCommit: () => void order.push('commit') })
    bench.turn([{ ...bench.queued('Add', { name: 'a', by: 2 }), ack: () => void order.push('ack') }])
    assert.deepEqual(order, ['commit', 'ack'])
  })

  it('that is written otherwise but means the same is the same', () => {
    const bench = toy()
    bench.turn([bench.queued('Add', '{"name":"a","by":2}', { id: 'q1' })])
    bench.turn([bench.queued('Add', ' { "by": 2, "name": "a" } ', { id: 'q1' })])
    assert.deepEqual(deadLetters(bench), [])
    assert.deepEqual(bench.types(), ['Added'])
  })

  it('with other content under the same id is a dead letter: content_mismatch, and only one', () => {
    const bench = toy()
    bench.turn([bench.queued('Add', { name: 'a', by: 2 }, { id: 'q1' })])
    const others = [1, 2].map(() => bench.queued('Add', { name: 'a', by: 3 }, { id: 'q1' }))
    for (const item of others) bench.turn([item])

    assert.deepEqual(
      others.map(item => item.acks()),
      [1, 1],
    )
    assert.deepEqual(deadLetters(bench), [
      { command: 'Add', reason: 'content_mismatch', body: '{"name":"a","by":3}', attempts: 1, status: 'waiting' },
    ])
    assert.equal(total(bench, 'a'), 2)
  })

  const malformed: [what: string, name: string, body: unknown, reason: string][] = [
    ['no JSON', 'Add', '{"name":', 'malformed_json'],
    ['an unknown field', 'Add', { name: 'a', by: 1, more: 1 }, 'unknown_field'],
    ['a field missing', 'Add', { name: 'a' }, 'missing_field'],
    ['a wrong field', 'Add', { name: 'a b', by: 1 }, 'invalid_id'],
    ['an unknown name', 'Subtract', { name: 'a', by: 1 }, 'unknown_command'],
    ['a name that every object has', 'constructor', {}, 'unknown_command'],
  ]
  for (const [what, name, body, reason] of malformed)
    it(`with ${what} is a dead letter: ${reason}`, () => {
      const bench = toy()
      const item = bench.queued(name, body)
      bench.turn([item])

      assert.equal(item.acks(), 1)
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      assert.deepEqual(deadLetters(bench), [{ command: name, reason, body: text, attempts: 1, status: 'waiting' }])
      assert.deepEqual(bench.heard.defects, [])
    })

  it('that is too large for an entry is a dead letter that keeps its beginning', () => {
    const bench = toy()
    const text = JSON.stringify({ name: 'a'.repeat(1_000_000), by: 1 })
    bench.turn([bench.queued('Add', text)])

    const [letter] = deadLetters(bench)
    assert.equal(letter!.reason, 'body_too_large')
    assert.equal(letter!.body, text.slice(0, 65_536))
    assert.ok(bench.core.log.read(1, 1)[0]!.body.length < 200_000)
  })

  it('that the rules refuse is a dead letter with its reason', () => {
    const bench = toy()
    bench.turn([bench.queued('Add', { name: 'a', by: 101 })])
    assert.equal(deadLetters(bench)[0]!.reason, 'invalid_quantity')
  })

  it('that is older than ids are remembered is a dead letter: too_old', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 1 }, { key: 'k1' })
    bench.turn([{ kind: 'trim', until: START }])
    const items = [START, START + 1].map(sentAt => bench.queued('Add', { name: 'b', by: 2 }, { sentAt }))
    bench.turn(items)

    assert.deepEqual(
      items.map(item => item.acks()),
      [1, 1],
    )
    assert.deepEqual(
      deadLetters(bench).map(({ reason }) => reason),
      ['too_old'],
    )
    assert.equal(total(bench, 'b'), 2)
  })

  it('that finds its wish fulfilled leaves no trace without a client’s key', () => {
    const bench = toy()
    const item = bench.queued('Add', { name: 'a', by: 0 })
    bench.turn([item])
    assert.equal(item.acks(), 1)
    assert.equal(bench.core.log.head(), 0)
  })

  it('that finds its wish fulfilled is remembered under a client’s key', () => {
    const bench = toy()
    bench.turn([bench.queued('Add', { name: 'a', by: 0 }, { id: 'q1', remember: true })])
    bench.turn([bench.queued('Add', { name: 'a', by: 5 }, { id: 'q1', remember: true })])
    assert.deepEqual(bench.types(), ['NothingChanged', 'DeadLettered'])
    assert.equal(deadLetters(bench)[0]!.reason, 'content_mismatch')
  })
})

describe('a turn: a queued command that waits for something', () => {
  const parked = (bench: TestCore) => {
    const item = bench.queued('Expect', { name: 'a', least: 5 }, { id: 'q1' })
    bench.turn([item])
    return item
  }

  it('is parked by an entry, acknowledged, and parked once however often it comes', () => {
    const bench = toy()
    const item = parked(bench)
    parked(bench)

    assert.equal(item.acks(), 1)
    assert.deepEqual(bench.types(), ['CommandParked'])
    assert.equal(bench.core.tables.waiting.nextUntil(), START + 300_000)
    assert.equal(bench.events()[0]!.data.until, '2023-09-07T14:35:00.000Z')
  })

  it('is carried out when that happens', () => {
    const bench = toy()
    parked(bench)
    bench.run('Add', { name: 'other', by: 9 })
    assert.deepEqual(bench.core.tables.waiting.due(bench.core.now()), [])

    bench.run('Add', { name: 'a', by: 9 })
    wake(bench)
    assert.deepEqual(bench.types(), ['CommandParked', 'Added', 'Added', 'Met'])
    assert.equal(readHeaders(bench.core.log.read(4, 1)[0]!.headers).command, 'q1')
    assert.equal(bench.core.tables.waiting.find('q1'), undefined)
    assert.deepEqual(deadLetters(bench), [])
  })

  it('is carried out also where nothing has waited before, and where the end of a wait was undone', () => {
    const bench = toy()
    assert.equal(bench.core.tables.waiting.nextUntil(), undefined)
    parked(bench)
    assert.throws(() =>
      bench.core.transaction(() => {
        bench.core.append({ type: 'Added', data: { name: 'a', by: 9 } }, { command: 'q1' }, undefined)
        assert.equal(bench.core.tables.waiting.nextUntil(), undefined)
        throw new Error('undone')
      }),
    )
    assert.equal(bench.core.tables.waiting.nextUntil(), START + 300_000)

    bench.run('Add', { name: 'a', by: 9 })
    wake(bench)
    assert.equal(bench.types().at(-1), 'Met')
  })

  it('is parked again when what happened was not enough', () => {
    const bench = toy()
    parked(bench)
    bench.run('Add', { name: 'a', by: 1 })
    wake(bench)

    assert.deepEqual(bench.types(), ['CommandParked', 'Added', 'CommandParked'])
    assert.deepEqual(bench.core.tables.waiting.due(bench.core.now()), [])
    bench.run('Add', { name: 'a', by: 8 })
    wake(bench)
    assert.equal(bench.types().at(-1), 'Met')
  })

  it('is a dead letter with its reason when that never happens', async () => {
    const bench = toy()
    parked(bench)
    await bench.clock.advance(299_999)
    assert.deepEqual(bench.core.tables.waiting.due(bench.core.now()), [])
    await bench.clock.advance(1)
    wake(bench)

    assert.deepEqual(deadLetters(bench), [
      { command: 'Expect', reason: 'never_met', body: '{"name":"a","least":5}', attempts: 1, status: 'waiting' },
    ])
    assert.equal(bench.core.tables.waiting.find('q1'), undefined)
  })

  it('that is woken twice is carried out once', () => {
    const bench = toy()
    parked(bench)
    bench.run('Add', { name: 'a', by: 9 })
    bench.turn([
      { kind: 'waiting', id: 'q1' },
      { kind: 'waiting', id: 'q1' },
    ])
    assert.deepEqual(bench.types(), ['CommandParked', 'Added', 'Met'])
  })
})

describe('a turn: what an effect tells', () => {
  const tell = (name: string) => {
    const bench = createTestCore({
      ...createToyActor(),
      open: (...args) => ({
        ...createToyActor().open(...args),
        own: {
          Happened: () => happened({ type: 'Met', data: { name: 'a' } }),
          Nothing: () => nothing(),
        },
      }),
    })
    let after = 0
    bench.turn([{ kind: 'own', name, body: {}, after: () => void after++ }])
    return { ...bench.heard, types: bench.types(), after }
  }

  it('is an entry when it changes something', () => {
    const { committed, told, types, after } = tell('Happened')
    assert.deepEqual([committed, told, types, after], [1, 0, ['Met'], 1])
  })

  it('is heard of when it changes nothing: its row may ask again', () => {
    const { committed, told, types, after } = tell('Nothing')
    assert.deepEqual([committed, told, types, after], [0, 1, [], 1])
  })
})

describe('a turn: forgetting ids', () => {
  it('forgets by an entry, and only up to the horizon', async () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 1 }, { key: 'old' })
    await bench.clock.advance(10)
    bench.run('Add', { name: 'a', by: 1 }, { key: 'new' })
    bench.turn([{ kind: 'trim', until: START + 9 }])

    assert.equal(bench.core.tables.inbox.find('-/Add/old'), undefined)
    assert.equal(bench.core.tables.inbox.find('-/Add/new'), 2)
    assert.equal(bench.core.tables.horizon(), START + 9)
    assert.equal(bench.types().at(-1), 'InboxTrimmed')
  })

  it('writes nothing when there is nothing to forget', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 1 })
    bench.turn([{ kind: 'trim', until: START - 1 }])
    assert.deepEqual(bench.types(), ['Added'])
  })
})

describe('a turn: time', () => {
  it('never goes back in the log, though the machine’s clock does', () => {
    const bench = toy()
    bench.run('Add', { name: 'a', by: 1 })
    bench.clock.leap(-60_000)
    bench.run('Add', { name: 'a', by: 1 })
    assert.equal(bench.core.now(), START)
    assert.equal(bench.core.log.lastTime(), START)
  })
})
