/** Pages that go to the client as they came: only those that would be written the same again. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { z } from 'zod'
import { billingContract } from '../actors/billing/contract.ts'
import { orderContract } from '../actors/order/contract.ts'
import { createPageReader } from './written-page.ts'

const histories = billingContract.queries.GetHistory.reply
const orders = orderContract.queries.ListOrders.reply

const operation = {
  operation_id: '7',
  user_id: 93493453,
  type: 'refill',
  amount: '99.90',
  timestamp: '2023-09-07T14:30:00Z',
}
const charge = { ...operation, operation_id: '8', user_id: 'guest_7', type: 'withdrawal', amount: '100' }
const order = {
  order_id: '54321',
  user_id: 93493453,
  product_id: null,
  product_name: 'Чай, «зелёный»',
  quantity: 1,
  status: 'Confirmed',
  reason: null,
  total_amount: '100',
  refunded_amount: '0.50',
  created_at: '2023-09-07T14:30:00Z',
  updated_at: '2023-09-07T14:30:01Z',
  version: 3,
}

const pageOf = (items: object[], next_cursor: string | null = null): string => JSON.stringify({ items, next_cursor })

/** The page as the gateway writes it after having parsed and checked it; `undefined` where that is refused. */
const again = (reply: z.ZodType, text: string): string | undefined => {
  try {
    return JSON.stringify(reply.parse(JSON.parse(text)))
  } catch {
    return undefined
  }
}

describe('a page as it was written', () => {
  it('gives its rows, how many they are, and the next cursor', () => {
    const read = createPageReader(histories)
    const items = [operation, charge]
    assert.deepEqual(read(pageOf(items, '8')), { items: JSON.stringify(items), rows: 2, next_cursor: '8' })
    assert.deepEqual(read(pageOf([])), { items: '[]', rows: 0, next_cursor: null })
    assert.deepEqual(createPageReader(orders)(pageOf([order]))?.items, JSON.stringify([order]))
  })

  const others: Record<string, string> = {
    'a field more': pageOf([{ ...operation, secret: 1 }]),
    'a field less': pageOf([{ ...operation, type: undefined }]),
    'another order of fields': pageOf([Object.fromEntries(Object.entries(operation).reverse())]),
    'a type that there is not': pageOf([{ ...operation, type: 'gift' }]),
    'an amount of one decimal': pageOf([{ ...operation, amount: '99.9' }]),
    'more around an amount': pageOf([
      { ...operation, amount: '-99.90' },
      { ...operation, amount: '99.90 ' },
    ]),
    'a user 0': pageOf([{ ...operation, user_id: 0 }]),
    'a user beyond 2^53': pageOf([operation]).replace('93493453', '9007199254740993'),
    'a user as it is never written': pageOf([operation]).replace('93493453', '93493453.0'),
    'a day that is not in the calendar': pageOf([{ ...operation, timestamp: '2023-02-29T14:30:00Z' }]),
    'a letter that is escaped': pageOf([operation]).replace('"7"', '"\\u0037"'),
    'a space': pageOf([operation]).replace(':', ': '),
    'a comma too many': pageOf([operation]).replace('}]', '},]'),
    'no comma': pageOf([operation, charge]).replace('},{', '}{'),
    'something after it': `${pageOf([operation])} `,
    'another field after it': pageOf([operation]).replace('null}', 'null,"more":1}'),
    'a number for a cursor': pageOf([operation]).replace('null}', '7}'),
    'no JSON': pageOf([operation]).slice(0, -1),
    'no page': JSON.stringify(operation),
  }
  for (const [what, text] of Object.entries(others))
    it(`is none with ${what}`, () => assert.equal(createPageReader(histories)(text), undefined))

  it('is none where a text of an order needs an escape', () => {
    for (const product_name of ['"', '\\', '\n'])
      assert.equal(createPageReader(orders)(pageOf([{ ...order, product_name }])), undefined)
  })

  it('is never read from a text that would be refused, or written otherwise, whatever stands in it', () => {
    const pages: [z.ZodType, string][] = [
      [histories, pageOf([operation, charge], '8')],
      [orders, pageOf([order])],
    ]
    const ink = fc.constantFrom(...' "\\{}[]:,.-+0123456789eEnulaZTé\u0000\ud800')
    for (const [reply, text] of pages) {
      const read = createPageReader(reply)
      const changes = fc.array(fc.tuple(fc.nat(text.length), fc.nat(2), fc.oneof(ink, fc.constant(''))), {
        maxLength: 3,
      })
      fc.assert(
        fc.property(changes, list => {
          let changed = text
          for (const [at, cut, put] of list) changed = changed.slice(0, at) + put + changed.slice(at + cut)
          // What comes from the bus was UTF-8.
          changed = Buffer.from(changed).toString()
          return read(changed) === undefined || again(reply, changed) === changed
        }),
        { numRuns: 3000 },
      )
    }
  })
})
