/** The page on what lies under /v1, carried out. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { asWritten, carryOut } from './carry-out.ts'
import { exchangesOf } from './document-blocks.ts'

const text = readFileSync(fileURLToPath(new URL('../docs/v1-by-example.md', import.meta.url)), 'utf8')

describe('docs/v1-by-example.md', () => {
  const page = exchangesOf(text)

  it('shows an exchange with each method', () => {
    const methods = new Set(page.map(({ method }) => method))
    assert.deepEqual([...methods].sort(), ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'])
    assert.ok(page.length > 15)
  })

  // Long, so that a slow machine does not show an order that has not settled.
  it('holds from top to bottom', () => carryOut(page, { ...asWritten, env: () => ({ KASSA_SETTLE_WAIT_MS: '10000' }) }))
})
