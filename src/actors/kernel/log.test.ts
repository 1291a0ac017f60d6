/** The log: numbered without a hole, chained, and whole after whatever went wrong. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chainOf, follows, NO_CHAIN } from '../../bus/entry.ts'
import { writeEvent } from './event.ts'
import { openLog } from './log.ts'
import { openMemoryStore, StoreDamaged } from './store.ts'

const address = { actor: 'toy', cell: 0 }
const bodyOf = (seq: number, at = 1000 * seq) =>
  writeEvent(address, { seq, type: 'Added', user: '7', at, data: {} }, undefined)

/** A log of `count` entries. */
const createBench = (count = 0) => {
  const store = openMemoryStore()
  const log = openLog(store)
  const append = () => {
    const seq = log.head() + 1
    return log.append(`toy.0.event.Added.7`, `Kassa-Command: ${seq}\n`, bodyOf(seq), 1000 * seq)
  }
  store.transaction(() => {
    while (log.head() < count) append()
  })()
  return { store, log, append }
}

describe('a log: appending', () => {
  it('begins empty, with the chain before the first entry', () => {
    const { log } = createBench()
    assert.equal(log.head(), 0)
    assert.equal(log.chainAt(0), NO_CHAIN)
    assert.equal(log.chainAt(1), undefined)
    assert.equal(log.lastTime(), 0)
    assert.deepEqual(log.read(1, 10), [])
  })

  it('numbers entries 1, 2, 3 and chains each to the one before, bytes and headers alike', () => {
    const { log, append } = createBench()
    const entries = [append(), append(), append()]
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      [1, 2, 3],
    )
    let chain = NO_CHAIN
    for (const entry of entries) {
      assert.ok(follows(chain, entry))
      assert.equal(entry.chain, chainOf(chain, entry.body, entry.headers))
      assert.equal(log.chainAt(entry.seq), entry.chain)
      chain = entry.chain
    }
    assert.deepEqual(log.read(1, 10), entries)
  })

  it('keeps the very bytes, also when it is opened anew', () => {
    const { store, log } = createBench(3)
    const entries = log.read(1, 10)
    const again = openLog(store)
    assert.deepEqual(
      again.read(1, 10).map(entry => ({ ...entry, body: Buffer.from(entry.body) })),
      entries,
    )
    assert.equal(again.head(), 3)
    assert.equal(again.chainAt(3), log.chainAt(3))
    assert.equal(again.lastTime(), 3000)
  })

  it('gives entries and chains of any number, those at hand and those of long ago', () => {
    const { store, log } = createBench(5000)
    const anew = openLog(store)
    for (const seq of [1, 900, 4104, 4105, 4999, 5000]) {
      assert.equal(log.read(seq, 1)[0]!.seq, seq)
      assert.equal(log.chainAt(seq), anew.chainAt(seq))
      assert.deepEqual(
        log.read(seq, 3).map(entry => entry.chain),
        anew.read(seq, 3).map(entry => entry.chain),
      )
    }
    assert.equal(log.chainAt(5001), undefined)
    assert.deepEqual(log.read(5001, 10), [])
  })

  it('never says an earlier time than before', () => {
    const { log } = createBench(2)
    log.append('toy.0.event.Added.7', '', bodyOf(3, 500), 500)
    assert.equal(log.lastTime(), 2000)
  })
})

describe('a log: after a transaction that was rolled back', () => {
  it('stands where it stood, and the next entry has the next number', () => {
    const { store, log, append } = createBench(2)
    const chain = log.chainAt(2)
    const failing = store.transaction(() => {
      append()
      append()
      throw new Error('no')
    })
    assert.throws(failing)
    log.reload()

    assert.equal(log.head(), 2)
    assert.equal(log.chainAt(2), chain)
    assert.equal(log.chainAt(3), undefined)
    assert.deepEqual(log.read(3, 1), [])
    const next = append()
    assert.equal(next.seq, 3)
    assert.ok(follows(chain!, next))
  })
})

