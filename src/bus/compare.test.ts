/** Whose stream is it? Every verdict, and what it is told by. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogStream } from './bus.ts'
import { compare, type Verdict } from './compare.ts'
import type { Entry } from './entry.ts'
import { createTestLog } from './test-log.ts'
import { createStreamBench, ORDER } from './test-stream.ts'
import { Unavailable } from './unavailable.ts'

const RUBBISH = 'order.0.event.Rubbish._'

/** A log of five entries, and a stream that has them all, which `change` may then change. */
const createBench = async (change: (bench: ReturnType<typeof createStreamBench>) => void = () => {}) => {
  const bench = createStreamBench({ count: 5 })
  await bench.fill(bench.log.entries)
  change(bench)
  return { ...bench, verdict: () => bench.finish(compare(bench.stream, bench.log)) }
}

/** A log that said the same as `entries` up to `same`, and then `extra` other things. */
const forkOf = (entries: readonly Entry[], same: number, extra: number) => {
  const fork = createTestLog(ORDER, { history: 'another', after: entries.slice(0, same) })
  fork.grow(extra)
  return fork
}

/** The same log of five entries, and the stream of a fork of it, which `change` may then change. */
const createForkedBench = async (
  { same, extra }: { same: number; extra: number },
  change: (bench: ReturnType<typeof createStreamBench>) => void = () => {},
) => {
  const bench = createStreamBench({ count: 5 })
  await bench.fill(forkOf(bench.log.entries, same, extra).entries)
  change(bench)
  return { verdict: () => bench.finish(compare(bench.stream, bench.log)) }
}

const keptOf = (verdict: Awaited<ReturnType<typeof compare>>) =>
  verdict.kind === 'foreign' ? verdict.kept.map(entry => Buffer.from(entry.body).toString()) : verdict

describe('comparing a stream with its log: missing', () => {
  it('is a stream that nobody made', async () => {
    const { stream, log, finish } = createStreamBench({ count: 5 })
    assert.deepEqual(await finish(compare(stream, log)), { kind: 'missing' })
  })
})

describe('comparing a stream with its log: the same', () => {
  it('is an empty stream, up to nothing', async () => {
    const { stream, log, finish } = createStreamBench({ count: 5 })
    await finish(stream.create())
    assert.deepEqual(await finish(compare(stream, log)), { kind: 'same', last: 0 })
  })

  it('is a stream that has it all', async () =>
    assert.deepEqual(await (await createBench()).verdict(), { kind: 'same', last: 5 }))

  it('is a stream whose tail was lost, up to where it ends', async () => {
    const { verdict } = await createBench(({ broker }) => broker.forgetTail('ORDER_0', 2))
    assert.deepEqual(await verdict(), { kind: 'same', last: 3 })
  })

  it('is a stream whose oldest messages are gone: only what comes next matters', async () => {
    const { verdict } = await createBench(({ broker }) => broker.trimHead('ORDER_0', 3))
    assert.deepEqual(await verdict(), { kind: 'same', last: 5 })
  })
})

describe('comparing a stream with its log: ahead', () => {
  it('is a stream that rightly goes on where the log ends', async () => {
    const { verdict } = await createBench(({ log }) => void log.entries.splice(3))
    assert.deepEqual(await verdict(), { kind: 'ahead', last: 5 })
  })

  it('is a full stream of an empty log', async () => {
    const { verdict } = await createBench(({ log }) => void log.entries.splice(0))
    assert.deepEqual(await verdict(), { kind: 'ahead', last: 5 })
  })

  it('is also one whose next message is gone: to heal or to refuse is not for the comparison', async () => {
    const { verdict } = await createBench(({ log, broker }) => {
      log.entries.splice(3)
      broker.remove('ORDER_0', 4)
    })
    assert.deepEqual(await verdict(), { kind: 'ahead', last: 5 })
  })
})

describe('comparing a stream with its log: foreign', () => {
  it('is a message behind the log’s end that nobody chained, and it is kept', async () => {
    const { verdict } = await createBench(({ broker }) => broker.publishForeign(RUBBISH, Buffer.from('rubbish')))
    assert.deepEqual(keptOf(await verdict()), ['rubbish'])
  })

  it('is a message where the log has another entry', async () => {
    const { verdict } = await createBench(({ broker }) => {
      broker.forgetTail('ORDER_0', 2)
      broker.publishForeign(RUBBISH, Buffer.from('rubbish'))
    })
    assert.deepEqual(keptOf(await verdict()), ['rubbish'])
  })

  it('is a message with a chain that it only claims', async () => {
    const { verdict } = await createBench(({ broker, log, forge }) => {
      broker.forgetTail('ORDER_0', 1)
      forge({ ...log.entries[4]!, body: Buffer.from('forged') })
    })
    assert.deepEqual(keptOf(await verdict()), ['forged'])
  })

  it('are all messages from the first one on that does not follow', async () => {
    const { verdict } = await createBench(({ broker }) => {
      broker.forgetTail('ORDER_0', 3)
      for (const text of ['a', 'b', 'c', 'd']) broker.publishForeign(RUBBISH, Buffer.from(text))
    })
    assert.deepEqual(keptOf(await verdict()), ['a', 'b', 'c', 'd'])
  })

  it('is the whole stream when even its first message is not ours', async () => {
    const { stream, broker, log, finish } = createStreamBench({ count: 5 })
    await finish(stream.create())
    broker.publishForeign(RUBBISH, Buffer.from('rubbish'))
    assert.deepEqual(keptOf(await finish(compare(stream, log))), ['rubbish'])
  })

  it('is a stream whose last message was removed, with nothing to keep', async () => {
    const { verdict } = await createBench(({ broker }) => broker.remove('ORDER_0', 5))
    assert.deepEqual(await verdict(), { kind: 'foreign', kept: [] })
  })

  it('is a purged stream, with nothing to keep', async () => {
    const { verdict } = await createBench(({ broker }) => broker.purge('ORDER_0'))
    assert.deepEqual(await verdict(), { kind: 'foreign', kept: [] })
  })
})

