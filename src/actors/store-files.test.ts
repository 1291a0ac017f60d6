/** Copies of stores: whoever asks deletes them, and what is left by one who was killed is swept. */
import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openMemoryStore } from './kernel/store.ts'
import { COPY_PATIENCE_MS, copyStore } from './store-files.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'kassa-copies-'))
after(() => rmSync(dataDir, { recursive: true }))

describe('copying a store', () => {
  it('sweeps the actor’s own copies that nobody waits for any more', async () => {
    mkdirSync(join(dataDir, 'copies'))
    const longAgo = new Date(Date.now() - COPY_PATIENCE_MS - 1000)
    for (const [name, at] of [
      ['order-0-forgotten.db', longAgo],
      ['order-0-waited-for.db', new Date()],
      ['billing-0-of-another.db', longAgo],
    ] as const) {
      writeFileSync(join(dataDir, 'copies', name), '')
      utimesSync(join(dataDir, 'copies', name), at, at)
    }
    const made = await copyStore(dataDir, { actor: 'order', cell: 0 }, openMemoryStore())
    assert.deepEqual(
      globSync('copies/*', { cwd: dataDir })
        .map(path => basename(path))
        .sort(),
      ['billing-0-of-another.db', 'order-0-waited-for.db', basename(made)].sort(),
    )
  })
})
