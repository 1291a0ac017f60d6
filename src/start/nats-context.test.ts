/** `npm start -- nats-context` and `nats-config`: what they write and print, and what they ask first. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { keyFileOf, publicKeyOf } from '../bus/broker-keys.ts'
import { readConfig } from '../config.ts'
import { exitCodes } from '../exit.ts'
import { natsConfig } from './nats-config.ts'
import { natsContext } from './nats-context.ts'
import { writeRunFile } from './run-file.ts'

describe('nats-context', () => {
  let place: string
  let dataDir: string
  let asked: string[]
  let said: string[]

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'kassa-context-'))
    dataDir = join(place, 'data')
    asked = []
    said = []
  })
  afterEach(() => rmSync(place, { recursive: true }))

  const fileOf = (name: string) => join(place, 'nats', 'context', `${name}.json`)
  const written = (name: string) => JSON.parse(readFileSync(fileOf(name), 'utf8')) as Record<string, string>
  const run = (words: string[], { answer = true, env = {} as Record<string, string> } = {}) => {
    const { config } = readConfig({ KASSA_DATA: dataDir, ...env })
    const ask = async (question: string) => {
      asked.push(question)
      return answer
    }
    return natsContext(config, words, { XDG_CONFIG_HOME: place }, { say: line => said.push(line), ask })
  }

  it('asks, then writes the operator’s key and the address of the Kassa that runs', async () => {
    publicKeyOf(dataDir, 'operator')
    writeRunFile(dataDir, { pid: process.pid, startedAt: '2026-11-25T00:00:00Z', natsUrl: 'nats://127.0.0.1:14222' })
    assert.equal(await run([]), exitCodes.ok)
    assert.deepEqual(asked, ['Write it? [y/N] '])
    assert.deepEqual(written('kassa'), {
      description: `Kassa on ${dataDir}, as operator`,
      url: 'nats://127.0.0.1:14222',
      inbox_prefix: '_INBOX_operator',
      nkey: keyFileOf(dataDir, 'operator'),
    })
    assert.match(said.at(-1)!, /^Try: nats --context kassa sub /)
  })

  it('writes nothing when the answer is no', async () => {
    assert.equal(await run([], { answer: false }), exitCodes.failed)
    assert.ok(!existsSync(fileOf('kassa')))
  })

  it('does not ask with --yes, nor when it stands there already', async () => {
    assert.equal(await run(['reader', '--yes']), exitCodes.ok)
    assert.equal(await run(['reader'], { answer: false }), exitCodes.ok)
    assert.deepEqual(asked, [])
    assert.equal(written('kassa-reader').nkey, keyFileOf(dataDir, 'reader'))
    if (process.platform !== 'win32') assert.equal(statSync(fileOf('kassa-reader')).mode & 0o777, 0o600)
  })

  it('gives the credentials that are set for a broker of somebody else', async () => {
    const env = { NATS_URL: 'tls://shop:p%40ss@bus.example.com', NATS_CA: join(place, 'ca.pem') }
    await run(['--yes'], { env })
    const { url, user, password, ca, nkey } = written('kassa')
    assert.deepEqual([url, user, password, ca, nkey], ['tls://bus.example.com', 'shop', 'p@ss', env.NATS_CA, undefined])
  })

  it('refuses other words', async () => {
    await assert.rejects(run(['writer']), { exitCode: exitCodes.usage, message: /Cannot make a context of "writer"/ })
  })
})

describe('nats-config', () => {
  it('prints every user with its public key, and no seed', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kassa-context-'))
    const text = natsConfig(dataDir)
    for (const user of ['order-0', 'gateway', 'operator', 'reader']) {
      assert.ok(text.includes(`"nkey": "${publicKeyOf(dataDir, user)}"`))
      assert.ok(!text.includes(readFileSync(keyFileOf(dataDir, user), 'utf8').trim()))
    }
    rmSync(dataDir, { recursive: true })
  })
})
