/** Rebuilding a store: what the chain proves is taken over, and what it does not cover follows from that. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { billingActor } from './billing/actor.ts'
import { openStore } from './kernel/store.ts'
import { createTestCore, TEST_SETTINGS } from './kernel/test-core.ts'
import { rebuildStore } from './rebuild-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'kassa-rebuild-'))
after(() => rmSync(folder, { recursive: true }))

describe('rebuilding a store from its log', () => {
  it('takes no flipped subject over, which no chain covers: it follows from the entry', () => {
    const path = join(folder, 'billing-0.db')
    const store = openStore(path)
    const { run, core } = createTestCore(billingActor, { store })
    run('PutMoney', { user_id: '7', amount: 100 }, { key: 'one' })
    const subject = core.log.read(1, 1)[0]?.subject
    store.prepare("UPDATE log SET subject = 'billing.0.flipped' WHERE seq = 1").run()
    store.close()

    const address = { actor: 'billing', cell: 0 }
    const rebuilt = rebuildStore({ definition: billingActor, address, settings: TEST_SETTINGS, path })
    assert.deepEqual(rebuilt, { entries: 1, whole: true, kept: undefined })
    const again = openStore(path)
    assert.equal(again.prepare('SELECT subject FROM log WHERE seq = 1').pluck().get(), subject)
    again.close()
  })
})
