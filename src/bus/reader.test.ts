/** The reader: another's log, each entry once and in order, whatever became of the stream. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry } from './entry.ts'
import { NO_CHAIN } from './entry.ts'
import { type LogPage, startReader } from './reader.ts'
import { createTestLog, type TestLog } from './test-log.ts'
import { createStreamBench, ORDER } from './test-stream.ts'
import { Unavailable } from './unavailable.ts'

type Options = {
  /** What the reader has taken in before. */
  taken?: readonly Entry[]
  /** The source answers no ReadLog. */
  silent?: boolean
  /** What is delivered is left lying. */
  idle?: boolean
  /** Nobody wishes for events; `state.wanted` changes that. */
  dozing?: boolean
}

/** A log with `count` entries that nobody has published yet; `read` starts reading. */
const createBench = (count: number) => {
  const bench = createStreamBench({ count })
  const delivered: Entry[] = []
  const differs: string[] = []
  const failures: unknown[] = []
  const source: { log: TestLog; silent: boolean; asked: number; bug: boolean } = {
    log: bench.log,
    silent: false,
    asked: 0,
    bug: false,
  }
  const ask = async (from: number, limit: number): Promise<LogPage> => {
    source.asked++
    if (source.bug) throw new TypeError('a bug')
    if (source.silent) throw new Unavailable('the source does not answer')
    const { head, chainAt, read } = source.log
    return { head: head(), chainBefore: chainAt(from - 1), entries: read(from, limit) }
  }

  const read = ({ taken = [], silent = false, idle = false, dozing = false }: Options = {}) => {
    source.silent = silent
    const state = { idle, wanted: !dozing, at: undefined as { seq: number; chain: string } | undefined }
    const last = () => {
      const read = (state.idle ? undefined : delivered.at(-1)) ?? taken.at(-1)
      return (read?.seq ?? 0) > (state.at?.seq ?? 0) ? read : state.at
    }
    const doze = {
      wanted: () => state.wanted,
      skipTo: (seq: number, chain: string) => {
        state.at = { seq, chain }
      },
    }
    const reader = startReader({
      stream: bench.reading,
      clock: bench.clock,
      name: 'billing-0',
      ask,
      taken: () => ({ seq: last()?.seq ?? 0, chain: last()?.chain ?? NO_CHAIN }),
      deliver: entry => void delivered.push(entry),
      differs: reason => void differs.push(reason),
      failed: error => void failures.push(error),
      ...(dozing ? { doze } : {}),
    })
    return { ...reader, state }
  }

  /** Exactly these numbers of the log, in order, each byte for byte. */
  const hasDelivered = (from: number, to: number) =>
    assert.deepEqual(
      delivered.map(({ seq, chain }) => [seq, chain]),
      bench.log.read(from, to - from + 1).map(({ seq, chain }) => [seq, chain]),
    )
  return { ...bench, source, read, delivered, differs, failures, hasDelivered }
}

describe('a reader: the stream', () => {
  it('gives what is there and what is to come, without asking for it', async () => {
    const { log, fill, stream, finish, clock, read, source, hasDelivered } = createBench(3)
    await fill(log.entries)
    read({ silent: true })
    await clock.advance(100)
    hasDelivered(1, 3)

    log.grow(2)
    await finish(stream.append(log.read(4, 2), log.chainAt(3)!))
    await clock.advance(1)
    hasDelivered(1, 5)
    assert.ok(source.asked <= 2)
  })

  it('is read on from what was taken in', async () => {
    const { log, fill, clock, read, hasDelivered } = createBench(5)
    await fill(log.entries)
    read({ taken: log.entries.slice(0, 3), silent: true })
    await clock.advance(100)
    hasDelivered(4, 5)
  })

  it('may be made later', async () => {
    const { log, fill, clock, read, hasDelivered } = createBench(3)
    read({ silent: true })
    await clock.advance(10_000)
    await fill(log.entries)
    await clock.advance(5000)
    hasDelivered(1, 3)
  })

  it('may be deleted and made again: nothing comes twice, nothing is missing', async () => {
    const { log, fill, broker, clock, read, hasDelivered, differs } = createBench(3)
    await fill(log.entries)
    read({ silent: true })
    await clock.advance(100)
    broker.deleteStream('ORDER_0')
    log.grow(2)
    await fill(log.entries)
    await clock.advance(10_000)
    hasDelivered(1, 5)
    assert.deepEqual(differs, [])
  })

  it('may break again and again', async () => {
    const { log, fill, broker, clock, read, hasDelivered } = createBench(300)
    await fill(log.entries)
    Object.assign(broker.faults, { breakFollow: 0.7, delay: 0.5 })
    read({ silent: true })
    await clock.advance(120_000)
    hasDelivered(1, 300)
  })

  it('may be away with the whole broker', async () => {
    const { log, fill, broker, clock, read, hasDelivered } = createBench(3)
    await fill(log.entries)
    broker.goDown()
    read({ silent: true })
    await clock.advance(60_000)
    broker.comeUp()
    await clock.advance(5000)
    hasDelivered(1, 3)
  })
})

