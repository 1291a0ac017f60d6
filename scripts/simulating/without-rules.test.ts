/** Taking rules away by name. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { missRules } from './without-rules.ts'

describe('taking rules away', () => {
  it('by a name that none has fails, and says which there are', async () => {
    const lines: string[] = []
    const isMissed = await missRules(process.cwd(), { seeds: 1, rule: 'R99' }, line => lines.push(line))
    assert.equal(isMissed, false)
    assert.match(lines.join('\n'), /^No rule has "R99" in its name; these there are:\n {2}R1: /)
  })
})
