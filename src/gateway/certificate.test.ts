/** HTTPS: the certificate that is served, and how a renewed one comes in. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { Hono } from 'hono'
import { exitCodeOf, exitCodes } from '../exit.ts'
import { createLog } from '../log.ts'
import { ELSEWHERE, HERE } from '../mail/test-certificates.ts'
import { isBun } from '../processes/runtime.ts'
import { systemClock } from '../world/clock.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { type Certificate, readCertificate, watchCertificate } from './certificate.ts'
import type { GatewayEnv } from './exchange.ts'
import { listenHttp } from './http-server.ts'

const NO_RENEWAL = 'Bun cannot change the certificate of a server; its next start brings it in'

const log = createLog('silent', 'gateway')

suite('the certificate', { timeout: 60_000 }, () => {
  let dir: string
  let files: { tlsCert: string; tlsKey: string }
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kassa-tls-'))
    files = { tlsCert: join(dir, 'cert.pem'), tlsKey: join(dir, 'key.pem') }
    write(HERE)
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const write = ({ cert, key }: Certificate) => {
    writeFileSync(files.tlsCert, cert)
    writeFileSync(files.tlsKey, key)
  }
  const refuses = (wish: Parameters<typeof readCertificate>[0]) =>
    assert.throws(
      () => readCertificate(wish),
      fault => exitCodeOf(fault) === exitCodes.configuration,
    )

  test('is not wished for, or whole', () => {
    assert.equal(readCertificate({}), undefined)
    assert.deepEqual(readCertificate(files), HERE)
    refuses({ tlsCert: files.tlsCert })
    refuses({ tlsKey: files.tlsKey })
  })

  test('that is missing, no PEM, or has another key, is a bad configuration', () => {
    refuses({ ...files, tlsCert: join(dir, 'none') })
    write({ ...HERE, key: ELSEWHERE.key })
    refuses(files)
    write({ ...HERE, cert: 'rubbish' })
    refuses(files)
  })

  test('is read again when its files change; one that cannot be used is not', async () => {
    const clock = createVirtualClock({ start: 0 })
    const renewed: Certificate[] = []
    const watch = watchCertificate(files, certificate => renewed.push(certificate), { clock, log })
    await clock.advance(20_000)
    assert.deepEqual(renewed, [])
    write({ ...ELSEWHERE, key: 'rubbish, and longer than before' })
    await clock.advance(10_000)
    assert.deepEqual(renewed, [])
    write(ELSEWHERE)
    await clock.advance(10_000)
    assert.deepEqual(renewed, [ELSEWHERE])
    watch.stop()
  })

  test('is read again when that is asked for, at once and changed or not', () => {
    const renewed: Certificate[] = []
    const clock = createVirtualClock({ start: 0 })
    const watch = watchCertificate(files, certificate => renewed.push(certificate), { clock, log })
    watch.readAgain()
    write(ELSEWHERE)
    watch.readAgain()
    write({ ...ELSEWHERE, cert: 'rubbish' })
    watch.readAgain()
    assert.deepEqual(renewed, [HERE, ELSEWHERE])
    watch.stop()
    watchCertificate({}, () => assert.fail('there is none'), { clock, log }).readAgain()
  })

  const serve = () => {
    const app = new Hono<GatewayEnv>()
    app.get('/', exchange => exchange.text('here'))
    return listenHttp(app, { host: '127.0.0.1', port: 0, portAsked: true }, systemClock, { certificate: HERE })
  }

  test('is served', async () => {
    const server = await serve()
    assert.match(server.url, /^https:/)
    assert.equal(await get(server.url, HERE.cert, '127.0.0.1'), 'here')
    await server.drain()
  })

  test('is served renewed to new connections', { skip: isBun && NO_RENEWAL }, async () => {
    const server = await serve()
    try {
      assert.equal(await get(server.url, HERE.cert, '127.0.0.1'), 'here')
      server.renew?.(ELSEWHERE)
      assert.equal(await get(server.url, ELSEWHERE.cert, 'mail.example.com'), 'here')
    } finally {
      await server.drain()
    }
  })
})

/** Asks on a connection of its own, and trusts this certificate alone, of this name. */
const get = (url: string, ca: string, servername: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const name = servername === '127.0.0.1' ? {} : { servername, headers: { host: servername } }
    const asked = request(url, { ca, agent: false, ...name }, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject).end()
  })
