/** The log as a person at a terminal reads it. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shownLine } from './log-line.ts'

const line = (more: object): string =>
  `${JSON.stringify({ level: 40, time: '2023-09-07T14:30:00.123Z', pid: 1, hostname: 'shop', name: 'order', ...more })}\n`

suite('a line of the log at a terminal', () => {
  test('says when, how bad, which part and what', () => {
    assert.equal(shownLine(line({ msg: 'the broker is away' })), '14:30:00.123 WARN  order: the broker is away\n')
  })

  test('has its facts behind it, text as it is and the rest as JSON', () => {
    const facts = { reason: 'gone', head: 3, parts: ['a'] }
    assert.equal(
      shownLine(line({ level: 30, ...facts, msg: 'open' })),
      '14:30:00.123 info  order: open  reason=gone  head=3  parts=["a"]\n',
    )
  })

  test('shows the stack of an error', () => {
    const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at here' }
    assert.match(
      shownLine(line({ level: 50, err, msg: 'it failed' })),
      /ERROR order: it failed {2}err=Error: no\n {4}at here\n$/,
    )
  })

  test('that is none stays as it is', () => {
    assert.equal(shownLine('(node:1) Warning: something\n'), '(node:1) Warning: something\n')
  })
})