const forkOfVerdict = (verdict: Verdict) =>
  verdict.kind === 'differs' ? { at: verdict.at, last: verdict.last, kept: verdict.kept.length } : undefined

describe('comparing a stream with its log: two histories', () => {
  for (const { same, extra, what } of [
    { same: 4, extra: 1, what: 'the last entry' },
    { same: 2, extra: 3, what: 'an entry in the middle' },
    { same: 0, extra: 5, what: 'the first entry' },
    { same: 3, extra: 1, what: 'an entry, in a stream that is shorter,' },
    { same: 3, extra: 9, what: 'an entry, in a stream that is longer,' },
  ])
    it(`are told by ${what} that an owner wrote otherwise`, async () => {
      const { verdict } = await createForkedBench({ same, extra })
      assert.deepEqual(forkOfVerdict(await verdict()), { at: same + 1, last: same + extra, kept: extra })
    })

  it('are told also where another history ends in a message that nobody chained', async () => {
    const { verdict } = await createForkedBench({ same: 3, extra: 1 }, ({ broker }) =>
      broker.publishForeign(RUBBISH, Buffer.from('rubbish')),
    )
    assert.equal(forkOfVerdict(await verdict())?.at, 4)
  })

  it('may be where a gap keeps anybody from telling: what claims a chain is not thrown away', async () => {
    const { verdict } = await createForkedBench({ same: 3, extra: 3 }, ({ broker }) => broker.remove('ORDER_0', 4))
    assert.equal(forkOfVerdict(await verdict())?.at, 4)
  })

  it('may be where the head of the stream is gone up to the end of the log: the next message may be the only copy', async () => {
    const { verdict } = await createForkedBench({ same: 3, extra: 3 }, ({ broker }) => broker.trimHead('ORDER_0', 5))
    assert.deepEqual(forkOfVerdict(await verdict()), { at: 1, last: 6, kept: 1 })
  })

  it('are told also where the last message is gone, by those before it', async () => {
    const { verdict } = await createForkedBench({ same: 2, extra: 3 }, ({ broker }) => broker.remove('ORDER_0', 5))
    assert.deepEqual(forkOfVerdict(await verdict()), { at: 3, last: 5, kept: 2 })
  })

  it('are not told by a message behind a gap that claims no chain', async () => {
    const { verdict } = await createBench(({ broker }) => {
      broker.forgetTail('ORDER_0', 2)
      for (const text of ['a', 'b']) broker.publishForeign(RUBBISH, Buffer.from(text))
      broker.remove('ORDER_0', 4)
    })
    assert.deepEqual(keptOf(await verdict()), ['b'])
  })
})

describe('comparing a stream with its log: without a broker', () => {
  it('is not possible', async () => {
    const { verdict } = await createBench(({ broker }) => broker.goDown())
    await assert.rejects(verdict(), Unavailable)
  })
})

describe('comparing a stream with its log: a flood', () => {
  const FLOOD = 5000

  it('of foreign messages behind the log is kept in part, and not read to its end', async () => {
    const bench = createStreamBench({ count: 5 })
    await bench.fill(bench.log.entries)
    for (let number = 0; number < FLOOD; number++) bench.broker.publishForeign(RUBBISH, Buffer.from(String(number)))
    const verdict = keptOf(await bench.finish(compare(bench.stream, bench.log)))
    assert.deepEqual(
      verdict,
      Array.from({ length: 1000 }, (_, number) => String(number)),
    )
  })

  it('that the log has meanwhile outgrown is gone through in steps', async () => {
    const bench = createStreamBench({ count: 5 })
    await bench.fill(bench.log.entries)
    for (let number = 0; number < FLOOD; number++) bench.broker.publishForeign(RUBBISH, Buffer.from(String(number)))
    bench.log.grow(2 * FLOOD)
    let asked = 0
    const counted: LogStream = {
      ...bench.stream,
      get: seq => {
        asked++
        return bench.stream.get(seq)
      },
    }
    const verdict = keptOf(await bench.finish(compare(counted, bench.log)))
    assert.equal(Array.isArray(verdict) && verdict[0], '0')
    assert.ok(asked < 1100, `it asked ${asked} times`)
  })
})
