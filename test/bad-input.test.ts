/** Whatever does not fit the ten operations is refused with its code, changes nothing, and leaves no trace of a person. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { expecting, get, post, postExactly, type Reply, send } from './http-client.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { lookAt, type NatsLook } from './nats-look.ts'

/** What stands in every request for a person's data: it must show up in no log. */
const NAME = 'Kanareikin'
const EMAIL = 'kanareika@example.com'
const LETTER = 'Kanareika sings'

/** How a field may be wrong. `wrong` are values of a wrong type or form, `long` one that is too long or too large. */
type Field = { code: string; wrong: unknown[]; long: unknown; optional?: true; within?: string }

type Operation = { path: string; body: Record<string, unknown>; fields: Record<string, Field> }

const notText = [null, true, 7, [], {}, [NAME], { $ne: NAME }]
const id: Field = {
  code: 'invalid_id',
  wrong: [null, true, [], {}, '', ' ', 'a b', 'ж', '1.5', -1, 1.5],
  long: 'x'.repeat(65),
}
const line: Field = {
  code: 'invalid_field',
  wrong: [...notText, '', ' ', 'two\nlines', '\u0000'],
  long: NAME.repeat(21),
}
const email: Field = {
  code: 'invalid_field',
  wrong: [...notText, '', NAME, '@example.com', 'a@b', `${EMAIL}, ${EMAIL}`],
  long: `${NAME.repeat(30)}@example.com`,
}
const amount: Field = {
  code: 'invalid_amount',
  wrong: [null, true, [], {}, '', '0', 0, '-1', -1, '+1', '1e3', ' 1', '1,5', '0.001', '١', '0x10', '01', 'NaN'],
  long: '1.234',
}
const quantity: Field = {
  code: 'invalid_quantity',
  wrong: [null, true, [], {}, '', '5', 0, -1, 1.5, 1e-9],
  long: 1_000_001,
}
const moment: Field = {
  code: 'invalid_field',
  wrong: [
    ...notText,
    '',
    'yesterday',
    '2023-02-30T00:00:00Z',
    '2023-09-07',
    '2023-09-07 14:30',
    '2023-09-07T25:00:00Z',
  ],
  long: `2023-09-07T14:30:00.${'0'.repeat(100)}Z`,
}
const text: Field = { code: 'invalid_field', wrong: [...notText, '', '\n', '\u0007'], long: LETTER.repeat(700) }
const locale: Field = {
  code: 'invalid_field',
  wrong: [null, 7, [], {}, '', 'de', 'RU'],
  long: 'ru'.repeat(99),
  optional: true,
}

const person = { first_name: NAME, last_name: NAME, email: EMAIL }
const personFields = { first_name: line, last_name: line, email, locale }

/** `USER` becomes a user who exists. */
const USER = 'the user'

const OPERATIONS: Operation[] = [
  { path: '/user/create/', body: person, fields: personFields },
  { path: '/money/put/', body: { user_id: USER, amount: '1000' }, fields: { user_id: id, amount } },
  {
    path: '/orders/create/',
    body: { user_id: USER, product_id: '12345', quantity: 5 },
    fields: { user_id: id, product_id: id, quantity },
  },
  {
    path: '/notifications/send',
    body: { user_id: USER, message: LETTER, notification_type: 'order_shipment', timestamp: '2023-09-07T14:30:00Z' },
    fields: { user_id: id, message: text, notification_type: id, timestamp: moment },
  },
  { path: '/mq/users', body: { user_id: 'kanareika', ...person }, fields: { user_id: id, ...personFields } },
  { path: '/mq/billing/subscribe', body: { queue_name: 'kanareika' }, fields: { queue_name: id } },
  {
    path: '/mq/orders',
    body: {
      order_id: 'kanareika',
      user_id: USER,
      order_details: { product_name: 'Product XYZ', quantity: 3, total_amount: 100 },
    },
    fields: {
      order_id: id,
      user_id: id,
      order_details: { code: 'invalid_field', wrong: [null, true, 7, '', 'details', []], long: 'x'.repeat(10_000) },
      product_name: { ...line, within: 'order_details' },
      quantity: { ...quantity, within: 'order_details' },
      total_amount: { ...amount, within: 'order_details' },
    },
  },
  { path: '/mq/withdrawals', body: { order_id: 'kanareika', amount: 100 }, fields: { order_id: id, amount } },
]

