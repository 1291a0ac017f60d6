/** W3C trace context: what is one, and how a step is named. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readTrace, spanOfEntry, writeTrace } from './trace.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

suite('a traceparent', () => {
  test('is read, and written as it was', () => {
    for (const [flags, sampled] of [
      ['01', true],
      ['00', false],
    ] as const) {
      const text = `00-${ID}-${SPAN}-${flags}`
      assert.deepEqual(readTrace(text), { id: ID, span: SPAN, sampled })
      assert.equal(writeTrace({ id: ID, span: SPAN, sampled }), text)
    }
  })

  test('of another version is read as far as it is known; of its flags one counts', () => {
    assert.deepEqual(readTrace(`cc-${ID}-${SPAN}-fe`), { id: ID, span: SPAN, sampled: false })
  })

  for (const text of [
    undefined,
    '',
    'x',
    `ff-${ID}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${ID}-${'0'.repeat(16)}-01`,
    `00-${ID.toUpperCase()}-${SPAN}-01`,
    `00-${ID}-${SPAN}-1`,
    `00-${ID}-${SPAN}-01-more`,
    ` 00-${ID}-${SPAN}-01`,
  ])
    test(`is none: ${text}`, () => assert.equal(readTrace(text), undefined))
})

suite('the span of an entry', () => {
  test('is named by its trace and its place, always the same', () => {
    const span = spanOfEntry(ID, 'order/0', 17)
    assert.match(span, /^[0-9a-f]{16}$/)
    assert.equal(spanOfEntry(ID, 'order/0', 17), span)
    const others = [
      spanOfEntry(ID, 'order/0', 18),
      spanOfEntry(ID, 'billing/0', 17),
      spanOfEntry(`${ID}`.replace('4', '5'), 'order/0', 17),
    ]
    assert.equal(new Set([span, ...others]).size, 4)
  })
})