describe('a reader: what the stream can’t give, the source is asked for', () => {
  const damages: Record<string, (bench: ReturnType<typeof createBench>) => void> = {
    'a gap': ({ broker }) => broker.remove('ORDER_0', 3),
    'a start that is gone': ({ broker }) => broker.trimHead('ORDER_0', 4),
    'a foreign message behind the end': ({ broker }) =>
      broker.publishForeign('order.0.event.Rubbish._', Buffer.from('rubbish')),
    'a foreign message in the middle': ({ broker, forge, log }) => {
      broker.forgetTail('ORDER_0', 3)
      broker.publishForeign('order.0.event.Rubbish._', Buffer.from('rubbish'))
      forge(log.entries[4]!)
    },
    'a message that only claims its chain': ({ broker, forge, log }) => {
      broker.forgetTail('ORDER_0', 1)
      forge({ ...log.entries[4]!, body: Buffer.from('forged') })
    },
    'a tail that is lost': ({ broker }) => broker.forgetTail('ORDER_0', 3),
    'no stream at all': ({ broker }) => broker.deleteStream('ORDER_0'),
  }
  for (const [what, damage] of Object.entries(damages))
    it(`${what}: every entry comes all the same, and nothing else`, async () => {
      const bench = createBench(5)
      await bench.fill(bench.log.entries)
      damage(bench)
      bench.read()
      await bench.clock.advance(10_000)
      bench.hasDelivered(1, 5)
      assert.deepEqual(bench.differs, [])
    })

  it('and while the source is silent nothing beyond the gap is taken; then all of it', async () => {
    const { log, fill, broker, clock, read, source, hasDelivered, differs } = createBench(5)
    await fill(log.entries)
    broker.remove('ORDER_0', 3)
    read({ silent: true })
    await clock.advance(60_000)
    hasDelivered(1, 2)
    assert.deepEqual(differs, [])

    source.silent = false
    await clock.advance(5000)
    hasDelivered(1, 5)
  })

  it('and then the stream is followed again', async () => {
    const { log, fill, stream, finish, broker, clock, read, source, hasDelivered } = createBench(5)
    await fill(log.entries)
    broker.remove('ORDER_0', 3)
    read()
    await clock.advance(5000)
    source.silent = true
    log.grow(1)
    await finish(stream.append(log.read(6, 1), log.chainAt(5)!))
    await clock.advance(10)
    hasDelivered(1, 6)
  })

  it('also when nothing comes any more, for a consumer that starts beyond the end hears nothing', async () => {
    const { log, fill, broker, clock, read, hasDelivered } = createBench(5)
    await fill(log.entries)
    read()
    await clock.advance(100)
    // The broker lost its tail, and its owner does not publish it again.
    broker.forgetTail('ORDER_0', 5)
    log.grow(2)
    await clock.advance(10_000)
    hasDelivered(1, 7)
  })

  it('many pages of it', async () => {
    const { clock, read, hasDelivered } = createBench(2300)
    read()
    await clock.advance(1000)
    hasDelivered(1, 2300)
  })
})

describe('a reader: another history', () => {
  const other = (log: TestLog, same: number, more: number) => {
    const fork = createTestLog(ORDER, { history: 'another', after: log.entries.slice(0, same) })
    fork.grow(more)
    return fork
  }

  const histories: [what: string, same: number, more: number][] = [
    ['that is as long', 2, 3],
    ['that is longer', 4, 6],
    ['that is shorter', 2, 1],
    ['that is a part of the one seen: the source has lost what it said', 3, 0],
    ['that begins otherwise', 0, 9],
  ]
  for (const [what, same, more] of histories)
    it(`${what} stops it, loudly and for good`, async () => {
      const bench = createBench(5)
      await bench.fill(bench.log.entries)
      bench.read()
      await bench.clock.advance(100)

      bench.source.log = other(bench.log, same, more)
      await bench.clock.advance(10_000)
      assert.equal(bench.differs.length, 1)
      assert.match(bench.differs[0]!, /it stands at \d+, and at 5 this reader saw another entry than it has/)

      const asked = bench.source.asked
      bench.log.grow(1)
      await bench.finish(bench.stream.append(bench.log.read(6, 1), bench.log.chainAt(5)!))
      await bench.clock.advance(60_000)
      bench.hasDelivered(1, 5)
      assert.equal(bench.source.asked, asked)
      assert.equal(bench.differs.length, 1)
    })

  it('in the stream alone does not stop it: the source has the word', async () => {
    const { log, fill, clock, read, hasDelivered, differs } = createBench(5)
    await fill(other(log, 3, 4).entries)
    read()
    await clock.advance(10_000)
    hasDelivered(1, 5)
    assert.deepEqual(differs, [])
  })

  it('is not believed from an entry that does not follow in the source’s own answer', async () => {
    const { log, clock, read, source, delivered, differs } = createBench(3)
    const entries = [log.entries[0]!, { ...log.entries[1]!, body: Buffer.from('changed') }]
    source.log = { ...log, read: from => entries.slice(from - 1) }
    read()
    await clock.advance(1000)
    assert.equal(delivered.length, 1)
    assert.equal(differs.length, 1)
  })
})