const LISTS = ['/money/history', '/notifications/messages']

describe('bad input', () => {
  let kassa: KassaUnderTest
  let nats: NatsLook
  let user: number
  let heads: Record<string, number>

  before(async () => {
    kassa = await startKassa()
    nats = await lookAt(kassa)
    const known = { first_name: 'Good', last_name: 'User', email: 'good@example.com' }
    user = (await expecting<{ user_id: number }>(201, post(kassa.url, '/user/create', known))).user_id
    heads = await nats.heads()
  })
  after(async () => {
    await nats?.close()
    await kassa?.stop()
  })

  /** The good body with a known user, and what else is to be different. */
  const bodyOf = (operation: Operation, more: Record<string, unknown> = {}, within?: string) => {
    const body = structuredClone(operation.body)
    if (body.user_id === USER) body.user_id = user
    Object.assign(within === undefined ? body : (body[within] as object), more)
    return body
  }
  const refused = async (status: number, code: string, reply: Promise<Reply>, pointer?: string) => {
    const answer = await reply
    assert.equal(answer.status, status, answer.text)
    assertProblem(answer, code, pointer)
    return answer
  }
  const postText = (path: string, body: string | Uint8Array, headers = {}) =>
    send(kassa.url, 'POST', path, { body, headers })

  for (const operation of OPERATIONS) {
    const { path, fields } = operation

    describe(`for POST ${path}`, () => {
      for (const [name, { code, wrong, long, optional, within }] of Object.entries(fields)) {
        const pointer = within === undefined ? `#/${name}` : `#/${within}/${name}`
        const withValue = (value: unknown) => post(kassa.url, path, bodyOf(operation, { [name]: value }, within))

        it(`refuses ${pointer} missing, of a wrong type or form, or too long`, async () => {
          // JSON has no undefined: the field is left out.
          if (!optional) await refused(400, 'missing_field', withValue(undefined), pointer)
          for (const value of [...wrong, long]) await refused(400, code, withValue(value), pointer)
        })
      }

      it('refuses a field that it does not know, also one named like a part of every object', async () => {
        for (const key of ['password', '__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])
          await refused(400, 'unknown_field', postText(path, withKey(bodyOf(operation), key)), `#/${key}`)
      })

      it('refuses a field that stands twice', async () => {
        const [key = ''] = Object.keys(operation.body)
        await refused(400, 'malformed_json', postText(path, withKey(bodyOf(operation), key)))
      })

      it('refuses what is no JSON object', async () => {
        const noObjects = [
          '',
          ' ',
          'null',
          '7',
          '"text"',
          '[]',
          `[${JSON.stringify(operation.body)}]`,
          '{',
          '{]',
          '{"a":}',
        ]
        const noJson = [
          '{a:1}',
          "{'a':1}",
          '{"a":1}{"b":2}',
          '{"a":1,,}',
          '{"a":01}',
          '{"a":NaN}',
          '<user/>',
          'a=1&b=2',
        ]
        for (const body of [...noObjects, ...noJson]) await refused(400, 'malformed_json', postText(path, body))
        await refused(400, 'malformed_json', postText(path, Buffer.from([0x7b, 0xff, 0x7d])))
        await refused(400, 'malformed_json', postText(path, `${'['.repeat(30_000)}`))
      })

      it('refuses a body of more than 64 KB', async () => {
        const large = { padding: NAME.repeat(6600) }
        await refused(413, 'body_too_large', post(kassa.url, path, bodyOf(operation, large)))
      })

      it('refuses types that can’t be JSON, and any but JSON from a page', async () => {
        const body = JSON.stringify(bodyOf(operation))
        for (const type of ['multipart/form-data; boundary=x', 'application/octet-stream', 'image/png'])
          await refused(415, 'unsupported_media_type', postText(path, body, { 'Content-Type': type }))
        const fromPage = { 'Content-Type': 'text/plain', Origin: 'http://localhost:3000' }
        await refused(415, 'unsupported_media_type', postText(path, body, fromPage))
        await refused(403, 'foreign_origin', postText(path, body, { Origin: 'https://example.com' }))
        await refused(415, 'unsupported_media_type', postText(path, body, { 'Content-Encoding': 'gzip' }))
      })

      it('refuses query parameters and a bad Idempotency-Key', async () => {
        await refused(400, 'unknown_parameter', post(kassa.url, `${path}?user_id=1`, bodyOf(operation)))
        for (const key of [
          '',
          ' ',
          'x'.repeat(256),
          'ключ'
            .split('')
            .map(() => '\u00e9')
            .join(''),
          '"open',
        ])
          await refused(400, 'invalid_field', post(kassa.url, path, bodyOf(operation), { 'Idempotency-Key': key }))
      })

      it('refuses every other method, and says which it takes', async () => {
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
          const { headers } = await refused(405, 'method_not_allowed', send(kassa.url, method, path))
          assert.equal(headers.get('allow'), 'POST')
        }
      })

      it('is not found at addresses beside it', async () => {
        const bare = path.replace(/\/$/, '')
        for (const beside of [`${bare}/more`, `/${bare}`, bare.toUpperCase(), `${bare}.json`, `${bare}%2F`])
          await refused(404, 'not_found', postExactly(kassa.url, beside, bodyOf(operation)))
        await refused(400, 'invalid_field', post(kassa.url, `${bare}%ff`, bodyOf(operation)))
      })
    })
  }

  it('refuses money, an order and a letter of a user who does not exist', async () => {
    for (const operation of OPERATIONS.slice(1, 4))
      await refused(404, 'user_not_found', post(kassa.url, operation.path, bodyOf(operation, { user_id: 'nobody' })))
  })

  it('refuses an order of a product that does not exist', async () => {
    const order = OPERATIONS[2]!
    await refused(404, 'product_not_found', post(kassa.url, order.path, bodyOf(order, { product_id: 'nothing' })))
  })

  it('refuses money beyond what a balance can hold', async () => {
    const put = OPERATIONS[1]!
    for (const amount of ['10000000000000', '9'.repeat(40)])
      await refused(409, 'balance_limit', post(kassa.url, put.path, bodyOf(put, { amount })))
  })

  for (const path of LISTS) {
    describe(`for GET ${path}`, () => {
      const list = (query: string) => get(kassa.url, `${path}?${query}`)

      it('refuses a user that is missing, no id, twice, or not there', async () => {
        await refused(400, 'missing_field', get(kassa.url, path), '#/user_id')
        for (const wrong of ['', 'a%20b', '%D0%B6', 'x'.repeat(65), '1.5', '-1%2B', '*', '%3E'])
          await refused(400, 'invalid_id', list(`user_id=${wrong}`), '#/user_id')
        await refused(400, 'invalid_field', list(`user_id=${user}&user_id=${user}`))
        for (const nobody of ['nobody', NAME]) await refused(404, 'user_not_found', list(`user_id=${nobody}`))
      })

      it('refuses parameters that it does not know', async () => {
        for (const name of ['page', '__proto__', 'constructor', 'USER_ID', 'user_id[]'])
          await refused(400, 'unknown_parameter', list(`user_id=${user}&${encodeURIComponent(name)}=1`))
      })

      it('refuses limits, cursors, times and types that can’t be', async () => {
        for (const limit of ['', '0', '-1', '10001', '1.5', '1e3', 'all'])
          await refused(400, 'invalid_field', list(`user_id=${user}&limit=${limit}`), '#/limit')
        for (const cursor of ['', 'a b', `${'9'.repeat(65)}`])
          await assertRefusedCursor(await list(`user_id=${user}&cursor=${encodeURIComponent(cursor)}`))
        for (const moment of ['', 'yesterday', '2023-02-30T00:00:00Z']) {
          await refused(400, 'invalid_field', list(`user_id=${user}&from=${moment}`), '#/from')
          await refused(400, 'invalid_field', list(`user_id=${user}&to=${moment}`), '#/to')
        }
      })

      it('refuses every other method, and says which it takes', async () => {
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
          const { headers } = await refused(405, 'method_not_allowed', send(kassa.url, method, path))
          assert.equal(headers.get('allow'), 'GET, HEAD')
        }
      })
    })
  }

  it('refuses addresses where nothing is, and those that can’t be read', async () => {
    for (const path of [
      '/user',
      '/money/',
      '/orders/54321',
      '/mq/',
      '/nowhere',
      '/..%2f..%2fetc%2fpasswd',
      '/__proto__',
    ])
      await refused(404, 'not_found', get(kassa.url, path))
    await refused(404, 'not_found', get(kassa.url, `/users/${NAME}?email=${EMAIL}`))
    await refused(400, 'invalid_field', get(kassa.url, '/%ff'))
    await refused(400, 'invalid_field', get(kassa.url, `/${'a'.repeat(9000)}`))
  })

  describe('has changed nothing', () => {
    it('in any log', async () => {
      assert.deepEqual(await nats.heads(), heads)
    })

    it('in the queue', async () => {
      const { state } = await nats.jetstream.streams.info('COMMANDS')
      assert.equal(state.last_seq, 0)
    })

    it('and the good user can still pay and order', async () => {
      await expecting(202, post(kassa.url, '/money/put', { user_id: user, amount: '1000' }))
      const order = await post(kassa.url, '/orders/create', { user_id: user, product_id: '12345', quantity: 5 })
      assert.deepEqual([order.status, order.headers.get('order-status')], [201, 'Confirmed'])
    })

    it('and no process has written a person’s data into its log, not even at the most talkative level', async () => {
      await kassa.stop()
      const broker = readFileSync(join(kassa.dataDir, 'nats', 'nats-server.log'), 'utf8')
      const said = [...kassa.lines, broker].join('\n')
      for (const canary of [NAME, EMAIL, LETTER, 'good@example.com']) assert.ok(!said.includes(canary), canary)
      assert.ok(
        kassa.lines.some(line => line.includes('"code":"invalid_field"')),
        'requests were logged at all',
      )
    })
  })
})

/** The problem document of RFC 9457 with our members, and nothing else. */
function assertProblem({ status, headers, json, text }: Reply, code: string, pointer: string | undefined): void {
  assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  const { errors, ...problem } = json as Record<string, unknown> & { errors?: { pointer: string; detail: string }[] }
  assert.deepEqual(Object.keys(problem).sort(), ['code', 'detail', 'instance', 'status', 'title', 'type'])
  assert.deepEqual([problem.code, problem.status, problem.type], [code, status, `/problems/${code}`], text)
  assert.equal(problem.instance, headers.get('x-request-id'))
  if (pointer !== undefined)
    assert.ok(
      errors?.some(error => error.pointer === pointer && error.detail !== ''),
      text,
    )
}

/** A cursor is an id first of all, and then one that we gave. */
async function assertRefusedCursor(reply: Reply): Promise<void> {
  const { code } = reply.json as { code: string }
  assert.ok(['invalid_id', 'invalid_field'].includes(code), reply.text)
  assertProblem(reply, code, undefined)
}

/** The JSON of `body` with one more key, which may stand there already. */
function withKey(body: Record<string, unknown>, key: string): string {
  return JSON.stringify(body).replace(/\}$/, `,${JSON.stringify(key)}:{"admin":true}}`)
}
