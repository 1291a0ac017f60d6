/** The mailbox: what waits for the next turn, and what is not let in. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import { type CommandItem, createMailbox, type Item } from './mailbox.ts'

const trim = (until: number): Item => ({ kind: 'trim', until })

const command = (id: string, deadline = Number.POSITIVE_INFINITY): CommandItem => ({
  kind: 'command',
  id,
  name: 'Add',
  body: {},
  fingerprint: '',
  remember: false,
  deadline,
  trace: undefined,
  answer: () => assert.fail('a mailbox answers nobody'),
})

const queued = (id: string): Item => ({
  kind: 'queued',
  id,
  name: 'Add',
  bytes: Buffer.from('{}'),
  sentAt: 0,
  remember: false,
  trace: undefined,
  ack: () => assert.fail('a mailbox acknowledges nothing'),
})

const nameOf = (item: Item) => (item.kind === 'trim' ? item.until : item.kind === 'command' ? item.id : item.kind)

/** A mailbox, open, whose turns are noted; `turn` may be replaced. */
const createBench = () => {
  const clock = createVirtualClock({ start: 0 })
  const turns: (string | number)[][] = []
  const bench = { turn: (_: Item[]): void => {}, says: true }
  const mailbox = createMailbox(clock, items => {
    turns.push(items.map(nameOf))
    bench.turn(items)
    return bench.says
  })
  mailbox.open(true)
  return { clock, turns, mailbox, bench }
}

describe('a mailbox: turns', () => {
  it('hands over all that waits at once, in the order of arrival', async () => {
    const { clock, turns, mailbox } = createBench()
    for (const item of [command('a'), trim(1), command('b')]) mailbox.push(item)
    assert.deepEqual(turns, [], 'not before what has already arrived is pushed too')
    await clock.advance(0)
    assert.deepEqual(turns, [['a', 1, 'b']])
    assert.equal(mailbox.size(), 0)
  })

  it('hands over 256 at the most, then the next ones', async () => {
    const { clock, turns, mailbox } = createBench()
    for (let number = 0; number < 600; number++) mailbox.push(trim(number))
    await clock.advance(0)
    assert.deepEqual(
      turns.map(turn => turn.length),
      [256, 256],
      'full turns wait for nothing',
    )
    await clock.advance(2)
    assert.deepEqual(
      turns.map(turn => turn.length),
      [256, 256, 88],
    )
    assert.deepEqual(
      turns.flat(),
      Array.from({ length: 600 }, (_, number) => number),
    )
  })

  it('what is pushed during a turn waits for the next one', async () => {
    const { clock, turns, mailbox, bench } = createBench()
    bench.turn = () => {
      if (turns.length === 1) mailbox.push(trim(2))
    }
    mailbox.push(trim(1))
    await clock.advance(2)
    assert.deepEqual(turns, [[1], [2]])
  })

  it('lets company come for 2 ms after a turn, and nothing wait after a quiet moment', async () => {
    const { clock, turns, mailbox } = createBench()
    mailbox.push(trim(1))
    await clock.advance(0)
    mailbox.push(trim(2))
    await clock.advance(1)
    mailbox.push(trim(3))
    assert.deepEqual(turns, [[1]])
    await clock.advance(1)
    assert.deepEqual(turns, [[1], [2, 3]])

    await clock.advance(2)
    mailbox.push(trim(4))
    await clock.advance(0)
    assert.deepEqual(turns, [[1], [2, 3], [4]])
  })

  it('lets nothing wait any longer when the broker has what a turn of two said', async () => {
    const { clock, turns, mailbox } = createBench()
    for (const number of [1, 2]) mailbox.push(trim(number))
    await clock.advance(0)
    mailbox.push(trim(3))
    await clock.advance(1)
    mailbox.arrived()
    await clock.advance(0)
    assert.deepEqual(turns, [[1, 2], [3]])

    mailbox.arrived()
    mailbox.push(trim(4))
    await clock.advance(0)
    assert.deepEqual(turns, [[1, 2], [3], [4]])
    mailbox.push(trim(5))
    await clock.advance(1)
    assert.equal(turns.length, 3, 'what the latest turn said has not arrived')
  })

  it('lets nothing wait after a small turn that said nothing', async () => {
    const { clock, turns, mailbox, bench } = createBench()
    bench.says = false
    mailbox.push(trim(1))
    await clock.advance(0)
    mailbox.push(trim(2))
    await clock.advance(0)
    assert.deepEqual(turns, [[1], [2]])
  })

  it('lets company come for 2 ms after a turn of three, whatever has arrived', async () => {
    const { clock, turns, mailbox } = createBench()
    for (const number of [1, 2, 3]) mailbox.push(trim(number))
    await clock.advance(0)
    mailbox.push(trim(4))
    mailbox.arrived()
    await clock.advance(1)
    assert.equal(turns.length, 1)
    await clock.advance(1)
    assert.deepEqual(turns.slice(1), [[4]])
  })

  it('lets nothing that has arrived shorten the wait after a turn that was put back', async () => {
    const { clock, turns, mailbox, bench } = createBench()
    bench.turn = items => {
      if (turns.length === 1) mailbox.putBack(items, 500)
    }
    mailbox.push(trim(1))
    await clock.advance(0)
    mailbox.arrived()
    await clock.advance(499)
    assert.deepEqual(turns, [[1]])
    await clock.advance(1)
    assert.deepEqual(turns, [[1], [1]])
  })

  it('holds everything until it is opened, and again when it is closed', async () => {
    const { clock, turns, mailbox } = createBench()
    mailbox.open(false)
    mailbox.push(trim(1))
    await clock.advance(1000)
    assert.deepEqual(turns, [])
    assert.equal(mailbox.size(), 1)

    mailbox.open(true)
    await clock.advance(0)
    assert.deepEqual(turns, [[1]])

    mailbox.push(trim(2))
    mailbox.open(false)
    await clock.advance(1000)
    assert.deepEqual(turns, [[1]])
  })
})

