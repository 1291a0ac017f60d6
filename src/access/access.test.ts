/** The keys as the gateway knows them. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, suite, test } from 'node:test'
import { exitCodeOf, exitCodes } from '../exit.ts'
import { createLog } from '../log.ts'
import { createVirtualClock } from '../world/virtual-clock.ts'
import { createAccess } from './access.ts'
import { idIn } from './access-key.ts'
import { keyFileIn } from './key-file.ts'
import { runKeys } from './keys-command.ts'
import { refuseUnsafeStart } from './unsafe-start.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')
const OWN = 'own-key-of-thirty-two-characters'

suite('access', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'kassa-access-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true }))

  const keys = (...words: string[]): string => {
    const printed: string[] = []
    runKeys(words, { dataDir, now: () => NOW, print: line => printed.push(line), explain: () => {} })
    return printed[0] ?? ''
  }
  const create = (more: { operatorKeyFile?: string } = {}) => {
    const clock = createVirtualClock({ start: NOW })
    return { clock, access: createAccess({ dataDir, ...more }, clock, createLog('silent', 'gateway')) }
  }
  const ownKey = (text: string): string => {
    const operatorKeyFile = join(dataDir, 'own')
    writeFileSync(operatorKeyFile, text)
    return operatorKeyFile
  }

  test('is open until the first key is made, and shut within a second', async () => {
    const { access, clock } = create()
    assert.equal(access.isOn(), false)
    const key = keys('create', '--role', 'operator')
    await clock.advance(1000)
    assert.equal(access.isOn(), true)
    assert.deepEqual(access.callerWith(key), { name: idIn(key), role: 'operator', user: undefined })
  })

  test('knows nobody by a wrong key', () => {
    const key = keys('create', '--role', 'operator')
    const { access } = create()
    const other = key.endsWith('A') ? 'B' : 'A'
    for (const wrong of ['', 'kassa', key.slice(0, -1), `${key}A`, `${key.slice(0, -1)}${other}`, key.toUpperCase()])
      assert.equal(access.callerWith(wrong), undefined, wrong)
    assert.ok(access.callerWith(key))
  })

  test('a revoked key lets nobody in within a second, and none being left lets nobody in at all', async () => {
    const key = keys('create', '--role', 'client', '--user', '7', '--name', 'app')
    const { access, clock } = create()
    assert.deepEqual(access.callerWith(key), { name: 'app', role: 'client', user: '7' })
    keys('revoke', idIn(key) as string)
    await clock.advance(1000)
    assert.equal(access.callerWith(key), undefined)
    assert.equal(access.isOn(), true)
  })

  test('a key ends when it should', async () => {
    const key = keys('create', '--role', 'client', '--expires', '1d')
    const { access, clock } = create()
    await clock.advance(86_399_000)
    assert.ok(access.callerWith(key))
    await clock.advance(1000)
    assert.equal(access.callerWith(key), undefined)
  })

  test('stays shut when the file is gone or damaged', async () => {
    const key = keys('create', '--role', 'operator')
    const { access, clock } = create()
    writeFileSync(keyFileIn(dataDir), 'rubbish')
    await clock.advance(1000)
    assert.deepEqual([access.isOn(), access.callerWith(key)], [true, undefined])
    rmSync(keyFileIn(dataDir))
    await clock.advance(1000)
    assert.deepEqual([access.isOn(), access.callerWith(key)], [true, undefined])
  })

  test('a damaged file at the start is a bad configuration', () => {
    writeFileSync(keyFileIn(dataDir), 'rubbish')
    assert.throws(
      () => create(),
      fault => exitCodeOf(fault) === exitCodes.configuration,
    )
  })

  test('takes an operator’s key from a file, and a new one when it changes', async () => {
    const operatorKeyFile = ownKey(`${OWN}\n`)
    const { access, clock } = create({ operatorKeyFile })
    assert.deepEqual(access.callerWith(OWN), { name: 'operator', role: 'operator' })
    ownKey(`${OWN}-2`)
    await clock.advance(1000)
    assert.equal(access.callerWith(OWN), undefined)
    assert.ok(access.callerWith(`${OWN}-2`))
  })

  for (const [what, text] of Object.entries({ 'is empty': '', 'is short': 'password', 'has two': `${OWN} ${OWN}` }))
    test(`a file of an operator’s key that ${what} is a bad configuration`, () => {
      const operatorKeyFile = ownKey(text)
      assert.throws(
        () => create({ operatorKeyFile }),
        fault => exitCodeOf(fault) === exitCodes.configuration,
      )
    })

  suite('an unsafe start', () => {
    const made = {
      none: () => {},
      one: () => void keys('create', '--role', 'operator'),
      revoked: () => {
        keys('revoke', idIn(keys('create', '--role', 'operator')) as string)
      },
      'one that is past': () => {
        runKeys(['create', '--role', 'operator', '--expires', '1d'], {
          dataDir,
          now: () => NOW - 2 * 86_400_000,
          print: () => {},
          explain: () => {},
        })
      },
    }
    let refused = 0
    after(() => console.log(`${refused} unsafe starts, ${refused} refused`))
    const start = (host: string, more: Partial<Parameters<typeof refuseUnsafeStart>[0]> = {}) =>
      refuseUnsafeStart({ host, dataDir, trustProxy: false, demo: false, jwtAlgorithm: 'RS256', ...more }, NOW)

    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'shop.example'])
      for (const [which, make] of Object.entries(made))
        for (const [how, more] of Object.entries({ 'in the clear': {}, 'behind a proxy': { trustProxy: true } })) {
          const isSafe = which === 'one' && how === 'behind a proxy'
          test(`on ${host} with key ${which}, ${how}, is ${isSafe ? 'let start' : 'refused'}`, () => {
            make()
            if (isSafe) return start(host, more)
            assert.throws(
              () => start(host, more),
              fault => exitCodeOf(fault) === exitCodes.configuration,
            )
            refused++
          })
        }
    test('on this machine needs nothing', () => {
      for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) start(host)
    })
    test('by tokens needs issuer, audience and keys', () => {
      for (const some of [{ jwtIssuer: 'x' }, { jwtAudience: 'x', jwtKeys: '/x' }, { jwtIssuer: 'x', jwtKeys: '/x' }])
        assert.throws(
          () => start('127.0.0.1', some),
          fault => exitCodeOf(fault) === exitCodes.configuration,
        )
      start('0.0.0.0', { jwtIssuer: 'x', jwtAudience: 'y', jwtKeys: '/z', trustProxy: true })
    })
    test('with a key and a certificate is let start', () => {
      made.one()
      start('0.0.0.0', { tlsCert: '/etc/kassa/cert.pem' })
    })
    test('of a demo is refused wherever others could break it, whatever the keys', () => {
      made.one()
      for (const [host, more, why] of [
        ['0.0.0.0', { tlsCert: '/etc/kassa/cert.pem' }, /KASSA_DEMO=1 and KASSA_HOST=0\.0\.0\.0/],
        ['shop.example', { trustProxy: true }, /KASSA_DEMO=1 and KASSA_HOST=shop\.example/],
        ['127.0.0.1', { trustProxy: true }, /KASSA_DEMO=1 and KASSA_TRUST_PROXY=on/],
      ] as const)
        assert.throws(
          () => start(host, { ...more, demo: true }),
          fault => exitCodeOf(fault) === exitCodes.configuration && why.test((fault as Error).message),
        )
      for (const host of ['127.0.0.1', 'localhost', '::1']) start(host, { demo: true })
    })
  })
})
