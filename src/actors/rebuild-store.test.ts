/** Rebuilding a store: what the chain proves is taken over, and what it does not cover follows from that. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { productVersion } from '../version.ts'
import { billingActor } from './billing/actor.ts'
import type { Core } from './kernel/core.ts'
import { openStore } from './kernel/store.ts'
import { createTestCore, TEST_SETTINGS } from './kernel/test-core.ts'
import { rebuildStore } from './rebuild-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'kassa-rebuild-'))
after(() => rmSync(folder, { recursive: true }))

const rebuild = (path: string) => {
  const address = { actor: 'billing', cell: 0 }
  return rebuildStore({ definition: billingActor, address, settings: TEST_SETTINGS, path })
}

describe('rebuilding a store from its log', () => {
  let count = 0
  const storeOf = () => {
    const path = join(folder, `${++count}.db`)
    const store = openStore(path)
    return { path, ...createTestCore(billingActor, { store }) }
  }

  it('takes no flipped subject over, which no chain covers: it follows from the entry', () => {
    const { path, store, run, core } = storeOf()
    run('PutMoney', { user_id: '7', amount: 100 }, { key: 'one' })
    const subject = core.log.read(1, 1)[0]?.subject
    store.prepare("UPDATE log SET subject = 'billing.0.flipped' WHERE seq = 1").run()
    store.close()

    assert.deepEqual(rebuild(path), { entries: 1, whole: true, kept: undefined })
    const again = openStore(path)
    assert.equal(again.prepare('SELECT subject FROM log WHERE seq = 1').pluck().get(), subject)
    again.close()
  })

  const start = (core: Core, version: string) =>
    core.transaction(() => core.append({ type: 'Started', data: { start_id: 'one', version } }, {}, undefined))
  const refusal = /Kassa 4\.97 has run on it, and this is \d+\.\d+\.\d+; use that version or a later one/

  it('believes its log about who has run on it, not a page on which a bit has flipped', () => {
    const { path, store, core } = storeOf()
    start(core, productVersion)
    store.pragma('user_version = 4097')
    store.close()
    assert.deepEqual(rebuild(path), { entries: 1, whole: true, kept: undefined })
  })

  it('refuses one of a newer Kassa: by its log, and by its page where the log is not whole', () => {
    const newer = storeOf()
    start(newer.core, '4.97.3')
    newer.store.close()
    assert.throws(() => rebuild(newer.path), refusal)

    const torn = storeOf()
    start(torn.core, productVersion)
    start(torn.core, productVersion)
    torn.store.exec("UPDATE log SET body = x'00' WHERE seq = 2; PRAGMA user_version = 4097")
    torn.store.close()
    assert.throws(() => rebuild(torn.path), refusal)
  })
})
