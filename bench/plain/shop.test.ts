/** That the plain design does the same job: else the comparison would mean nothing. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { plainApp } from './app.ts'
import { openShop } from './shop.ts'

describe('the plain design', () => {
  let directory: string
  let shop: ReturnType<typeof openShop>

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'kassa-plain-'))
    shop = openShop(join(directory, 'plain.db'), 2)
  })
  after(() => rmSync(directory, { recursive: true }))

  it('answers an order as Kassa does', async () => {
    const body = { user_id: shop.userIds[0], product_id: '12345', quantity: 5 }
    const response = await plainApp(shop).request('/orders/create/', { method: 'POST', body: JSON.stringify(body) })

    assert.equal(response.status, 201)
    assert.equal(response.headers.get('Order-Status'), 'Confirmed')
    assert.deepEqual(await response.json(), { order_id: '1', ...body, status: 'Pending' })
  })

  it('rejects an order that costs more than there is', () => {
    const order = { user_id: shop.userIds[1] as number, product_id: '12345', quantity: 1_000_000_000 }
    assert.equal(shop.take(order, 0)?.status, 'Rejected')
  })

  it('keeps the order, its charge and two letters', () => {
    shop.close()
    const store = new Database(join(directory, 'plain.db'), { readonly: true })
    const count = (what: string) => store.prepare(`SELECT count(*) FROM ${what}`).pluck().get()

    assert.equal(count("orders WHERE status = 'Confirmed' AND total_minor = 50000"), 1)
    assert.equal(count('operations WHERE amount_minor = 50000'), 1)
    assert.equal(count('letters'), 4)
    store.close()
  })
})
