/** Getting in at a broker that is not ours: by a key, a password or a certificate, over TLS, at a cluster. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig } from '../config.ts'
import { exitCodes } from '../exit.ts'
import { ELSEWHERE, HERE } from '../mail/test-certificates.ts'
import { anyFreePort } from '../processes/ports.ts'
import { accessOf } from './broker-access.ts'
import { keyFileOf, publicKeyOf } from './broker-keys.ts'
import { serversOf, shownUrl, userIn } from './broker-url.ts'
import { connectNats } from './nats.ts'
import { natsServerCache } from './server/cache.ts'
import { findNatsServer } from './server/find.ts'
import { greetingAt } from './server/greeting.ts'

const CONNECT_MS = 2_000

describe('access to a broker of somebody else', () => {
  let directory: string
  let program: string
  const servers: ChildProcess[] = []
  const file = (name: string) => join(directory, name)

  /** A server with these lines in its configuration; its address without a scheme. */
  const startServer = async (lines: string): Promise<string> => {
    const port = await anyFreePort('127.0.0.1')
    writeFileSync(file(`${port}.conf`), `listen: "127.0.0.1:${port}"\n${lines}\n`)
    const server = spawn(program, ['-c', file(`${port}.conf`)], { stdio: 'ignore' })
    servers.push(server)
    while (!(await greetingAt(port))) {
      assert.equal(server.exitCode, null, 'the server runs')
      await sleep(10)
    }
    return `127.0.0.1:${port}`
  }

  /** Resolves when a part of Kassa with these settings got in. */
  const getIn = async (env: Record<string, string>, user = 'billing-0'): Promise<void> => {
    const { config } = readConfig({ KASSA_DATA: directory, ...env })
    const url = config.natsUrl!
    const bus = await connectNats({
      url,
      name: user,
      access: accessOf(config, url, user),
      connectTimeoutMs: CONNECT_MS,
    })
    await bus.close()
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kassa-access-'))
    const { NATS_SERVER_BIN, PATH = '' } = process.env
    const search = { named: NATS_SERVER_BIN, path: PATH, cacheDir: natsServerCache(process.env), say: () => {} }
    program = (await findNatsServer(search)).file
    writeFileSync(file('here.pem'), HERE.cert)
    writeFileSync(file('here.key'), HERE.key)
    writeFileSync(file('elsewhere.pem'), ELSEWHERE.cert)
  })
  after(async () => {
    for (const server of servers) {
      const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
      server.kill('SIGKILL')
      await exited
    }
    rmSync(directory, { recursive: true, force: true })
  })

  it('is by the key of the part in the data directory, or by NATS_NKEY', async () => {
    const mine = publicKeyOf(directory, 'billing-0')
    const given = publicKeyOf(directory, 'given')
    const address = await startServer(`authorization { users: [{ nkey: ${mine} }, { nkey: ${given} }] }`)
    const NATS_URL = `nats://${address}`
    await getIn({ NATS_URL })
    await getIn({ NATS_URL, NATS_NKEY: keyFileOf(directory, 'given') }, 'gateway')
    await assert.rejects(getIn({ NATS_URL }, 'gateway'), /authorization/i)
  })

  it('is by the name and password in NATS_URL, which no message repeats', async () => {
    const address = await startServer('authorization { users: [{ user: "kas/sa", password: "p@ss" }] }')
    await getIn({ NATS_URL: `nats://kas%2Fsa:p%40ss@${address}` })
    await assert.rejects(getIn({ NATS_URL: `nats://kas%2Fsa:wrong@${address}` }), (error: Error) => {
      assert.match(error.message, /authorization/i)
      assert.doesNotMatch(error.message, /wrong/)
      return true
    })
  })

  it('is over TLS with a server that NATS_CA vouches for, and with no other', async () => {
    const tls = `cert_file: ${JSON.stringify(file('here.pem'))}, key_file: ${JSON.stringify(file('here.key'))}`
    const address = await startServer(`tls { ${tls} }`)
    const NATS_URL = `tls://${address}`
    await getIn({ NATS_URL, NATS_CA: file('here.pem') })
    await assert.rejects(getIn({ NATS_URL, NATS_CA: file('elsewhere.pem') }), /self-signed|certificate|verif/i)
    await assert.rejects(getIn({ NATS_URL }), /self-signed|certificate|verif/i)
  })

  it('is with a certificate where the server asks for one', async () => {
    const [pem, key] = [JSON.stringify(file('here.pem')), JSON.stringify(file('here.key'))]
    const address = await startServer(`tls { cert_file: ${pem}, key_file: ${key}, ca_file: ${pem}, verify: true }`)
    const env = { NATS_URL: `tls://${address}`, NATS_CA: file('here.pem') }
    await getIn({ ...env, NATS_CERT: file('here.pem'), NATS_KEY: file('here.key') })
    await assert.rejects(getIn(env))
  })

  it('is refused to a server without TLS where NATS_URL demands it', async () => {
    const address = await startServer('')
    await getIn({ NATS_URL: `nats://${address}` })
    await assert.rejects(getIn({ NATS_URL: `tls://${address}` }), /tls/i)
    await assert.rejects(getIn({ NATS_URL: `nats://${address}`, NATS_CA: file('here.pem') }), /tls/i)
  })

  it('is at whichever server of a cluster is there', async () => {
    const away = `127.0.0.1:${await anyFreePort('127.0.0.1')}`
    const address = await startServer('')
    await getIn({ NATS_URL: `nats://${away},nats://${address}` })
  })

  it('is not tried with a file that can’t be used', async () => {
    mkdirSync(file('nats-keys'), { recursive: true })
    const url = 'nats://127.0.0.1:1'
    for (const name of ['NATS_CREDS', 'NATS_NKEY', 'NATS_CA', 'NATS_CERT']) {
      const { config } = readConfig({ KASSA_DATA: directory, NATS_URL: url, [name]: file('none') })
      assert.throws(() => accessOf(config, url, 'gateway'), { exitCode: exitCodes.configuration })
    }
  })

  it('leaves what is set for one broker away from another', () => {
    const env = { KASSA_DATA: file('fresh'), NATS_URL: 'tls://user:word@127.0.0.1:1', NATS_CREDS: file('none') }
    assert.deepEqual(accessOf(readConfig(env).config, 'nats://127.0.0.1:2', 'gateway'), {})
  })
})

describe('NATS_URL', () => {
  it('is shown without a name and a password', () => {
    assert.equal(shownUrl('nats://a:b@one:4222,nats://two'), 'nats://one:4222,nats://two')
    assert.deepEqual(serversOf('a:b@one,tls://c@two:1'), ['one', 'tls://two:1'])
  })

  it('may have a name alone, or neither', () => {
    assert.deepEqual(userIn('nats://a@one:4222'), { name: 'a', password: '' })
    assert.equal(userIn('nats://one:4222,nats://a:b@two'), undefined)
  })
})
