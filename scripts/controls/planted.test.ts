/** Each planted bug still finds the place in the source that it changes: one that does not would count as never planted. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { PLANTED } from './planted.ts'

const root = new URL('../../', import.meta.url)

describe('planted bugs', () => {
  for (const [name, { changes }] of Object.entries(PLANTED))
    it(`${name}: its place is there, once`, () => {
      for (const { file, from, to } of changes) {
        assert.equal(readFileSync(new URL(file, root), 'utf8').split(from).length - 1, 1, `${file}: ${from}`)
        assert.notEqual(from, to)
      }
    })
})
