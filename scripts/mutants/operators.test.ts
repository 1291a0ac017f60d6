/** Mutants: one slip each, of code and of nothing else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mutantsOf } from './operators.ts'

const of = (line: string): string[] => mutantsOf('x.ts', line).map(({ after }) => after)

describe('mutants of a line', () => {
  it('swap its operators', () => {
    assert.deepEqual(of('  const late = a === b && c < 1'), [
      'const late = a !== b && c < 1',
      'const late = a === b && c <= 1',
      'const late = a === b || c < 1',
    ])
  })

  it('turn its condition round', () => {
    assert.deepEqual(of('  if (known(a)) return'), ['if (!(known(a))) return'])
    assert.deepEqual(of('  if (!known) return'), ['if (known) return'])
  })

  it('leave a statement out', () => {
    assert.deepEqual(of('    relay.wake()'), [''])
    assert.deepEqual(of('    seq = entry.seq'), [''])
  })

  it('are none of comments, strings and types', () => {
    assert.deepEqual(of('  // a === b'), [])
    assert.deepEqual(of("  const text = 'a === b'"), [])
    assert.deepEqual(of("  kind: 'a' | 'b'"), [])
  })
})