describe('a mailbox: its bound', () => {
  const fill = (mailbox: ReturnType<typeof createBench>['mailbox']) => {
    let taken = 0
    while (mailbox.push(command(String(taken)))) taken++
    return taken
  }

  it('lets 4096 commands in and refuses the next one', () => assert.equal(fill(createBench().mailbox), 4096))

  it('always lets in what nobody can send again: events, timers', () => {
    const { mailbox } = createBench()
    fill(mailbox)
    assert.equal(mailbox.push(trim(1)), true)
    assert.equal(mailbox.size(), 4097)
  })

  it('lets go of queued commands beyond 1000, which the broker brings again, also of those that were put back', () => {
    const { mailbox } = createBench()
    for (let number = 0; number < 1000; number++) assert.equal(mailbox.push(queued(String(number))), true)
    assert.equal(mailbox.push(queued('1000')), false)

    const { mailbox: held } = createBench()
    held.putBack(
      Array.from({ length: 1000 }, (_, number) => queued(String(number))),
      500,
    )
    assert.equal(held.push(queued('1000')), false)
    assert.equal(held.push(command('c')), true)
  })

  it('has room again for each command that was handed over', async () => {
    const { clock, mailbox } = createBench()
    fill(mailbox)
    await clock.advance(0)
    assert.equal(fill(mailbox), 4096)
  })

  it('has room again for each command that nobody waited for any more', async () => {
    const { clock, mailbox } = createBench()
    for (let number = 0; number < 4096; number++) mailbox.push(command(String(number), 0))
    await clock.advance(0)
    assert.equal(fill(mailbox), 4096)
  })
})

describe('a mailbox: deadlines', () => {
  it('drops a command when its time is up, and hands over the others', async () => {
    const { clock, turns, mailbox } = createBench()
    mailbox.open(false)
    for (const item of [command('late', 100), command('in time', 101), trim(1)]) mailbox.push(item)
    await clock.advance(100)
    mailbox.open(true)
    await clock.advance(0)
    assert.deepEqual(turns, [['in time', 1]])
  })

  it('holds no turn for commands that are all too late', async () => {
    const { clock, turns, mailbox } = createBench()
    mailbox.push(command('late', 0))
    await clock.advance(0)
    assert.deepEqual(turns, [])
    assert.equal(mailbox.size(), 0)
  })
})

describe('a mailbox: a turn that could not be held', () => {
  it('comes back first, with what came meanwhile behind it, after the wait', async () => {
    const { clock, turns, mailbox, bench } = createBench()
    bench.turn = items => {
      if (turns.length > 1) return
      mailbox.push(trim(3))
      mailbox.putBack(items, 500)
    }
    for (const number of [1, 2]) mailbox.push(trim(number))
    await clock.advance(499)
    assert.deepEqual(turns, [[1, 2]])
    await clock.advance(1)
    assert.deepEqual(turns, [
      [1, 2],
      [1, 2, 3],
    ])
  })
})

describe('a mailbox: draining', () => {
  it('runs turns at once until nothing waits', () => {
    const { turns, mailbox } = createBench()
    for (let number = 0; number < 300; number++) mailbox.push(trim(number))
    mailbox.drain()
    assert.equal(turns.flat().length, 300)
    assert.equal(mailbox.size(), 0)
  })

  it('gives up when a turn can’t be held: there is no room on the disk', () => {
    const { turns, mailbox, bench } = createBench()
    bench.turn = items => mailbox.putBack(items, 500)
    mailbox.push(trim(1))
    mailbox.drain()
    assert.deepEqual(turns, [[1]])
    assert.equal(mailbox.size(), 1)
  })
})
