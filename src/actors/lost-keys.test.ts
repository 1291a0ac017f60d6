/** Keys that were lost, and keys that were deleted because somebody is to be forgotten. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkKeys, lostKeysIn } from './kernel/lost-keys.ts'
import { openMemoryStore } from './kernel/store.ts'
import { createTestCore } from './kernel/test-core.ts'
import { orderActor } from './order/actor.ts'
import { lostKeyFaults } from './verify-keys.ts'

const vera = { first_name: 'Vera', last_name: 'Volkova', email: 'vera@example.com' }

/** An order actor with two users, 93493453 and 93493454, at entries 1 and 2. */
const shop = () => {
  const keys = openMemoryStore()
  const bench = createTestCore(orderActor, { keys })
  bench.run('CreateUser', vera, { key: 'k1' })
  bench.run('CreateUser', vera, { key: 'k2' })
  const reopen = (otherKeys = keys) => createTestCore(orderActor, { store: bench.store, keys: otherKeys })
  return { ...bench, keys, reopen }
}

const faultsOf = ({ core, store }: ReturnType<typeof shop>['reopen'] extends () => infer Bench ? Bench : never) =>
  lostKeyFaults(store, async seqs => checkKeys(core, seqs))

describe('keys', () => {
  it('that are all there are not missed', async () => {
    const bench = shop().reopen()
    assert.equal(lostKeysIn(bench.core), null)
    assert.deepEqual(await faultsOf(bench), [])
  })

  it('that are all lost are told of, with the first entry that can’t be read', async () => {
    const bench = shop().reopen(openMemoryStore())
    assert.match(lostKeysIn(bench.core)!, /^keys are lost: .*entry 1 of order\/0/)
    const [fault] = await faultsOf(bench)
    assert.match(fault!, /^the keys of 2 are lost, .*entry 1 of 93493453 is the first/)
  })

  it('that an earlier copy of the file lacks are told of', async () => {
    const { keys, reopen } = shop()
    keys.exec("DELETE FROM keys WHERE person = '93493454'")
    const bench = reopen()
    assert.match(lostKeysIn(bench.core)!, /^keys are lost: .*entry 2 of order\/0/)
    assert.match((await faultsOf(bench))[0]!, /^the keys of 1 are lost, .*entry 2 of 93493454/)
  })

  it('that were lost and then made anew for the same person are told of', async () => {
    const { keys, reopen } = shop()
    keys.exec("UPDATE keys SET key = zeroblob(32) WHERE person = '93493453'")
    const bench = reopen()
    bench.run('ChangeUser', { user_id: '93493453', email: 'volkova@example.com' }, { key: 'k3' })
    assert.match((await faultsOf(bench))[0]!, /^the keys of 1 are lost, .*entry 1 of 93493453/)
  })

  it('for fingerprints that were lost and made anew are told of: a key used again is not refused', async () => {
    const { keys, reopen } = shop()
    keys.exec("UPDATE keys SET key = zeroblob(32) WHERE person = '/hashes'")
    const bench = reopen()
    assert.match(lostKeysIn(bench.core)!, /^the key of fingerprints is lost: .*entry 1 of order\/0/)
    assert.match((await faultsOf(bench))[0]!, /^the key of fingerprints is lost: .*entry 1 /)
  })

  it('for fingerprints are not missed once the ids of those commands are forgotten', async () => {
    const { keys, turn, clock, reopen } = shop()
    await clock.advance(1000)
    turn([{ kind: 'trim', until: clock.now() - 1 }])
    keys.exec("UPDATE keys SET key = zeroblob(32) WHERE person = '/hashes'")
    const bench = reopen()
    assert.equal(lostKeysIn(bench.core), null)
    assert.deepEqual(await faultsOf(bench), [])
  })

  it('of an erased person are gone because they should be', async () => {
    const { run, reopen } = shop()
    run('EraseUser', { user_id: '93493453' }, { key: 'k3' })
    const bench = reopen()
    assert.equal(lostKeysIn(bench.core), null)
    assert.deepEqual(await faultsOf(bench), [])
  })
})
