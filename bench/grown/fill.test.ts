/** That a filled shop is one that Kassa could have written. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { DEFINITIONS } from '../../src/actors/definitions.ts'
import { verifyStore } from '../../src/actors/verify-store.ts'
import { systemClock } from '../../src/world/clock.ts'
import { type Customers, fillShop } from './fill.ts'
import { MEASURES, measureInTurn } from './measures.ts'
import { openShop, PARTS, SETTINGS, type Shop } from './shop.ts'

const ORDERS = 300
const USERS = 150
const directory = mkdtempSync(join(tmpdir(), 'kassa-fill-'))
let shop: Shop
let customers: Customers
before(() => {
  customers = fillShop(directory, { orders: ORDERS, users: USERS }, () => {})
  shop = openShop(directory, systemClock)
})
after(() => {
  shop.close()
  rmSync(directory, { recursive: true })
})

const count = (part: (typeof PARTS)[number], rows: string): unknown =>
  shop.parts[part].guarded.store.prepare(`SELECT count(*) FROM ${rows}`).pluck().get()

describe('a filled shop', () => {
  for (const part of PARTS) {
    it(`has a store of ${part} whose tables are what its log says, and whose books balance`, () => {
      const { guarded, core } = shop.parts[part]
      const { entries, faults } = verifyStore(DEFINITIONS[part], core.address, guarded.store, SETTINGS)
      assert.deepEqual(faults, [])
      assert.ok(entries > ORDERS)
    })
  }

  it('has every order confirmed, paid and told of in two letters', () => {
    assert.equal(count('order', "orders WHERE status = 'Confirmed'"), ORDERS)
    assert.equal(count('billing', "charges WHERE outcome = 'withdrawn'"), ORDERS)
    assert.equal(count('notification', "letters WHERE status = 'Sent'"), 2 * ORDERS)
  })

  it('has regular customers who have half of all orders between them, and a little more', () => {
    const [one, other] = customers.regulars
    assert.equal(customers.regulars.length, 2)
    assert.equal(customers.all.length, USERS)
    assert.equal(count('order', `orders WHERE user_id IN ('${one}', '${other}')`), ORDERS / 2 + 2)
  })

  it('can be measured, each measure doing something', () => {
    for (const name of Object.keys(MEASURES)) {
      const [pace] = measureInTurn(name, [{ shop, customers }], 0.01, 0)
      assert.ok(pace && pace.perSecond > 0 && pace.cpuMs > 0, name)
    }
  })
})