describe('a log: restoring from a copy', () => {
  const copy = createBench(3).log.read(1, 3)

  it('takes the entries one by one, and is then the same', () => {
    const { log } = createBench()
    for (const entry of copy) log.restore({ ...entry, body: new Uint8Array(entry.body) }, 1000 * entry.seq)
    assert.equal(log.head(), 3)
    assert.equal(log.chainAt(3), copy[2]!.chain)
    assert.equal(log.lastTime(), 3000)
  })

  const refused: Record<string, (log: ReturnType<typeof openLog>) => void> = {
    'an entry that skips a number': log => log.restore(copy[1]!, 0),
    'an entry that is there already': log => {
      log.restore(copy[0]!, 0)
      log.restore(copy[0]!, 0)
    },
    'an entry under another number': log => log.restore({ ...copy[0]!, seq: 2 }, 0),
    'an entry with a changed byte': log => log.restore({ ...copy[0]!, body: bodyOf(9) }, 0),
    'an entry with other headers': log => log.restore({ ...copy[0]!, headers: '' }, 0),
    'an entry with another chain': log => log.restore({ ...copy[0]!, chain: copy[1]!.chain }, 0),
  }
  for (const [what, restore] of Object.entries(refused))
    it(`refuses ${what}`, () => assert.throws(() => restore(createBench().log), /it does not continue the log/))
})

describe('a log: taking the last entry back', () => {
  it('leaves the log as if it had never been', () => {
    const { store, log, append } = createBench(2)
    const third = append()
    log.takeBack()
    assert.equal(log.head(), 2)
    assert.deepEqual(
      log.read(1, 10).map(({ seq }) => seq),
      [1, 2],
    )
    assert.equal(append().chain, third.chain)
    assert.equal(openLog(store).head(), 3)
  })

  it('leaves an empty log when it was the only one', () => {
    const { log } = createBench(1)
    log.takeBack()
    assert.equal(log.head(), 0)
    assert.equal(log.chainAt(0), NO_CHAIN)
    assert.equal(log.lastTime(), 0)
  })
})

describe('a log whose store was damaged', () => {
  const damages: [what: string, sql: string, said: string][] = [
    ['another body', 'UPDATE log SET body = CAST(\'{"type":7}\' AS BLOB) WHERE seq = 2', 'entry 2 breaks the chain'],
    ['other headers', "UPDATE log SET headers = '' WHERE seq = 2", 'entry 2 breaks the chain'],
    ['another chain', "UPDATE log SET chain = 'x' WHERE seq = 2", 'entry 2 breaks the chain'],
    ['another chain before it', "UPDATE log SET chain = 'x' WHERE seq = 1", 'entry 2 breaks the chain'],
    ['nothing before it', 'DELETE FROM log WHERE seq = 1', 'entry 1 is missing'],
    [
      'another subject',
      "UPDATE log SET subject = 'toy.0.event.Adder.7' WHERE seq = 2",
      'entry 2 has the subject toy.0.event.Adder.7, not toy.0.event.Added.7',
    ],
  ]
  for (const [what, sql, said] of damages) {
    it(`is not opened where the last entry has ${what}`, () => {
      const { store } = createBench(2)
      store.exec(sql)
      assert.throws(() => openLog(store), new StoreDamaged(said))
    })

    it(`shows neither an entry nor its chain where it has ${what}`, () => {
      const { store } = createBench(4)
      const log = openLog(store)
      store.exec(sql)
      assert.throws(() => log.read(2, 1), new StoreDamaged(said))
      assert.throws(() => log.chainAt(2), new StoreDamaged(said))
    })
  }

  it('does not take a whole entry that stands under another number for that one', () => {
    const store = openMemoryStore()
    const log = openLog(store)
    log.append('toy.0.event.Added.7', '', bodyOf(5), 1000)
    assert.throws(() => openLog(store), new StoreDamaged('entry 1 is entry 5, of another place'))
  })

  it('does not take what is under the chain for an event where it is none', () => {
    const store = openMemoryStore()
    openLog(store).append('toy.0.event.Added.7', '', Buffer.from('{"type":7}'), 1000)
    assert.throws(() => openLog(store), new StoreDamaged('entry 1 is no event of ours'))
  })
})
