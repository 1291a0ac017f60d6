/** Versions in headers: what a change is meant for, and what a reader has already. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ProblemDocument } from '../bus/problem.ts'
import { no } from './scripted-bus.ts'
import { createTestGateway } from './test-gateway.ts'

const TEA = JSON.stringify({ name: 'Tea', price: '100' })

suite('a change', () => {
  const put = async (headers: Record<string, string>) => {
    const { bus, send } = createTestGateway()
    const response = await send('PUT', '/v1/products/tea', { text: TEA, headers })
    const asked = bus.askedFor('PutProduct')[0]?.body as { if_version?: unknown } | undefined
    return { response, asked }
  }

  for (const [headers, version] of [
    [{}, undefined],
    [{ 'if-match': '"7"' }, 7],
    [{ 'if-match': ' "7" ' }, 7],
    [{ 'if-match': '*' }, '*'],
    [{ 'if-none-match': '*' }, 0],
  ] as const)
    test(`with ${JSON.stringify(headers)} is meant for ${version ?? 'whatever there is'}`, async () => {
      const { response, asked } = await put(headers)
      assert.equal(response.status, 200)
      assert.deepEqual(asked, {
        product_id: 'tea',
        name: 'Tea',
        price: '100',
        ...(version === undefined ? {} : { if_version: version }),
      })
    })

  for (const headers of [
    { 'if-match': '7' },
    { 'if-match': '"0"' },
    { 'if-match': '"x"' },
    { 'if-match': 'W/"7"' },
    { 'if-match': '"1", "7"' },
    { 'if-match': '' },
    { 'if-match': `"${'9'.repeat(30)}"` },
    { 'if-none-match': '"7"' },
    { 'if-match': '"7"', 'if-none-match': '*' },
  ] as Record<string, string>[])
    test(`with ${JSON.stringify(headers)} is refused before anybody is asked`, async () => {
      const { response, asked } = await put(headers)
      assert.equal(((await response.json()) as ProblemDocument).code, 'invalid_field')
      assert.equal(asked, undefined)
    })

  test('on another version than it is meant for is 412', async () => {
    const { send } = createTestGateway({ CancelOrder: no('version_mismatch') })
    const response = await send('POST', '/v1/orders/54321/cancel', { headers: { 'if-match': '"6"' } })
    assert.equal(response.status, 412)
  })

  test('of what has no versions does not look at the headers', async () => {
    const { send } = createTestGateway()
    const headers = { 'if-match': 'nonsense' }
    assert.equal((await send('DELETE', '/v1/suppressions/7', { headers })).status, 200)
  })
})

suite('a reader', () => {
  for (const [tags, status] of [
    ['"7"', 304],
    ['W/"7"', 304],
    ['"1", "7"', 304],
    ['*', 304],
    ['"8"', 200],
    ['7', 200],
    ['"70"', 200],
  ] as const)
    test(`who has ${tags} of version 7 gets ${status}`, async () => {
      const { get } = createTestGateway()
      const response = await get('/v1/orders/54321', { 'if-none-match': tags })
      assert.deepEqual([response.status, response.headers.get('etag')], [status, '"7"'])
      assert.equal((await response.text()).length === 0, status === 304)
    })
})

suite('what was made or was there', () => {
  for (const [made, status, location] of [
    [true, 201, '/v1/products/12345'],
    [false, 200, null],
  ] as const)
    test(`is ${status} when it was ${made ? '' : 'not '}made, and the body does not say so`, async () => {
      const { bus, send } = createTestGateway()
      const product = { product_id: '12345', name: 'Tea', price: '100', version: 2 }
      bus.script.PutProduct = () => ({ body: { ...product, made }, headers: {} })
      const response = await send('PUT', '/v1/products/12345', { text: TEA })
      assert.deepEqual([response.status, response.headers.get('location')], [status, location])
      assert.equal(response.headers.get('etag'), '"2"')
      assert.deepEqual(await response.json(), product)
    })
})

suite('the body of a change', () => {
  for (const [what, method, path, text, code] of [
    ['that says what the address says', 'PUT', '/v1/products/tea', '{"product_id":"tea"}', 'unknown_field'],
    ['that says the version', 'PUT', '/v1/products/tea', '{"if_version":7}', 'unknown_field'],
    ['that is a list', 'PUT', '/v1/products/tea', '[]', 'malformed_json'],
    ['that is null', 'POST', '/v1/orders/54321/cancel', 'null', 'malformed_json'],
    ['where none belongs', 'POST', '/v1/orders/54321/cancel', '{"reason":"x"}', 'unknown_field'],
    ['with an amount that is none', 'POST', '/v1/orders/54321/refund', '{"amount":"0"}', 'invalid_amount'],
    ['with an id that is none in the address', 'POST', '/v1/orders/a%20b/cancel', '', 'invalid_id'],
  ] as const)
    test(`${what} is ${code}`, async () => {
      const { bus, send } = createTestGateway()
      const response = await send(method, path, { text })
      assert.equal(((await response.json()) as ProblemDocument).code, code)
      assert.equal(bus.asked.length, 0)
    })

  test('may be empty, or an empty object, where nothing is to be said', async () => {
    const { send } = createTestGateway()
    assert.equal((await send('POST', '/v1/orders/54321/cancel')).status, 200)
    assert.equal((await send('POST', '/v1/orders/54321/cancel', { text: '{}' })).status, 200)
    assert.equal((await send('POST', '/v1/orders/54321/refund')).status, 200)
  })
})