describe('a reader: whose entries are not taken in', () => {
  it('lets the stream go, and goes on when they are', async () => {
    const { log, fill, clock, read, delivered, hasDelivered } = createBench(10_000)
    await fill(log.entries)
    const { state } = read({ silent: true, idle: true })
    await clock.advance(60_000)
    assert.ok(delivered.length > 8000 && delivered.length < 8500, `${delivered.length} were delivered`)

    state.idle = false
    await clock.advance(10_000)
    hasDelivered(1, 10_000)
  })
})

describe('a reader: its end', () => {
  it('delivers nothing more once it is stopped', async () => {
    const { log, fill, stream, finish, clock, read, source, hasDelivered } = createBench(3)
    await fill(log.entries)
    const reader = read()
    await clock.advance(100)
    await reader.stop()
    const asked = source.asked
    log.grow(1)
    await finish(stream.append(log.read(4, 1), log.chainAt(3)!))
    await clock.advance(10_000)
    hasDelivered(1, 3)
    assert.equal(source.asked, asked)
  })

  it('is told when asking meets a bug, instead of going on in silence', async () => {
    const { clock, read, source, failures } = createBench(3)
    source.bug = true
    read()
    await clock.advance(100)
    assert.equal(failures.length, 1)
    assert.ok(failures[0] instanceof TypeError)
  })

  it('is told when comparing meets a bug, long after the reader has begun', async () => {
    const { log, fill, clock, read, source, failures } = createBench(3)
    await fill(log.entries)
    read()
    await clock.advance(100)
    source.bug = true
    await clock.advance(5000)
    assert.ok(failures.length > 0)
    assert.ok(failures.every(failure => failure instanceof TypeError))
  })
})

describe('a reader that nobody needs at present', () => {
  it('reads nothing, and stands at the end of the log a few seconds later', async () => {
    const { log, fill, clock, read, delivered, broker } = createBench(5)
    await fill(log.entries)
    const { state } = read({ dozing: true })
    await clock.advance(10)
    log.grow(1000)
    await clock.advance(3000)
    assert.deepEqual(state.at, { seq: 1005, chain: log.chainAt(1005) })
    assert.deepEqual([delivered.length, broker.messages('ORDER_0').length], [0, 5])
  })

  it('reads every entry from there on once it is wanted', async () => {
    const { log, fill, clock, read, hasDelivered, failures } = createBench(5)
    const { state, wake } = read({ dozing: true })
    await clock.advance(10)
    await fill(log.entries)
    log.grow(2)
    state.wanted = true
    wake()
    await clock.advance(100)
    hasDelivered(6, 7)
    log.grow(1)
    await fill(log.entries)
    await clock.advance(5000)
    hasDelivered(6, 8)
    assert.deepEqual(failures, [])
  })

  it('is not held up by having been asleep in the middle of a question', async () => {
    const { log, clock, read, hasDelivered } = createBench(5)
    const { state, wake } = read({ dozing: true })
    state.wanted = true
    wake()
    await clock.advance(100)
    assert.equal(log.head(), 5)
    hasDelivered(1, 5)
  })

  it('has one question open at a time, however often it is woken', async () => {
    const { clock, read, source, hasDelivered } = createBench(5)
    const { state, wake } = read({ dozing: true })
    state.wanted = true
    for (let times = 0; times < 50; times++) wake()
    assert.equal(source.asked, 1)
    await clock.advance(100)
    hasDelivered(1, 5)
  })

  it('asks a source that does not answer again at once, and tells when it has passed over what was there', async () => {
    const { log, clock, read, source } = createBench(5)
    const { state, passedOver } = read({ dozing: true, silent: true })
    let isOver = false
    void passedOver.then(() => {
      isOver = true
    })
    await clock.advance(500)
    assert.equal(isOver, false)
    source.silent = false
    await clock.advance(1000)
    assert.deepEqual([state.at, isOver], [{ seq: 5, chain: log.chainAt(5) }, true])
  })

  it('lets the stream go when it is not wanted any more', async () => {
    const { log, fill, clock, read, delivered } = createBench(3)
    await fill(log.entries)
    const { state } = read({ dozing: true })
    state.wanted = true
    await clock.advance(4000)
    state.wanted = false
    await clock.advance(4000)
    const before = delivered.length
    log.grow(3)
    await fill(log.entries)
    await clock.advance(4000)
    assert.deepEqual([delivered.length, state.at?.seq], [before, 6])
  })

  it('notices that the history is another one', async () => {
    const { log, clock, read, source, differs } = createBench(5)
    read({ dozing: true })
    await clock.advance(10)
    source.log = createTestLog(ORDER, { count: 9, history: 'two' })
    await clock.advance(4000)
    assert.equal(log.head(), 5)
    assert.equal(differs.length, 1)
  })
})
