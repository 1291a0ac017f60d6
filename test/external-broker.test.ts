/** A whole Kassa on a broker of somebody else: over TLS, with the users that `nats-config` prints. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { natsServerCache } from '../src/bus/server/cache.ts'
import { findNatsServer } from '../src/bus/server/find.ts'
import { greetingAt } from '../src/bus/server/greeting.ts'
import { HERE } from '../src/mail/test-certificates.ts'
import { anyFreePort } from '../src/processes/ports.ts'
import { expecting, get, post } from './http-client.ts'
import { newDataDir, runKassa } from './kassa-command.ts'
import { type KassaUnderTest, startKassa } from './kassa-under-test.ts'

describe('a broker of somebody else, with TLS and nkeys', () => {
  let directory: string
  let server: ChildProcess
  let kassa: KassaUnderTest | undefined
  let env: Record<string, string>
  const dataDir = newDataDir()

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kassa-external-'))
    const file = (name: string, text = '') => {
      writeFileSync(join(directory, name), text)
      return JSON.stringify(join(directory, name))
    }
    const { NATS_SERVER_BIN, PATH = '' } = process.env
    const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
    const program = (await findNatsServer(search)).file
    const port = await anyFreePort('127.0.0.1')
    const { code, stdout } = await runKassa(['nats-config'], { KASSA_DATA: dataDir })
    assert.equal(code, 0)
    file(
      'server.conf',
      `listen: "127.0.0.1:${port}"
jetstream { store_dir: ${JSON.stringify(join(directory, 'store'))}, sync_interval: always }
tls { cert_file: ${file('cert.pem', HERE.cert)}, key_file: ${file('key.pem', HERE.key)} }
${stdout}`,
    )
    server = spawn(program, ['-c', join(directory, 'server.conf')], { stdio: 'ignore' })
    while (!(await greetingAt(port))) {
      assert.equal(server.exitCode, null, 'nats-server takes what nats-config prints')
      await sleep(20)
    }
    env = { NATS_URL: `tls://127.0.0.1:${port}`, NATS_CA: join(directory, 'cert.pem') }
    kassa = await startKassa({ dataDir, env })
  })
  after(async () => {
    await kassa?.stop()
    if (server?.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit')
      server.kill('SIGKILL')
      await exited
    }
    rmSync(directory, { recursive: true, force: true })
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
