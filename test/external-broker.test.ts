/** A whole Kassa on a broker of somebody else: over TLS, with the users that `nats-config` prints. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { natsServerCache } from '../src/bus/server/cache.ts'
import { findNatsServer } from '../src/bus/server/find.ts'
import { HERE } from '../src/mail/test-certificates.ts'
import { expecting, get, post } from './http-client.ts'
import { newDataDir } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'
import { type OtherBroker, startOtherBroker } from './other-broker.ts'

describe('a broker of somebody else, with TLS and nkeys', () => {
  let broker: OtherBroker
  let kassa: KassaUnderTest | undefined
  let env: Record<string, string>
  const dataDir = newDataDir()

  before(async () => {
    const directory = newDataDir()
    const file = (name: string, text: string) => {
      writeFileSync(join(directory, name), text)
      return join(directory, name)
    }
    const [cert, key] = [file('cert.pem', HERE.cert), file('key.pem', HERE.key)]
    const { NATS_SERVER_BIN, PATH = '' } = process.env
    const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
    const program = (await findNatsServer(search)).file
    const tls = `tls { cert_file: ${JSON.stringify(cert)}, key_file: ${JSON.stringify(key)} }`
    broker = await startOtherBroker(program, dataDir, tls)
    env = { NATS_URL: `tls://${broker.host}`, NATS_CA: cert }
    kassa = await startKassa({ dataDir, env })
  })
  after(async () => {
    await kassa?.stop()
    await broker?.close()
  })

  it('carries an order to its end, and refuses the parts nothing', async () => {
    const { url, lines } = kassa!
    const person = { first_name: 'Ivan', last_name: 'Ivanov', email: 'ivan@example.com' }
    const { user_id } = await expecting<{ user_id: number }>(201, post(url, '/user/create/', person))
    await expecting(202, post(url, '/money/put/', { user_id, amount: '1000' }))
    const taken = await post(url, '/orders/create/', { user_id, product_id: '12345', quantity: 5 })
    assert.equal(taken.headers.get('order-status'), 'Confirmed')
    await expecting(202, post(url, '/mq/users', { ...person, user_id: 'queued' }))
    assert.equal((await get(url, '/readyz')).status, 200)
    assert.deepEqual(
      lines.filter(line => line.includes('the broker refused something')),
      [],
    )
  })

  it('is the one that verify asks', async () => {
    const { code, stdout, stderr } = await kassa!.verify()
    assert.equal(code, 0, stdout + stderr)
  })

  it('lets nobody in without a key', async () => {
    const tls = { ca: HERE.cert, host: '127.0.0.1' }
    await assert.rejects(connect({ servers: env.NATS_URL!, tls, reconnect: false }), /authorization/i)
  })
})
