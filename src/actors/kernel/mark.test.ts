/** The mark beside a store: which log has it, and how it follows the log. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTestLog } from '../../bus/test-log.ts'
import { createVirtualClock } from '../../world/virtual-clock.ts'
import type { ReadableLog } from './log.ts'
import { createMarking, type MarkFile, markFile } from './mark.ts'

const createFile = (): MarkFile & { text: string | undefined; isBroken: boolean } => ({
  text: undefined,
  isBroken: false,
  read() {
    return this.text
  },
  write(text) {
    if (this.isBroken) throw new Error('no room')
    this.text = text
  },
})

const createBench = ({ count }: { count: number }) => {
  const log = createTestLog({ actor: 'toy', cell: 0 }, { count })
  const file = createFile()
  const clock = createVirtualClock({ start: 0 })
  const failures: unknown[] = []
  const marking = createMarking(log, file, clock, error => void failures.push(error))
  const isKeptIn = (other: ReadableLog) => createMarking(other, file, clock, () => {}).isKept()
  return { log, file, clock, failures, marking, isKeptIn }
}

describe('the mark of a log', () => {
  it('is in the log that wrote it, also when that has grown', () => {
    const { log, marking } = createBench({ count: 3 })
    marking.move()
    assert.equal(marking.isKept(), true)
    assert.equal(marking.marked(), 3)
    log.grow(2)
    assert.equal(marking.isKept(), true)
  })

  for (const [what, other] of [
    ['a log of an earlier time', createTestLog({ actor: 'toy', cell: 0 }, { count: 2 })],
    ['a log with another entry there', createTestLog({ actor: 'toy', cell: 0 }, { count: 3, history: 'another' })],
    ['an empty log', createTestLog({ actor: 'toy', cell: 0 })],
  ] as [string, ReadableLog][])
    it(`is not in ${what}`, () => {
      const { marking, isKeptIn } = createBench({ count: 3 })
      marking.move()
      assert.equal(isKeptIn(other), false)
    })

  it('is in no log when there is no mark, or rubbish', () => {
    const { file, marking } = createBench({ count: 3 })
    assert.equal(marking.isKept(), false)
    assert.equal(marking.marked(), 0)
    file.text = 'rubbish of somebody'
    assert.equal(marking.isKept(), false)
    assert.equal(marking.marked(), 0)
  })
})

describe('the mark while the log grows', () => {
  it('is moved at the start, and every second that brought something', async () => {
    const { log, file, clock, marking } = createBench({ count: 3 })
    marking.start()
    assert.match(file.text ?? '', /^3 /)
    log.grow(2)
    assert.match(file.text ?? '', /^3 /)
    await clock.advance(1000)
    assert.match(file.text ?? '', /^5 /)
  })

  it('is left alone after the stop', async () => {
    const { log, file, clock, marking } = createBench({ count: 3 })
    marking.start()
    marking.stop()
    log.grow(2)
    await clock.advance(10_000)
    assert.match(file.text ?? '', /^3 /)
  })

  it('is moved later when its file can not be written now, and that is told', async () => {
    const { file, clock, failures, marking } = createBench({ count: 3 })
    file.isBroken = true
    marking.start()
    assert.equal(failures.length, 1)
    file.isBroken = false
    await clock.advance(1000)
    assert.equal(marking.isKept(), true)
  })
})

describe('the file of a mark', () => {
  it('is written whole or not at all', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kassa-mark-'))
    const mark = markFile(join(directory, 'data', 'toy-0.mark'))
    assert.equal(mark.read(), undefined)
    mark.write('one')
    mark.write('two')
    assert.equal(mark.read(), 'two')
    assert.deepEqual(readdirSync(join(directory, 'data')), ['toy-0.mark'])
    rmSync(directory, { recursive: true })
  })
})
