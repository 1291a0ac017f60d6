/** Keys and HTTPS on a real Kassa: who is let in, by the command line that makes the keys. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { HERE } from '../src/mail/test-certificates.ts'
import { eventually } from './eventually.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

const OPERATOR = 'canary-operator-key-of-this-test-alone'
const SEEN_MS = 15_000
const NO_SIGHUP = process.platform === 'win32' && 'there the signal is the end of the console'
const PERSON = { first_name: 'Ivan', last_name: 'Kanarejkin', email: 'canary@example.com' }

suite('keys and HTTPS', { timeout: 180_000 }, () => {
  const dataDir = newDataDir()
  const files = newDataDir()
  const secrets = [OPERATOR]
  let kassa: KassaUnderTest

  before(async () => {
    writeFileSync(join(files, 'operator-key'), `${OPERATOR}\n`)
    writeFileSync(join(files, 'cert.pem'), HERE.cert)
    writeFileSync(join(files, 'key.pem'), HERE.key)
    kassa = await startKassa({
      dataDir,
      env: {
        KASSA_OPERATOR_KEY_FILE: join(files, 'operator-key'),
        KASSA_TLS_CERT: join(files, 'cert.pem'),
        KASSA_TLS_KEY: join(files, 'key.pem'),
      },
    })
  })
  after(() => kassa?.stop())

  const ask = (key: string | undefined, method: string, path: string, body?: unknown) =>
    send(`${kassa.url}${path}`, key, method, body)
  const keys = async (...words: string[]) => {
    const { code, stdout, stderr } = await runKassa(['keys', ...words], { KASSA_DATA: dataDir })
    assert.equal(code, 0, stderr)
    return stdout.trim()
  }
  const newKey = async (...words: string[]): Promise<string> => {
    const key = await keys('create', ...words)
    secrets.push(key.slice(-43))
    return key
  }
  const knows = (key: string, status: number) =>
    eventually(
      `the key is answered with ${status}`,
      SEEN_MS,
      async () => (await ask(key, 'GET', '/v1/products')).status === status || undefined,
    )

  test('nobody is let in without the key, and its owner is', async () => {
    assert.match(kassa.url, /^https:/)
    const none = await ask(undefined, 'POST', '/user/create/', PERSON)
    assert.deepEqual([none.status, none.json.code], [401, 'key_missing'])
    const wrong = await ask(`${OPERATOR}x`, 'POST', '/user/create/', PERSON)
    assert.deepEqual([wrong.status, wrong.json.code], [401, 'key_invalid'])
    const made = await ask(OPERATOR, 'POST', '/user/create/', PERSON)
    assert.deepEqual([made.status, made.json], [201, { user_id: 93493453 }])
    assert.equal((await ask(OPERATOR, 'POST', '/user/create/', PERSON)).status, 201)
  })

  test('SIGHUP has the certificate read again, and ends nothing', { skip: NO_SIGHUP }, async () => {
    const { length } = kassa.lines
    // The files are as they were: nothing but the signal has them read.
    process.kill(kassa.pid, 'SIGHUP')
    await kassa.said(/the certificate was read again/, length)
    assert.equal((await ask(OPERATOR, 'GET', '/v1/products')).status, 200)
  })

  test('a customer’s key orders and reads for that customer alone, until it is revoked', async () => {
    for (const user_id of [93493453, 93493454])
      assert.equal((await ask(OPERATOR, 'POST', '/money/put/', { user_id, amount: 1000 })).status, 202)
    const key = await newKey('--role', 'client', '--user', '93493453', '--name', 'app')
    await knows(key, 200)

    const order = { product_id: '12345', quantity: 1 }
    const own = await ask(key, 'POST', '/orders/create/', { ...order, user_id: 93493453 })
    assert.equal(own.status, 201)
    const others = await ask(OPERATOR, 'POST', '/orders/create/', { ...order, user_id: 93493454 })
    const { order_id } = others.json
    const isAbsent = async (path: string, pathOfNone: string) => {
      const [theirs, none] = [await ask(key, 'GET', path), await ask(key, 'GET', pathOfNone)]
      assert.deepEqual([theirs.status, theirs.json.code], [404, none.json.code])
      assert.equal(theirs.json.title, none.json.title)
    }
    await isAbsent(`/v1/orders/${order_id}`, '/v1/orders/99999')
    await isAbsent(`/v1/orders/${order_id}/timeline`, '/v1/orders/99999/timeline')
    await isAbsent('/v1/money/balance?user_id=93493454', '/v1/money/balance?user_id=nobody')
    await isAbsent('/money/history/?user_id=93493454', '/money/history/?user_id=nobody')
    await isAbsent('/notifications/messages/?user_id=93493454', '/notifications/messages/?user_id=nobody')
    await isAbsent('/v1/users/93493454', '/v1/users/nobody')
    assert.equal((await ask(key, 'POST', '/orders/create/', { ...order, user_id: 93493454 })).status, 404)
    assert.equal((await ask(key, 'POST', '/money/put/', { user_id: 93493453, amount: 1 })).status, 403)
    assert.equal((await ask(key, 'GET', `/v1/orders/${own.json.order_id}`)).status, 200)
    const list = await ask(key, 'GET', '/v1/orders')
    assert.deepEqual(
      list.json.items.map(({ user_id }: { user_id: number }) => user_id),
      [93493453],
    )

    await keys('revoke', key.slice(6, 14))
    await knows(key, 401)
  })

  test('the log says who did what', async () => {
    const { stdout } = await runKassa(['keys', 'list'], { KASSA_DATA: dataDir })
    assert.match(stdout, /revoked {3}client app, user 93493453 alone/)
    const order = readFileSync(join(dataDir, 'order-0.db-wal')).toString('latin1')
    assert.match(order, /app\/CreateOrder\//)
    assert.match(order, /operator\/CreateUser\//)
  })

  test('no key stands in any file or line, and the file of keys is its owner’s alone', () => {
    assert.equal(statSync(join(dataDir, 'access-keys.json')).mode & 0o777, 0o600)
    const places = [
      kassa.lines.join('\n'),
      ...readdirSync(dataDir, { recursive: true, withFileTypes: true })
        .filter(file => file.isFile())
        .map(file => readFileSync(join(file.parentPath, file.name)).toString('latin1')),
    ]
    for (const secret of secrets) assert.ok(!places.some(text => text.includes(secret)), 'a secret was written down')
    assert.ok(secrets.length === 2 && places.length > 10)
    // Sealed in the stores, and in no log at all.
    for (const canary of [PERSON.email, PERSON.last_name])
      assert.ok(!places.some(text => text.includes(canary)), `${canary} was written down`)
    console.log(
      `${secrets.length + 2} canaries in ${places.length} files and ${kassa.lines.length} lines: found 0 times`,
    )
  })
})

// biome-ignore lint/suspicious/noExplicitAny: what comes back is looked at field by field.
type Reply = { status: number; json: any }

/** Over HTTPS, trusting the certificate of the tests alone. */
const send = (url: string, key: string | undefined, method: string, body?: unknown): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const asked = request(url, { method, headers, ca: HERE.cert, agent: false }, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) }))
    })
    asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
