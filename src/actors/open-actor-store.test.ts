/** Opening a store for work: one that is damaged is built anew once, not a second time for the number of its tables. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Log } from '../log.ts'
import { billingActor } from './billing/actor.ts'
import { StoreDamaged } from './kernel/store.ts'
import { createTestCore, TEST_SETTINGS } from './kernel/test-core.ts'
import { openActorStore } from './open-actor-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'kassa-open-'))
after(() => rmSync(folder, { recursive: true }))

describe('opening a store', () => {
  it('that is damaged rebuilds it once, and the next time not at all', () => {
    const path = join(folder, 'billing-0.db')
    const warnings: string[] = []
    const silent = (): void => {}
    const warn = ({ reason }: { reason: string }): void => void warnings.push(reason)
    const log = { debug: silent, info: silent, warn, error: silent } as unknown as Log
    const address = { actor: 'billing', cell: 0 }
    const open = () => openActorStore({ definition: billingActor, settings: TEST_SETTINGS, path, address }, log)

    const first = open()
    createTestCore(billingActor, { store: first.store }).run('PutMoney', { user_id: '7', amount: 100 }, { key: 'one' })
    first.condemn(new StoreDamaged('a page is not what was written'))
    first.close()

    const second = open()
    assert.equal(second.store.prepare('SELECT count(*) FROM log').pluck().get(), 1)
    second.close()
    open().close()
    assert.deepEqual(warnings, ['a page is not what was written'])
  })
})
