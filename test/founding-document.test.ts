/** The documents, carried out: every request they show is sent, and what comes back is what they say. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { asWritten, carryOut, type Retelling } from './carry-out.ts'
import { exchangesOf } from './document-blocks.ts'
import { newDataDir } from './kassa-command.ts'

const pageFile = fileURLToPath(new URL('../docs/api-by-example.md', import.meta.url))
const seedDir = fileURLToPath(new URL('../../shared/seed', import.meta.url))

const retold: Retelling = {
  name: 'with other ids, prices and names, and the other form of every slash',
  env: () => ({
    KASSA_FIRST_USER_ID: '7000001',
    KASSA_FIRST_ORDER_ID: '6001',
    KASSA_FIRST_OPERATION_ID: '801',
    KASSA_FIRST_MESSAGE_ID: '5000',
    KASSA_CATALOG: catalogFile([{ product_id: 'tea_7', name: 'Tea', price: '99.90' }]),
  }),
  replaced: [
    [/93493453/g, '7000001'],
    [/54321/g, '6001'],
    [/"product_id": "12345"/g, '"product_id": "tea_7"'],
    [/"12345"/g, '"801"'],
    [/"12346"/g, '"802"'],
    [/"12347"/g, '"803"'],
    [/6789(\d)/g, '500$1'],
    [/"amount": "500"/g, '"amount": "499.50"'],
    [/John/g, 'Анна-Мария'],
    [/Colinse|Doe/g, 'O’Брайен'],
    [/user@email\.com/g, 'anna.maria@example.org'],
    [/unique_user_id/g, 'u-2'],
    [/unique_order_id/g, 'o-2'],
    [/user_id_associated_with_order/g, 'u-3'],
    [/Product XYZ/g, 'Чай'],
    [/user_creation_queue/g, 'new_users'],
  ],
}

describe('docs/api-by-example.md', () => {
  const page = exchangesOf(readFileSync(pageFile, 'utf8'))

  it('shows each of the ten operations', () => {
    const shown = new Set(page.map(({ method, path }) => `${method} ${path.replace(/\/?(\?.*)?$/, '')}`))
    const ten = [
      'POST /user/create',
      'POST /money/put',
      'GET /money/history',
      'GET /notifications/messages',
      'POST /orders/create',
      'POST /notifications/send',
      'POST /mq/users',
      'POST /mq/billing/subscribe',
      'POST /mq/orders',
      'POST /mq/withdrawals',
    ]
    assert.deepEqual(
      ten.filter(operation => !shown.has(operation)),
      [],
    )
  })

  for (const retelling of [asWritten, retold])
    it(`holds from top to bottom, ${retelling.name}`, () => carryOut(page, retelling))
})

const seedFiles = existsSync(seedDir) ? readdirSync(seedDir).filter(name => name.endsWith('.txt')) : []

describe('the founding document', { skip: seedFiles.length === 0 && 'it is not beside this clone' }, () => {
  for (const file of seedFiles) {
    const all = exchangesOf(readFileSync(join(seedDir, file), 'utf8'))
    // The document lists an operation for the facade and again for the service that owns it.
    const find = (path: string) => {
      const exchange = all.find(exchange => exchange.path.startsWith(path))
      assert.ok(exchange, `the document shows ${path}`)
      return exchange
    }

    it('still has its ten operations, the repeated ones always the same', () => {
      assert.equal(all.length, 15)
      assert.equal(new Set(all.map(({ method, path }) => `${method} ${path}`)).size, 10)
      assert.equal(new Set(all.map(({ method, path, body }) => JSON.stringify([method, path, body]))).size, 10)
      assert.ok(find('/user/create/').body?.includes('"user@email.com", \n}'), 'with its trailing comma')
      assert.ok(find('/money/put/').body?.includes('"user_id:" 93493453'), 'with its colon inside the key')
    })

    for (const retelling of [asWritten, retold]) {
      it(`holds for an order and its letters, ${retelling.name}`, async () => {
        const put = { ...find('/money/put/'), reply: '{"balance": 1000}' }
        const sent = { ...find('/notifications/send'), reply: '{"message_id": "67892"}' }
        const paths = ['/orders/create/', '/money/history', '/notifications/messages']
        await carryOut([find('/user/create/'), put, ...paths.map(find), sent], retelling)
      })

      it(`holds for two payments and the four of the broker, ${retelling.name}`, async () => {
        const put = find('/money/put/')
        const subscription =
          '{"queue_name": "user_creation_queue", "stream": "ORDER_0", "consumer": "user_creation_queue", "pending": 2}'
        await carryOut(
          [
            find('/user/create/'),
            { ...put, reply: '{"balance": 1000}' },
            put,
            find('/mq/users'),
            { ...find('/mq/billing/subscribe'), reply: subscription },
            find('/mq/orders'),
            find('/mq/withdrawals'),
          ],
          retelling,
        )
      })
    }
  }
})

function catalogFile(products: object[]): string {
  const file = join(newDataDir(), 'catalog.json')
  writeFileSync(file, JSON.stringify(products))
  return file
}
