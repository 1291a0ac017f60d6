/** Each removed rule is still there to be removed: a list of changes that fit nothing would find nothing. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FAULTS } from '../../test/simulation/faults.ts'
import { REMOVED_RULES } from './removed-rules.ts'

const root = join(import.meta.dirname, '..', '..')

describe('a rule that is to be removed', () => {
  for (const { rule, file, find, faults = [] } of REMOVED_RULES)
    it(`stands once in the source: ${rule}`, () => {
      assert.equal(readFileSync(join(root, file), 'utf8').split(find).length - 1, 1, `${file}: ${find}`)
      for (const fault of faults) assert.ok(Object.hasOwn(FAULTS, fault), fault)
    })
})
