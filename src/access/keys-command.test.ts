/** `npm start -- keys`: what it makes, and what it refuses. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { exitCodeOf, exitCodes } from '../exit.ts'
import { idIn } from './access-key.ts'
import { keyFileIn, readKeys } from './key-file.ts'
import { runKeys } from './keys-command.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')

suite('the keys command', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'kassa-keys-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true }))

  const run = (...words: string[]) => {
    const [printed, explained]: [string[], string[]] = [[], []]
    const code = runKeys(words, {
      dataDir,
      now: () => NOW,
      print: line => printed.push(line),
      explain: line => explained.push(line),
    })
    return { code, printed, explained: explained.join('\n') }
  }

  test('makes a key that is printed once and not kept', () => {
    const { code, printed, explained } = run('create', '--role', 'operator')
    const [text = ''] = printed
    assert.equal(code, exitCodes.ok)
    assert.match(text, /^kassa_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/)
    assert.match(explained, /It is the first one/)
    const kept = readFileSync(keyFileIn(dataDir), 'utf8')
    assert.ok(!kept.includes(text.slice(-43)), 'the file does not have the secret')
    assert.equal(statSync(keyFileIn(dataDir)).mode & 0o777, 0o600)
    assert.doesNotMatch(run('create', '--role', 'client').explained, /It is the first one/)
  })

  test('keeps role, user, name and end', () => {
    const { printed } = run('create', '--role', 'client', '--user', '17', '--name', 'app', '--expires', '30d')
    const [key] = readKeys(keyFileIn(dataDir)) ?? []
    assert.deepEqual(
      { id: key?.id, role: key?.role, user: key?.user, name: key?.name, expires: key?.expires },
      { id: idIn(printed[0] ?? ''), role: 'client', user: '17', name: 'app', expires: '2026-12-25T12:00:00.000Z' },
    )
  })

  test('lists and revokes', () => {
    const id = idIn(run('create', '--role', 'client', '--name', 'shop').printed[0] ?? '') as string
    assert.match(run('list').printed[0] ?? '', new RegExp(`^${id}  active    client shop; made 2026`))
    assert.match(run('revoke', id).explained, /within a second/)
    assert.match(run('list').printed[0] ?? '', /revoked/)
    assert.match(run('revoke', id).explained, /was revoked before/)
  })

  test('a new key may take the name of an old one, of the same role and user alone', () => {
    run('create', '--role', 'client', '--name', 'shop')
    assert.equal(run('create', '--role', 'client', '--name', 'shop').code, exitCodes.ok)
    for (const other of [
      ['--role', 'operator'],
      ['--role', 'client', '--user', '1'],
    ])
      assert.throws(() => run('create', ...other, '--name', 'shop'), /The name shop belongs to key/)
  })

  const wrong: string[][] = [
    [],
    ['make'],
    ['create'],
    ['create', '--role', 'god'],
    ['create', '--role', 'operator', '--user', '1'],
    ['create', '--role', 'client', '--user', 'a b'],
    ['create', '--role', 'client', '--name', 'A/b'],
    ['create', '--role', 'client', '--name', 'operator'],
    ['create', '--role', 'client', '--expires', '2020-01-01'],
    ['create', '--role', 'client', '--expires', 'soon'],
    ['create', '--role', 'client', '--expires', '0d'],
    ['create', '--role', 'client', '--fast'],
    ['list', 'all'],
    ['revoke'],
  ]
  for (const words of wrong)
    test(`keys ${words.join(' ')} is wrong usage and makes nothing`, () => {
      assert.throws(
        () => run(...words),
        fault => exitCodeOf(fault) === exitCodes.usage,
      )
      assert.equal(readKeys(keyFileIn(dataDir)), undefined)
    })

  test('an unknown id revokes nothing', () => {
    run('create', '--role', 'client')
    assert.throws(() => run('revoke', '00000000'), /no such key/)
    assert.equal(readKeys(keyFileIn(dataDir))?.length, 1)
    assert.equal(run('create', '--role', 'client').code, exitCodes.ok)
  })

  test('two at once: the second is refused', () => {
    writeFileSync(`${keyFileIn(dataDir)}.new`, '')
    assert.throws(
      () => run('create', '--role', 'client'),
      fault => exitCodeOf(fault) === exitCodes.unavailable,
    )
  })

  test('a damaged file is told of and not overwritten', () => {
    writeFileSync(keyFileIn(dataDir), '{"version":1,"keys":[{"id":"x"}]}')
    for (const words of [['list'], ['create', '--role', 'client']])
      assert.throws(
        () => run(...words),
        fault => exitCodeOf(fault) === exitCodes.configuration,
      )
    assert.equal(readFileSync(keyFileIn(dataDir), 'utf8'), '{"version":1,"keys":[{"id":"x"}]}')
  })
})
